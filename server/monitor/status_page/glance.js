// The overview, the warnings, the cache, and the revocations.

import {byId, make, reconcile, setAttribute, setText, show} from "./dom.js";
import {bytes, count, duration, plural, rate, share} from "./words.js";

// The last minute, for rates.
const RECENT_SLICES = 12;

const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);

function whyNotReady(status) {
  if (status.draining) return "It is stopping, and finishes the running requests.";
  const more = status.lacking_total - status.lacking.length;
  return `No usable keys for ${status.lacking.join(", ")}` +
      (more > 0 ? ` and ${plural(more, "other")}` : "") +
      ". Tokens of these issuers are undecided.";
}

function whyReady(issuers) {
  const troubled = issuers.total - issuers.ready;
  if (troubled > 0) {
    return `Every required issuer has keys; ` +
        `${plural(troubled, "issuer has", "issuers have")} problems.`;
  }
  return issuers.total === 1 ? "Its issuer has fresh keys."
      : `All ${count(issuers.total)} issuers have fresh keys.`;
}

function recent(series) {
  const slices = series.map((one) => one.counts.slice(-RECENT_SLICES));
  return {
    all: sum(slices.map(sum)),
    refused: sum(series.map((one, i) =>
        one.kind === "verified" ? 0 : sum(slices[i]))),
    slices: slices[0].length,
  };
}

function drawState(status) {
  const troubled = status.issuers.total - status.issuers.ready;
  const state = !status.ready ? "bad" : troubled ? "warn" : "good";
  setAttribute(byId("state-of"), "data-state", state);
  const word = status.ready ? "Ready"
      : status.draining ? "Draining" : "Not ready";
  setText(byId("state"), word);
  setText(byId("why"), status.ready ? whyReady(status.issuers)
                                    : whyNotReady(status));
  document.title = `usherd: ${word.toLowerCase()}`;
}

function drawFacts(status) {
  const {all, refused, slices} = recent(status.verdicts.series);
  const seconds = slices * status.verdicts.slice_seconds;
  setText(byId("rate"), seconds ? rate(all / seconds) : "–");
  setText(byId("refused"), share(refused, all));
  setText(byId("in-flight"), count(status.in_flight));
  setText(byId("uptime"), duration(status.now - status.started_at));
  setText(byId("generation"), count(status.generation));
  setText(byId("version"), status.version);
}

// "insecure_x: what it does", with the name as code.
function makeWarning({text, issuers}) {
  const colon = text.indexOf(": ");
  const name = colon < 0 ? "" : text.slice(0, colon);
  return make("li", {}, ...(name ? [make("code", {}, `${name}:`), " "] : []),
      text.slice(name ? colon + 2 : 0),
      ...(issuers ? [make("span", {class: "quiet"},
                          ` (${plural(issuers, "issuer")})`)] : []));
}

function drawWarnings(warnings) {
  show(byId("warnings"), warnings.length > 0);
  reconcile(byId("warning-list"), "li", warnings,
            ({text, issuers}) => `${issuers} ${text}`, makeWarning, () => {});
}

function drawCache(cache) {
  const asked = cache.hits + cache.misses;
  setText(byId("hit-share"), share(cache.hits, asked));
  setText(byId("hit-words"), asked
      ? "of signature checks saved since the start"
      : "no token was verified yet");
  setText(byId("cache-entries"), count(cache.entries));
  setText(byId("cache-bytes"), bytes(cache.bytes));
  setText(byId("cache-hits"), count(cache.hits));
  setText(byId("cache-misses"), count(cache.misses));
  setText(byId("cache-evictions"), count(cache.evictions));
}

// Absent where usherd keeps none.
function drawRevocations(revocations) {
  show(byId("revocations-line"), revocations !== undefined);
  if (!revocations) return;
  setText(byId("revocations"), count(revocations.entries) +
      (revocations.store_errors > 0
          ? ` (${plural(revocations.store_errors, "store error")})` : ""));
}

export function drawGlance(status) {
  drawState(status);
  drawFacts(status);
  drawWarnings(status.warnings);
  drawCache(status.token_cache);
  drawRevocations(status.revocations);
}
