// Every width of a window, since people put the console beside something else: nothing scrolls sideways, and no word that says
// that something is wrong is cut off. And the colours that a reader's system dictates.

import { assert, event, fits, go, hasFate, journalled, operator, play, send, signedIn, until } from "./browser.mjs";

const WIDTHS = [320, 390, 600, 760, 761, 800, 900, 980, 1000, 1001, 1100, 1280, 1600, 2560];

play(async (browser) => {
  const long = "a-long-id-of-an-event-without-a-space-to-break-it-at".repeat(3);
  for (const id of ["bad-1", `bad-${long}`]) await send(event({ id, operation: "modify" }));
  await send(event({ id: "fine", type: "com.elytra.document", eventtype: "document", data: { objectType: "document", objectId: 7 } }));
  await until("both are dead", async () => (await operator("/dead-letters")).dead_letters.length === 2);
  const { key } = await journalled(`bad-${long}`, hasFate("shop", "dead"));
  const page = await signedIn(browser);
  const views = [
    ["overview", "#/"], ["events", "#/events"], ["event", `#/events/${key}`], ["dead-letters", "#/dead-letters"],
    ["replay-new", "#/replays/new"], ["configuration", "#/configuration"],
  ];
  for (const [view, address] of views) {
    await page.setViewportSize({ width: 1280, height: 800 });
    await go(page, address, view);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 800 });
      await page.evaluate(() => new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)); }));
      await fits(page, `${view}, ${width}`);
      const hidden = await page.evaluate(() => [...document.querySelectorAll(".mark.bad")].filter((mark) => {
        const { left, right, top, bottom } = mark.getBoundingClientRect();
        const at = (x, y) => document.elementsFromPoint(x, y).includes(mark);
        const isInWindow = top >= 0 && bottom <= innerHeight;
        return isInWindow && !(at(left + 2, (top + bottom) / 2) && at(right - 2, (top + bottom) / 2));
      }).map((mark) => mark.textContent));
      assert.deepEqual(hidden, [], `${view}, ${width}: what is wrong can be read`);
    }
  }

  // Colours alone say nothing in high contrast: what is active has an outline, and no other row has.
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.emulateMedia({ forcedColors: "active" });
  await go(page, "#/events", "events");
  await page.getByRole("grid").focus();
  await page.keyboard.press("ArrowDown");
  const outlines = await page.locator(".rows .row").evaluateAll((rows) => rows.map((row) => getComputedStyle(row).outlineStyle));
  assert.deepEqual(outlines.map((style) => style === "solid"), [false, true, false], "the second row is chosen");
});
