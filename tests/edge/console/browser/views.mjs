// Every view: it is accessible, fits into any window, looks as in the documents, and the first one is there at once.
//
// With UPDATE_PICTURES=1, the pictures of docs/console.md are taken anew, and what they show is noted in pictures.json.

import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { accessible, assert, event, fits, go, hasFate, journalled, measured, MEASURES, open, operator, play, send, signIn, task, until } from "./browser.mjs";

const UPDATES = process.env.UPDATE_PICTURES === "1";
const NOTES = join(import.meta.dirname, "pictures.json");
const CONSOLE = join(import.meta.dirname, "../../../../console");

/** What the pictures show, and the style with which they were taken. */
const notes = { style: createHash("sha256").update(readFileSync(join(CONSOLE, "console.css"))).digest("hex"), views: {} };

/** The words of a view, without what differs from run to run. */
async function wordsOf(page) {
  const text = await page.locator("body").innerText();
  return text.replace(/(\d+) (second|minute)s? ago/gu, "a while ago").replace(/[\w-]*\d[\w-]{11,}/gu, "(id)").replace(/\d+/gu, "0").replace(/\s+/gu, " ").trim();
}

/** The browser that is unpacked in the cache, with its own font: only there are pictures the same everywhere. */
const IS_OURS = task.browser.endsWith("/chromium-debian/bin/chromium");

/** Which part of the pixels may differ: times and ids are others each time, which is less than one in a hundred. */
const MOST_DIFFERENT = 0.02;

/** The pictures that do not show what is there any more. */
const stale = [];

async function picture(page, name, whole) {
  notes.views[name] = await wordsOf(page);
  const path = join(task.pictures, `${name}.png`);
  mkdirSync(task.pictures, { recursive: true });
  const taken = await page.screenshot({ path: UPDATES ? path : undefined, fullPage: whole, scale: "css" });
  if (!UPDATES && IS_OURS) {
    const { sizes: [stored, now], part } = await compared(page.context().browser(), readFileSync(path), taken);
    if (stored !== now) stale.push(`${name} is ${now}, and its picture ${stored}`);
    else if (part > MOST_DIFFERENT) stale.push(`${name}: ${(100 * part).toFixed(1)} % of its picture differ`);
  }
}

/** The sizes of two pictures, and which part of their pixels differs. */
async function compared(browser, ...pictures) {
  const page = await browser.newPage();
  const found = await page.evaluate(async (texts) => {
    const [one, other] = await Promise.all(texts.map(async (text) => {
      const image = new Image();
      image.src = `data:image/png;base64,${text}`;
      await image.decode();
      const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
      context.drawImage(image, 0, 0);
      return context.getImageData(0, 0, image.width, image.height);
    }));
    let differ = 0;
    const number = Math.min(one.data.length, other.data.length) / 4;
    for (let pixel = 0; pixel < number; pixel += 1) {
      const distance = [0, 1, 2].reduce((sum, part) => sum + Math.abs(one.data[4 * pixel + part] - other.data[4 * pixel + part]), 0);
      if (distance > 48) differ += 1;
    }
    return { sizes: [one, other].map(({ width, height }) => `${width}x${height}`), part: differ / number };
  }, pictures.map((data) => data.toString("base64")));
  await page.close();
  return found;
}

