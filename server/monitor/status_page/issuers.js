// The issuers. The service filters them and returns one page, because there may be
// ten thousand. Each one opens to show its keys.

import {byId, make, reconcile, setAttribute, setText, show} from "./dom.js";
import {ago, count, plural, relative} from "./words.js";

const LIMIT = 25;
// If there are so few, all are open.
const FEW = 2;

const STATES = {
  ready: ["good", "ready"],
  failing: ["warn", "refresh fails"],
  stale: ["warn", "stale keys"],
  down: ["bad", "no keys"],
};

let offset = 0;
let shown = null;          // the issuers that are drawn
const toggled = new Map();  // name -> open, if the user has chosen

// The part of the issuers to ask for.
export function issuerQuery() {
  return {
    text: byId("filter-text").value.trim(),
    troubled: byId("filter-troubled").checked ? "1" : "0",
    offset, limit: LIMIT,
  };
}

// `refresh` is called when another part is to be shown.
export function startIssuers(refresh) {
  const fromStart = () => {
    offset = 0;
    refresh();
  };
  byId("filter").addEventListener("submit", (event) => event.preventDefault());
  byId("filter-text").addEventListener("input", fromStart);
  byId("filter-troubled").addEventListener("change", fromStart);
  const turn = (pages) => () => {
    offset = Math.max(0, offset + pages * LIMIT);
    refresh();
  };
  byId("previous").addEventListener("click", turn(-1));
  byId("next").addEventListener("click", turn(1));
}

export function drawIssuers(issuers, now) {
  shown = issuers;
  offset = issuers.offset;
  setText(byId("issuer-summary"), summary(issuers));
  reconcile(document.querySelector("table.issuers"), "tbody", issuers.list,
            (issuer) => issuer.name, makeIssuer,
            (body, issuer) => updateIssuer(body, issuer, now));
  const none = issuers.list.length === 0;
  show(document.querySelector("table.issuers"), !none);
  show(byId("no-issuers"), none);
  setText(byId("no-issuers"), byId("filter-text").value.trim()
      ? "No issuer matches." : "No issuer has problems.");
  const last = issuers.offset + issuers.list.length;
  show(byId("pager"), issuers.matching > issuers.list.length);
  setText(byId("pages"), `${count(issuers.offset + 1)} to ${count(last)} of ` +
      count(issuers.matching));
  byId("previous").disabled = issuers.offset === 0;
  byId("next").disabled = last >= issuers.matching;
}

function summary(issuers) {
  const words = [plural(issuers.total, "issuer")];
  if (issuers.ready === issuers.total) {
    words.push("all ready");
  } else {
    for (const [state, [, word]] of Object.entries(STATES)) {
      if (issuers[state]) words.push(`${count(issuers[state])} ${word}`);
    }
  }
  return words.join(" · ");
}

function makeIssuer(issuer) {
  const id = `keys-of-${issuer.name}`;
  const button = make("button", {
    type: "button", class: "toggle", "aria-controls": id,
  }, make("span", {class: "name"}));
  button.addEventListener("click", () => {
    toggled.set(issuer.name, button.getAttribute("aria-expanded") !== "true");
    setOpen(button.closest("tbody"), toggled.get(issuer.name));
  });
  return make("tbody", {},
      make("tr", {class: "head"},
          make("th", {scope: "row"}, button, make("span", {class: "iss"}),
               make("span", {class: "error"})),
          make("td", {}, make("span", {class: "dot"})),
          make("td", {}, make("span", {class: "number"}),
               make("small", {class: "quiet"})),
          make("td", {class: "wide number"}),
          make("td", {class: "wide number"})),
      make("tr", {class: "more", id},
          make("td", {colspan: 5}, make("dl", {class: "details"}),
               make("table", {class: "keys"},
                    make("caption", {class: "unseen"}, "Keys"),
                    make("thead", {}, make("tr", {},
                        ...["Key id", "Algorithm", "Type", "First seen",
                            "Thumbprint"].map((title) =>
                            make("th", {scope: "col"}, title)))),
                    make("tbody")),
               make("p", {class: "quiet rest"}))));
}

function setOpen(body, open) {
  setAttribute(body.querySelector(".toggle"), "aria-expanded", open);
  show(body.querySelector(".more"), open);
}

function updateIssuer(body, issuer, now) {
  const [mood, word] = STATES[issuer.state];
  setAttribute(body, "data-state", mood);
  const [name, state, keys, fetched, next] = body.rows[0].cells;
  setText(name.querySelector(".name"), issuer.name);
  setText(name.querySelector(".iss"), issuer.issuer);
  setText(name.querySelector(".error"), issuer.last_error ?? "");
  setText(state.firstChild, issuer.required ? word : `${word} (optional)`);
  setText(keys.firstChild, count(issuer.keys_total));
  setText(keys.lastChild, algorithmsOf(issuer.keys));
  setText(fetched, when(issuer.fetched_at, now, ago));
  setText(next, when(issuer.next_refresh, now, relative));
  updateMore(body.rows[1].cells[0], issuer, now);
  setOpen(body, toggled.get(issuer.name) ?? shown.total <= FEW);
}

const when = (time, now, words) =>
    time === undefined ? "–" : words(time, now);

function algorithmsOf(keys) {
  return [...new Set(keys.flatMap((key) => key.algorithms))].join(", ");
}

function factsOf(issuer, now) {
  const facts = [
    ["Audiences", issuer.audiences.join(", ")],
    ["Algorithms accepted", issuer.algorithms.join(", ")],
    ["Keys from", issuer.keys_from],
    ["Fetched", when(issuer.fetched_at, now, ago)],
    ["Next fetch", when(issuer.next_refresh, now, relative)],
  ];
  if (issuer.introspection !== undefined) {
    facts.push(["Asked about tokens", issuer.introspection]);
  }
  if (issuer.usable_until !== undefined && issuer.state !== "down") {
    facts.push(["Used, at the latest, until", relative(issuer.usable_until, now)]);
  }
  if (issuer.failures) {
    facts.push(["Failed in a row", `${count(issuer.failures)}, last ` +
        when(issuer.last_attempt, now, ago)]);
  }
  return facts;
}

function updateMore(cell, issuer, now) {
  reconcile(cell.querySelector("dl"), "div", factsOf(issuer, now),
            ([title]) => title,
            ([title]) => make("div", {"data-fact": title},
                              make("dt", {}, title), make("dd")),
            (fact, [, words]) => setText(fact.lastChild, words));
  const table = cell.querySelector("table");
  show(table, issuer.keys.length > 0);
  reconcile(table.tBodies[0], "tr", issuer.keys,
            (key) => `${key.thumbprint} ${key.kid}`,
            () => make("tr", {}, ...[0, 1, 2, 3, 4].map(() => make("td"))),
            (row, key) => updateKey(row, key, now));
  setText(cell.querySelector(".rest"), restOf(issuer));
}

function updateKey(row, key, now) {
  const [kid, algorithms, type, seen, thumbprint] = row.cells;
  setText(kid, key.kid ?? "(none)");
  setText(algorithms, key.algorithms.join(", "));
  setText(type, `${key.type} ${key.bits}`);
  setText(seen, ago(key.first_seen, now));
  setText(thumbprint, key.thumbprint);
}

function restOf(issuer) {
  const words = [];
  const more = issuer.keys_total - issuer.keys.length;
  if (more > 0) words.push(`${plural(more, "more key")}.`);
  if (issuer.keys_ignored) {
    words.push(`${plural(issuer.keys_ignored, "key")} of the provider cannot be ` +
        "used; `usher issuers` shows why.");
  }
  return words.join(" ");
}
