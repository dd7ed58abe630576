// Verdicts over the last 15 minutes: one stacked chart of all, and a small one for
// each result with its own scale. One bar is one slice of time.

import {byId, make, makeSvg, reconcile, setAttribute, setText} from "./dom.js";
import {count, duration, rate} from "./words.js";

const KINDS = ["verified", "denied", "undecided"];
const RECENT_SLICES = 12;
const HEIGHT = 60;
const SPARK_HEIGHT = 20;

let shown = null;   // the verdicts that are drawn
let pointed = null;  // the slice under the pointer, counted from the left

const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);

// `counts` with the slices before the first one empty.
function padded(counts, slices) {
  return Array(slices - counts.length).fill(0).concat(counts);
}

// Bars from `floors` up to `floors` + `counts`, as one path.
function bars(counts, floors, top, height) {
  let path = "";
  counts.forEach((n, i) => {
    if (n === 0) return;
    // Even one verdict must be visible.
    const tall = Math.max(n / top * height, 0.6);
    const low = height - floors[i] / top * height;
    path += `M${i + 0.1} ${low.toFixed(2)}v${(-tall).toFixed(2)}h.8V` +
        `${low.toFixed(2)}z`;
  });
  return path;
}

function layers(verdicts) {
  return KINDS.map((kind) => {
    const counts = Array(verdicts.slices).fill(0);
    for (const series of verdicts.series) {
      if (series.kind !== kind) continue;
      padded(series.counts, verdicts.slices).forEach((n, i) => counts[i] += n);
    }
    return {kind, counts};
  });
}

function drawStack(verdicts) {
  const stack = layers(verdicts);
  const totals = stack[0].counts.map(
      (_, i) => sum(stack.map((layer) => layer.counts[i])));
  const top = Math.max(1, ...totals);
  const floors = Array(verdicts.slices).fill(0);
  const chart = byId("chart");
  reconcile(chart, "path", stack, (layer) => layer.kind,
            (layer) => makeSvg("path", {"data-kind": layer.kind}),
            (path, layer) => {
              setAttribute(path, "d", bars(layer.counts, floors, top, HEIGHT));
              layer.counts.forEach((n, i) => floors[i] += n);
            });
  const words = stack.map(({kind, counts}) => `${count(sum(counts))} ${kind}`);
  setAttribute(chart, "aria-label", `Verdicts over the last ` +
      `${span(verdicts)}: ${words.join(", ")}`);
  setText(byId("chart-from"), `${span(verdicts)} ago`);
  setText(byId("chart-peak"), sum(totals) === 0 ? "no verdicts yet"
      : `peak ${rate(top / verdicts.slice_seconds)} per s`);
  drawReadout(stack, verdicts);
}

function span(verdicts) {
  return duration(verdicts.slices * verdicts.slice_seconds * 1000);
}

function drawReadout(stack, verdicts) {
  const chart = byId("chart");
  reconcile(chart, "rect", pointed === null ? [] : [pointed], () => 0,
            () => makeSvg("rect", {width: 1, height: HEIGHT, y: 0}),
            (rect, slice) => setAttribute(rect, "x", slice));
  if (pointed === null) {
    setText(byId("readout"), "");
    return;
  }
  const back = (verdicts.slices - pointed - 1) * verdicts.slice_seconds;
  const words = stack.map(
      ({kind, counts}) => `${count(counts[pointed])} ${kind}`);
  setText(byId("readout"), `${back ? `${duration(back * 1000)} ago` : "now"}: ` +
      words.join(" · "));
}

// May break after each underscore, for narrow screens.
function breakable(name) {
  return name.split(/(?<=_)/).flatMap((word) => [word, make("wbr")]);
}

function makeResult(series) {
  const spark = makeSvg("svg", {
    class: "spark", preserveAspectRatio: "none", role: "img",
    "data-kind": series.kind,
  }, makeSvg("path"));
  return make("tr", {},
      make("th", {scope: "row"}, make("code", {}, ...breakable(series.result)),
           make("small", {class: "quiet"}, series.meaning)),
      make("td", {class: "spark-cell"}, spark),
      make("td", {class: "right number"}), make("td", {class: "right number"}));
}

function updateResult(row, series, verdicts) {
  const counts = padded(series.counts, verdicts.slices);
  const recent = series.counts.slice(-RECENT_SLICES);
  const seconds = recent.length * verdicts.slice_seconds;
  const perSecond = rate(seconds ? sum(recent) / seconds : 0);
  const spark = row.querySelector("svg");
  setAttribute(spark, "viewBox", `0 0 ${verdicts.slices} ${SPARK_HEIGHT}`);
  setAttribute(spark, "aria-label", `${count(sum(counts))} in ` +
      `${span(verdicts)}, ${perSecond} per second in the last minute`);
  setAttribute(spark.firstChild, "d", bars(
      counts, Array(verdicts.slices).fill(0), Math.max(1, ...counts),
      SPARK_HEIGHT));
  setText(row.cells[2], perSecond);
  setText(row.cells[3], count(sum(counts)));
}

export function drawCharts(verdicts) {
  shown = verdicts;
  drawStack(verdicts);
  reconcile(byId("results"), "tr", verdicts.series, (series) => series.result,
            makeResult, (row, series) => updateResult(row, series, verdicts));
}

function point(slice) {
  pointed = slice;
  if (shown) drawReadout(layers(shown), shown);
}

export function startCharts() {
  const chart = byId("chart");
  chart.addEventListener("pointermove", (event) => {
    if (!shown) return;
    const box = chart.getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    const slice = Math.floor(share * shown.slices);
    point(Math.min(Math.max(slice, 0), shown.slices - 1));
  });
  chart.addEventListener("pointerleave", () => point(null));
}