play(async (browser) => {
  const object = (number, more) => event({ data: { objectType: "product", objectId: number, name: "Drill", price: 1.0 }, ...more });
  for (let number = 0; number < 6; number += 1) await send(object(4700 + number, { id: `product-${number}`, operation: ["add", "modify", "remove"][number % 3] }));
  await send(event({ id: "document-1", type: "com.elytra.document", eventtype: "document", data: { objectType: "document", objectId: 7 } }));
  await send(event({ id: "order-1", type: "com.elytra.order", eventtype: "order" }));
  // What nobody wants is written a moment later, so it waits for that: the list is in the order of writing.
  await journalled("order-1");
  await send(object(4700, { id: "imported", subject: "import/7" }));
  await send(object(4711, { id: "bad-1" }));
  // It comes again once its history has an end, or the order of the lines would depend on the machine.
  const { key } = await journalled("bad-1", hasFate("shop", "dead"));
  await until("its letter is noted", async () => (await operator(`/events/${key}`)).entry.history.some(({ what }) => what === "stored"));
  await send(object(4711, { id: "bad-1" }));
  await send(object(4712, { id: "bad-2" }));
  await send({ id: "not an event" });
  await send(event(), "an old token");
  await until("both are dead", async () => (await operator("/dead-letters")).dead_letters.length === 2);
  const [letter] = (await operator("/dead-letters?event=bad-1")).dead_letters;
  await until("the refusals are written", async () => (await operator("/refusals")).refusals?.length === 2);
  const { replay } = await operator("/replays", { method: "POST", body: { filter: { object: "product/4700" }, subscriptions: ["shop"] } });
  await until("it has ended", async () => (await operator(`/replays/${replay.id}`)).replay.state === "finished");

  const views = [
    ["overview", "#/", "overview"],
    ["events", "#/events", "events"],
    ["refusals", "#/events?refusals=1", "events"],
    ["event", `#/events/${key}`, "event"],
    ["dead-letters", "#/dead-letters", "dead-letters"],
    ["dead-letter", `#/dead-letters/${encodeURIComponent(letter.id)}`, "dead-letter"],
    ["replays", "#/replays", "replays"],
    ["replay-new", "#/replays/new?object=product/4700", "replay-new"],
    ["replay", `#/replays/${replay.id}`, "replay"],
    ["try", "#/try", "try"],
    ["configuration", "#/configuration", "configuration"],
    ["nothing", "#/nothing", "none"],
  ];
  const looks = [
    ["light", {}],
    ["dark", { colorScheme: "dark" }],
    ["phone", { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }],
  ];
  for (const [look, options] of looks) {
    const page = await open(browser, options);
    await page.getByRole("dialog").waitFor();
    await accessible(page, `sign-in, ${look}`);
    if (look === "light") await picture(page, "sign-in", false);
    await signIn(page);
    await page.waitForSelector("main[data-ready]");
    for (const [name, address, view] of views) {
      await go(page, address, view);
      if (name === "try") {
        await page.getByRole("button", { name: "Explain" }).click();
        await page.getByText("It would be forwarded").waitFor();
      }
      if (name === "replay-new") {
        await page.getByRole("button", { name: "Count" }).click();
        await page.getByRole("heading", { name: /\d+ events/u }).waitFor();
      }
      await accessible(page, `${name}, ${look}`);
      await fits(page, `${name}, ${look}`);
      if (look === "light" && name !== "nothing") await picture(page, name, true);
      if (look === "dark" && name === "overview") await picture(page, "overview-dark", true);
      if (look === "phone" && ["events", "event"].includes(name)) await picture(page, `${name}-phone`, false);
    }
    page.calm();
    await page.context().close();
  }
  if (UPDATES) writeFileSync(NOTES, `${JSON.stringify(notes, null, 2)}\n`);
  const stored = JSON.parse(readFileSync(NOTES, "utf8"));
  const advice = "the pictures in docs/console show what is there: UPDATE_PICTURES=1 cargo test --package edge --test edge every_view";
  assert.deepEqual(notes, stored, advice);
  assert.deepEqual(stale, [], advice);
  assert.deepEqual(readdirSync(task.pictures).sort(), Object.keys(notes.views).map((name) => `${name}.png`).sort(), "each view has its picture");

  await atOnce(browser);
});

/** How many bytes the first view may load, and how many milliseconds may pass until it can be used. */
const [MOST_BYTES, MOST_MS] = [100 * 1024, 300];

/** How often that is measured. */
const TRIES = 10;

async function atOnce(browser) {
  const page = await open(browser);
  const loaded = new Set();
  page.on("request", (request) => {
    const [, file] = new URL(request.url()).pathname.match(/^\/console(?:\/(.*))?$/) ?? [];
    if (request.url().includes("/console")) loaded.add(file || "index.html");
  });
  await page.reload();
  await signIn(page);
  await page.waitForSelector("main[data-ready]");
  const bytes = [...loaded].reduce((sum, file) => sum + readFileSync(join(CONSOLE, file)).length, 0);
  assert.ok(loaded.size > 5 && bytes < MOST_BYTES, `the first view has ${[...loaded]} and ${bytes} bytes`);
  if (MEASURES) {
    await page.addInitScript(() => {
      new MutationObserver(() => {
        if (document.querySelector("main[data-ready]")) window.readyAt ??= performance.now();
      }).observe(document, { subtree: true, attributes: true, childList: true });
    });
    const times = [];
    while (times.length < TRIES) {
      await page.reload();
      await page.waitForSelector("main[data-ready]");
      times.push(await page.evaluate(() => window.readyAt));
    }
    const median = times.toSorted((one, other) => one - other)[TRIES / 2];
    measured(`the first view has ${bytes} bytes, and can be used after ${Math.round(median)} ms (${times.map(Math.round)})`);
    assert.ok(median < MOST_MS, `at most ${MOST_MS} ms`);
  }
  page.calm();
}
