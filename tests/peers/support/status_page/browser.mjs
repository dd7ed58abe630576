// Drives the status page as an operator would, and looks at what it shows.
import assert from "node:assert/strict";
import {createInterface} from "node:readline";
import {join} from "node:path";
import {chromium} from "playwright-core";

const replies = createInterface({input: process.stdin})[Symbol.asyncIterator]();

// Has the stage (stage.py) do something.
async function stage(what, ...args) {
  process.stdout.write(`${JSON.stringify({do: what, with: args})}\n`);
  return JSON.parse((await replies.next()).value);
}

const PHONE = {width: 360, height: 740};
const DESK = {width: 1280, height: 900};
const complaints = [];  // of the browser: script errors, CSP violations

const context = await chromium.launchPersistentContext(
    join(process.argv[2], "browser"), {
      executablePath: "/usr/bin/chromium",
      headless: true,
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update",
             "--disable-sync"],
      viewport: DESK,
      colorScheme: "light",
    });
await context.addInitScript(() => {
  window.violations = [];
  document.addEventListener("securitypolicyviolation", (event) =>
      window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
});

const page = await context.newPage();
page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
page.on("console", (message) => {
  const {url} = message.location();
  // The answer to a wrong request, which the page shows next to the field.
  const expected = url.endsWith("/api/explain") && /status of (400|413)/.test(message.text());
  if (["error", "warning"].includes(message.type()) && !expected) {
    complaints.push(`console: ${message.text()} ${url}`);
  }
});
page.on("request", (request) => {
  if (!request.url().startsWith(home)) complaints.push(`asks ${request.url()}`);
});

let home = "http://127.0.0.1/";
let checks = 0;

const text = async (selector) =>
    (await page.locator(selector).innerText()).replace(/\s+/g, " ").trim();

async function until(selector, expected) {
  await page.locator(selector).filter({hasText: expected}).first()
      .waitFor({timeout: 30000});
  ++checks;
}

function same(actual, expected, what) {
  assert.deepEqual(actual, expected, what);
  ++checks;
}

function matches(actual, pattern) {
  assert.match(actual, pattern);
  ++checks;
}

// Polls from here: the page permits no evaluation of text inside it, not even by
// the driver of the browser.
async function eventually(what, condition) {
  const deadline = Date.now() + 30000;
  while (!await condition()) {
    assert.ok(Date.now() < deadline, `not within 30 s: ${what}`);
    await page.waitForTimeout(100);
  }
  ++checks;
}

async function shoot(name) {
  await page.evaluate(() => window.scrollTo(0, 0));
  await page.screenshot({path: `${name}.png`, fullPage: true});
}

async function fitsPhone(what) {
  await page.setViewportSize(PHONE);
  const [wide, room] = await page.evaluate(() => [
    document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(wide <= room, `${what}: ${wide} px wide on a screen of ${room}`);
  ++checks;
  await shoot(`phone-${what}`);
  await page.setViewportSize(DESK);
}

async function dark(name) {
  await page.emulateMedia({colorScheme: "dark"});
  matches(await page.evaluate(() => getComputedStyle(document.body)
      .backgroundColor), /^rgb\((\d|[1-4]\d), /);
  await shoot(name);
  await page.emulateMedia({colorScheme: "light"});
}

// The sum that the table shows for one result.
async function sumOf(result) {
  const row = page.locator("#results tr").filter({hasText: result});
  return Number((await row.locator("td").last().innerText()).replace(/,/g, ""));
}

async function explain(token) {
  await page.locator("#token").fill(token);
  await page.locator("#explain").click();
  await page.locator("#question").locator("button:enabled#explain").waitFor();
}

async function outcomes() {
  return page.locator("#checks li").evaluateAll((items) => Object.fromEntries(
      items.map((item) => [item.querySelector(".check").firstChild.textContent,
                           item.dataset.outcome])));
}

async function healthy() {
  home = await stage("start");
  await page.goto(home);
  await until("#state", /^Ready$/);
  await until("#why", "All 2 issuers have fresh keys.");
  same(await text("#issuer-summary"), "2 issuers · all ready");
  await until("table.keys", "corp-2026-11");
  await stage("traffic");
  await eventually("five results", async () =>
      await page.locator("#results tr").count() >= 5);
  for (const result of ["VERIFIED", "TOKEN_EXPIRED", "SIGNATURE_INVALID",
                        "AUDIENCE_MISMATCH", "ISSUER_UNKNOWN"]) {
    assert.ok(await sumOf(result) > 0, result);
    ++checks;
  }
  const bars = () => page.locator('#chart path[data-kind="verified"]')
      .getAttribute("d");
  const before = await bars();
  matches(before, /^M/);
  await eventually("the chart moves", async () => await bars() !== before);
  const box = await page.locator("#chart").boundingBox();
  await page.mouse.move(box.x + box.width - 2, box.y + 40);
  matches(await text("#readout"), /^now: [\d,]+ verified · [\d,]+ denied/);
  await page.mouse.move(0, 0);
  await shoot("light");
  await dark("dark");
  await fitsPhone("healthy");
}

async function inspector() {
  await explain(await stage("mint", "good"));
  await until("#verdict", /^verified$/i);
  same(new Set(Object.values(await outcomes())), new Set(["passed"]));
  same(await page.locator("#token").inputValue(), "", "the field is cleared");
  matches(await text("#said-title"), /signed by its issuer/);

  await explain(await stage("mint", "expired"));
  await until("#verdict", "TOKEN_EXPIRED");
  let seen = await outcomes();
  same([seen.signature, seen.time, seen.audience],
       ["passed", "failed", "not_reached"]);
  assert.ok((await text("#verdict-advice")).length > 10);
  await page.locator("#said summary").click();
  await until("#claims", /exp.*UTC.*ago/s);
  await page.locator("#inspector").scrollIntoViewIfNeeded();
  await shoot("inspector-denied");
  await dark("inspector-denied-dark");
  await fitsPhone("inspector");

  const forged = await stage("mint", "forged");
  await explain(forged);
  await until("#verdict", "SIGNATURE_INVALID");
  matches(await text("#said-title"), /not verified/);
  same(await page.evaluate(() => [
    localStorage.length, sessionStorage.length, document.cookie,
    location.search + location.hash]), [0, 0, "", ""]);
  assert.ok(!(await page.content()).includes(forged), "the token is gone");
  const log = await stage("log");
  assert.ok(!log.includes(forged.slice(-20)), "no token in the log");
  checks += 2;

  await explain(await stage("mint", "two audiences"));
  await until("#token-fault", /audiences/);
  await page.locator("#audiences").fill("billing");
  await page.locator("#token").press("Enter");
  await until("#verdict", /^verified$/i);
  await page.locator("#clear").click();
  same(await page.locator("#explained").isVisible(), false);

  await explain(`Bearer ${await stage("mint", "hostile")}`);
  await until("#verdict", /^verified$/i);
  await page.locator("#said").evaluate((details) => { details.open = true; });
  await until("#claims", "<img src=x onerror");
  same(await page.evaluate(() => [window.broken, document.images.length]),
       [undefined, 1], "claims are text");
  await explain("x".repeat(20000));
  await until("#verdict", "TOKEN_TOO_LARGE");
  await explain("x".repeat(200000));
  await until("#token-fault", "too long for a token");
  await page.locator("#clear").click();
}

async function keyboard() {
  await page.locator("#filter-text").focus();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  const focused = () => page.evaluate(() => document.activeElement.className);
  same(await focused(), "toggle");
  const open = page.locator("tbody .more:visible");
  const before = await open.count();
  await page.keyboard.press("Enter");
  same(await open.count(), before - 1, "Enter closes an issuer");
  await page.keyboard.press("Enter");
  same(await open.count(), before);
}

async function problems() {
  await stage("break_corp");
  await until("table.issuers", /stale keys|refresh fails/);
  await until("#why", "1 issuer has problems");
  await stage("repair_corp");
  await until("#why", "All 2 issuers have fresh keys.");
  same(complaints, [], "nothing to complain of before usherd goes");

  await stage("stop");
  await until("#gone", "usherd does not answer");
  await shoot("gone");
  await stage("start", true, 0, true);
  await page.locator("#gone").waitFor({state: "hidden", timeout: 30000});
  await until("#warnings", "insecure_allow_remote_admin");
  await until("table.issuers", "no keys (optional)");
  same(await text("table.issuers tbody:first-of-type .name"), "staging",
       "the worst comes first");
  await until("table.issuers .error", /503/);
  // Errors while usherd did not answer.
  complaints.length = 0;
  await page.locator(".toggle").first().click();
  await shoot("issuer-down");
  await fitsPhone("issuer-down");
  await page.emulateMedia({colorScheme: "dark"});
  await shoot("issuer-down-dark");
  await page.emulateMedia({colorScheme: "light"});
}

async function many() {
  await stage("stop");
  home = await stage("start", true, 197);
  await page.goto(home);
  await until("#issuer-summary", "200 issuers");
  const listed = () => page.locator("table.issuers tr.head").count();
  await eventually("a page of them", async () => await listed() === 25);
  same(await text("#pages"), "1 to 25 of 200");
  await page.locator("#next").click();
  await until("#pages", "26 to 50 of 200");
  await page.locator("#filter-text").fill("TENANT-19");
  await eventually("seven match", async () => await listed() === 7);
  same(await page.locator("#pager").isVisible(), false);
  await page.locator("#filter-text").fill("no such");
  await until("#no-issuers", "No issuer matches.");
  await page.locator("#filter-text").fill("");
  await page.locator("#filter-troubled").check();
  await eventually("one has problems", async () => await listed() === 1);
  await until("table.issuers .name", "staging");
  await page.locator("#filter-troubled").uncheck();
  await until("#pages", "1 to 25 of 200");
  await shoot("issuers-200");
  await fitsPhone("issuers-200");
}

// A site elsewhere, in the same browser.
async function otherSites() {
  const evil = await context.newPage();
  await evil.route("http://evil.example/**", (route) => route.fulfill(
      {contentType: "text/html", body: "<title>evil</title>"}));
  await evil.goto("http://evil.example/");
  const answers = await evil.evaluate(async (url) => {
    const ask = (path, init) => fetch(url + path, init).then(
        (answer) => answer.type, () => "refused");
    return [
      await ask("api/status"),
      await ask("api/explain", {method: "POST", body: "{}", headers: {
        "Content-Type": "application/json"}}),
    ];
  }, home);
  same(answers, ["refused", "refused"]);
  await evil.close();
}

try {
  await healthy();
  await keyboard();
  await inspector();
  await problems();
  await many();
  await otherSites();
  same(await page.evaluate(() => window.violations), []);
  same(complaints, []);
  await stage("stop");
  console.log(`${checks} things seen in Chromium ` +
      `${context.browser()?.version() ?? ""}; screenshots in ` +
      "build/peers/status_page");
} catch (error) {
  console.log(error.stack ?? error);
  console.log(`the browser's complaints: ${JSON.stringify(complaints)}`);
  await shoot("failed").catch(() => {});
  process.exitCode = 1;
} finally {
  await context.close();
  process.stdin.destroy();
}
