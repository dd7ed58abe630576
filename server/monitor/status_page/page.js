// Asks how usherd stands, draws it, asks again; only while somebody looks.

import {byId, setAttribute, setText, show} from "./dom.js";
import {drawCharts, startCharts} from "./charts.js";
import {drawGlance} from "./glance.js";
import {drawIssuers, issuerQuery, startIssuers} from "./issuers.js";
import {startInspector} from "./inspector.js";
import {duration} from "./words.js";

const PAUSE = 2000;
const LONGEST_PAUSE = 10000;
const PATIENCE = 5000;

let version = null;
let lastSeen = null;  // when usherd last answered, by this browser's clock
let failures = 0;
let timer = null;
let asking = null;  // what ends the question under way

async function ask() {
  asking?.abort();
  asking = new AbortController();
  const signal = AbortSignal.any([asking.signal, AbortSignal.timeout(PATIENCE)]);
  const query = new URLSearchParams(issuerQuery());
  const answer = await fetch(`/api/status?${query}`, {cache: "no-store", signal});
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return answer.json();
}

function draw(status) {
  // Another usherd: this page may not fit it.
  if (version !== null && version !== status.version) location.reload();
  version = status.version;
  drawGlance(status);
  drawCharts(status.verdicts);
  drawIssuers(status.issuers, status.now);
  setAttribute(byId("main"), "aria-busy", "false");
}

function tellWhetherThere() {
  const gone = failures > 0;
  show(byId("gone"), gone);
  setAttribute(byId("main"), "data-gone", gone ? "" : null);
  if (!gone) return;
  document.title = "usherd: no answer";
  const since = lastSeen === null ? ""
      : ` What you see is ${duration(Date.now() - lastSeen)} old.`;
  setText(byId("gone"), `usherd does not answer.${since} Trying again…`);
}

async function look() {
  clearTimeout(timer);
  try {
    const status = await ask();
    failures = 0;
    lastSeen = Date.now();
    draw(status);
  } catch (error) {
    // Another question took its place, and goes on.
    if (error.name === "AbortError") return;
    ++failures;
  }
  tellWhetherThere();
  if (document.hidden) return;
  clearTimeout(timer);
  timer = setTimeout(look, Math.min(PAUSE * Math.max(1, failures), LONGEST_PAUSE));
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) look();
});
setText(byId("where"), location.host);
startCharts();
startIssuers(look);
startInspector();
look();
