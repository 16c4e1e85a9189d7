// What all scenarios need: a browser, events, and what must hold whatever a scenario does.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

import { chromium } from "playwright-core";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const next = async () => JSON.parse((await lines.next()).value);

/** What the test says: the receiver's address, the tokens, the browser. */
export const task = await next();

/** Asks the test for something while the scenario runs: `restart`, `kill`, `mend` (the shop), `orders` or `fill`. */
export async function ask(what, more = {}) {
  process.stdout.write(`${JSON.stringify({ ask: what, ...more })}\n`);
  return next();
}

/** Whether times are measured and judged. That needs a machine that does nothing else: MEASURE=1, and one test at a time. */
export const MEASURES = process.env.MEASURE === "1";

/** Says what was measured. */
export function measured(words) {
  process.stderr.write(`measured: ${words}\n`);
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** How long anything may take on a busy machine, in milliseconds. */
const PATIENCE = 60_000;

/** All pages of the scenario, also those that are closed. */
const pages = [];

/** Plays a scenario. At its end, no request has left the origin, and the browser has shown no error that was not expected. */
export async function play(scenario) {
  const browser = await chromium.launch({ executablePath: task.browser, args: ["--no-sandbox"] });
  try {
    await scenario(browser);
    // Here, so that no scenario can forget it.
    pages.forEach((page) => page.calm());
  } finally {
    await browser.close();
  }
  process.exit(0);
}

/** Opens a page in a context of its own. `expected` are errors that the scenario brings about, such as a refused request. */
export async function open(browser, { expected = [], at = "", ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, permissions: ["clipboard-read", "clipboard-write"], timezoneId: "Europe/Berlin", locale: "en-GB", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  const errors = [];
  const isExpected = (words) => expected.some((one) => words.includes(one));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type()) && !isExpected(message.text())) errors.push(message.text());
  });
  page.on("pageerror", (error) => errors.push(error.stack));
  page.on("dialog", (dialog) => {
    errors.push(`a dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(`${task.base}/`) && !url.startsWith("blob:")) errors.push(`a request leaves the origin: ${url}`);
  });
  pages.push(Object.assign(page, { calm: () => assert.deepEqual(errors, [], "the browser shows no error") }));
  await page.goto(`${task.base}/console${at}`);
  return page;
}

/** Signs in. */
export async function signIn(page, token = task.operator) {
  await page.getByLabel("Token").fill(token);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Opens a page and signs in. */
export async function signedIn(browser, options) {
  const page = await open(browser, options);
  await signIn(page);
  await page.waitForSelector("main[data-ready]");
  return page;
}

/** Goes to a view, and waits until it is there. */
export async function go(page, address, view) {
  await page.evaluate((hash) => {
    document.querySelector("main").removeAttribute("data-ready");
    if (location.hash === hash) dispatchEvent(new HashChangeEvent("hashchange"));
    else location.hash = hash;
  }, address);
  await page.waitForSelector(`main[data-view="${view}"][data-ready]`);
}

/** Waits until something is so. */
export async function until(why, isSo) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const found = await isSo();
    if (found) return found;
    if (Date.now() > end) throw new Error(`it never happens that ${why}`);
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
}

/** Makes all steps, each a reason and what is done, and says at the end which of them failed. */
export async function steps(all) {
  const failed = [];
  for (const [why, act] of all) {
    try {
      await act();
    } catch (error) {
      failed.push(`${why}:\n${error.message}`);
    }
  }
  if (failed.length > 0) throw new Error(`${failed.length} of ${all.length} steps failed\n\n${failed.join("\n\n")}`);
}

/** Hides a page as if another tab were in front of it, or shows it again. */
export async function hide(page, isHidden) {
  await page.evaluate((value) => {
    Object.defineProperty(document, "hidden", { value, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, isHidden);
}

/** Lets requests wait until they are let go. Returns what lets them go. */
export async function hold(page, address) {
  const waiting = [];
  let isHeld = true;
  await page.route(address, async (route) => {
    if (isHeld) await new Promise((resolve) => { waiting.push(resolve); });
    await route.continue();
  });
  return { number: () => waiting.length, release: () => { isHeld = false; waiting.forEach((resolve) => resolve()); } };
}

/** An event about a product. What is `undefined` in it is left out. */
export function event(attributes = {}) {
  return {
    specversion: "1.0", id: randomUUID(), source: "elytra-pim", type: "com.elytra.product", eventtype: "product",
    operation: "modify", time: "2026-11-27T08:15:00.123456789+01:00",
    data: { objectType: "product", objectId: 4711, name: "Drill", price: 1.0 }, ...attributes,
  };
}

/** Sends an event, or a text, as Elytra does. Returns the answer. */
export async function send(body, token = task.token) {
  const answer = await fetch(`${task.base}/webhook`, {
    method: "POST", body: typeof body === "string" ? body : JSON.stringify(body),
    headers: { authorization: `Bearer ${token}`, "content-type": "application/cloudevents+json", "user-agent": "Elytra/9.1" },
  });
  return { status: answer.status, ...await answer.json() };
}

/** Asks the JSON interface. */
export async function operator(path, { method = "GET", body } = {}) {
  const answer = await fetch(task.base + path, {
    method, body: body && JSON.stringify(body),
    headers: { authorization: `Bearer ${task.operator}`, "content-type": "application/json" },
  });
  return answer.json();
}

/** The event with this id, once this is true of it. */
export function journalled(id, isIt = () => true) {
  return until(`the journal has ${id}`, async () => {
    const { events } = await operator(`/events?id=${encodeURIComponent(id)}`);
    return events[0] && isIt(events[0]) && events[0];
  });
}

/** Whether a subscription has this fate for an event. */
export function hasFate(name, fate) {
  return ({ subscriptions }) => subscriptions.some((one) => one.subscription === name && one.fate === fate);
}

/** Checks a view with axe-core. */
export async function accessible(page, why) {
  await page.evaluate(axe);
  const violations = await page.evaluate(async () => {
    const found = await axe.run(document, { resultTypes: ["violations"] });
    return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(" | ")}`);
  });
  assert.deepEqual(violations, [], `${why}: axe-core finds nothing`);
}

/** Checks that a page fits into its window. The width is the one that was asked for: on a phone, `innerWidth` grows with what does not fit. */
export async function fits(page, why) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  const { width } = page.viewportSize();
  assert.ok(wide <= width, `${why}: it scrolls sideways, ${wide} > ${width}`);
}

export { assert };
