// Asks for the state of usherd and draws it, at intervals, while the page is
// visible.

import {byId, setAttribute, setText, show} from "./dom.js";
import {drawCharts, startCharts} from "./charts.js";
import {drawGlance} from "./glance.js";
import {drawIssuers, issuerQuery, startIssuers} from "./issuers.js";
import {startInspector} from "./inspector.js";
import {duration} from "./words.js";

const PAUSE = 2000;
const LONGEST_PAUSE = 10000;
const TIMEOUT = 5000;

let version = null;
let lastSeen = null;  // time of the last answer, by the clock of the browser
let failures = 0;
let timer = null;
let asking = null;  // aborts the running request

async function ask() {
  asking?.abort();
  asking = new AbortController();
  const signal = AbortSignal.any([asking.signal, AbortSignal.timeout(TIMEOUT)]);
  const query = new URLSearchParams(issuerQuery());
  const answer = await fetch(`/api/status?${query}`, {cache: "no-store", signal});
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return answer.json();
}

function draw(status) {
  // Another version of usherd: it may need another page.
  if (version !== null && version !== status.version) location.reload();
  version = status.version;
  drawGlance(status);
  drawCharts(status.verdicts);
  drawIssuers(status.issuers, status.now);
  setAttribute(byId("main"), "aria-busy", "false");
}

function drawConnection() {
  const gone = failures > 0;
  show(byId("gone"), gone);
  setAttribute(byId("main"), "data-gone", gone ? "" : null);
  if (!gone) return;
  document.title = "usherd: no answer";
  const since = lastSeen === null ? ""
      : ` The data is ${duration(Date.now() - lastSeen)} old.`;
  setText(byId("gone"), `usherd does not answer.${since} Trying again…`);
}

async function refresh() {
  clearTimeout(timer);
  try {
    const status = await ask();
    failures = 0;
    lastSeen = Date.now();
    draw(status);
  } catch (error) {
    // A newer request has replaced this one.
    if (error.name === "AbortError") return;
    ++failures;
  }
  drawConnection();
  if (document.hidden) return;
  clearTimeout(timer);
  timer = setTimeout(refresh, Math.min(PAUSE * Math.max(1, failures), LONGEST_PAUSE));
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) refresh();
});
setText(byId("where"), location.host);
startCharts();
startIssuers(refresh);
startInspector();
refresh();
