// The token inspector. The token is sent to the service in the body of a request
// and nowhere else: it is in no address and no storage, and the field is cleared
// after the answer.

import {byId, make, reconcile, setAttribute, setText, show} from "./dom.js";
import {readToken} from "./claims.js";

const OUTCOMES = {
  passed: ["good", "✓", "passed"],
  failed: ["bad", "✕", "failed"],
  undecided: ["warn", "?", "undecided"],
  not_reached: ["", "·", "not reached"],
};
const MOODS = {verified: "good", denied: "bad", undecided: "warn"};

const words = (id) => byId(id).value.split(/[\s,]+/).filter(Boolean);

// Accepts text as pasted from a header or a terminal.
function tokenOf(text) {
  return text.trim().replace(/^(authorization:\s*)?bearer\s+/i, "")
      .replace(/\s+/g, "");
}

function fault(text) {
  setText(byId("token-fault"), text);
}

async function ask(question) {
  const answer = await fetch("/api/explain", {
    method: "POST",
    headers: {"Content-Type": "application/json"},
    body: JSON.stringify(question),
    cache: "no-store",
    signal: AbortSignal.timeout(10000),
  });
  if (answer.status === 413) return {fault: "This is too long for a token."};
  const said = await answer.json();
  if (answer.ok) return said;
  return {fault: said.faults.map(
      ({field, description}) => field ? `${field}: ${description}`
                                      : description).join("; ")};
}

function drawVerdict(said) {
  const verdict = byId("verdict");
  setAttribute(verdict, "data-state", MOODS[said.verdict]);
  setText(verdict, said.reason ? `${said.verdict}: ${said.reason}`
                               : said.verdict);
  setText(byId("verdict-message"), said.reason ? sentence(said.message)
      : `Signed by ${said.issuer_name}` +
        (said.key_id ? ` with key ${said.key_id}` : "") +
        ` (${said.algorithm})` +
        (said.stale_keys ? ", which is stale." : "."));
  setText(byId("verdict-advice"), said.advice ?? "");
}

function sentence(text) {
  return text.charAt(0).toUpperCase() + text.slice(1) +
      (/[.!?]$/.test(text) ? "" : ".");
}

function makeCheck(check) {
  const [mood, sign, word] = OUTCOMES[check.outcome];
  return make("li", {"data-state": mood, "data-outcome": check.outcome},
      make("span", {class: "sign", "aria-hidden": "true"}, sign),
      make("span", {class: "check"}, check.name,
           make("span", {class: "unseen"}, `: ${word}`)),
      make("span", {class: "quiet"}, check.detail ||
           (check.outcome === "not_reached" ? "not reached" : "")));
}

function drawSaid(rows, signed) {
  show(byId("said"), rows.length > 0);
  setText(byId("said-title"), signed
      ? "Content of the token, signed by its issuer"
      : "Content of the token, not verified");
  byId("claims").replaceChildren(...rows.flatMap((row, i) => [
    ...(row.part === rows[i - 1]?.part ? [] : [makePart(row.part)]),
    makeClaim(row),
  ]));
}

function makePart(part) {
  return make("tr", {class: "part"},
              make("th", {colspan: 2, scope: "rowgroup"}, part));
}

function makeClaim({name, text, note}) {
  return make("tr", {}, make("th", {scope: "row"}, name),
      make("td", {}, make("span", {class: "value"}, text),
           ...(note ? [make("small", {class: "quiet"}, note)] : [])));
}

function draw(said, rows) {
  drawVerdict(said);
  byId("checks").replaceChildren(...said.checks.map(makeCheck));
  const signature = said.checks.find((check) => check.name === "signature");
  drawSaid(rows, signature?.outcome === "passed");
  show(byId("no-answer"), false);
  show(byId("explained"), true);
  byId("verdict").focus({preventScroll: true});
}

function forget() {
  byId("token").value = "";
}

function clear() {
  forget();
  fault("");
  for (const id of ["checks", "claims"]) byId(id).replaceChildren();
  show(byId("explained"), false);
  show(byId("no-answer"), true);
}

async function explain() {
  const token = tokenOf(byId("token").value);
  fault(token ? "" : "Paste a token first.");
  if (!token) {
    byId("token").focus();
    return;
  }
  byId("explain").disabled = true;
  try {
    const said = await ask({
      token, audiences: words("audiences"), scopes: words("scopes"),
      kind: byId("kind").value,
    });
    if (said.fault) {
      fault(said.fault);
      return;
    }
    forget();
    draw(said, readToken(token, Date.now()));
  } catch {
    fault("No answer: does usherd still run? The token stays in this field until " +
        "you clear it.");
  } finally {
    byId("explain").disabled = false;
  }
}

export function startInspector() {
  byId("question").addEventListener("submit", (event) => {
    event.preventDefault();
    explain();
  });
  byId("question").addEventListener("reset", clear);
  byId("token").addEventListener("keydown", (event) => {
    // A token has no line breaks.
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    explain();
  });
  // So that the back button does not show the token again.
  window.addEventListener("pagehide", () => byId("question").reset());
}
