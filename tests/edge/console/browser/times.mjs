// The times that people write are those of their clock, which is not the Worker's.

import { assert, go, play, signedIn } from "./browser.mjs";

play(async (browser) => {
  const page = await signedIn(browser);
  await page.clock.install({ time: new Date("2026-11-28T09:30:00+01:00") });
  await page.clock.resume();
  const table = [
    ["how long ago, which the Worker knows", "1h", "1h"],
    ["an exact time stays as it is", "2026-11-27T00:00:00Z", "2026-11-27T00:00:00Z"],
    ["today begins at midnight here", "today", "2026-11-27T23:00:00.000Z"],
    ["yesterday", "yesterday", "2026-11-26T23:00:00.000Z"],
    ["a time of today", "08:00", "2026-11-28T07:00:00.000Z"],
    ["without its zero", "8:00", "2026-11-28T07:00:00.000Z"],
    ["a time of yesterday", "yesterday 22:00", "2026-11-27T21:00:00.000Z"],
    ["a day", "2026-11-27", "2026-11-26T23:00:00.000Z"],
    ["a day and a time", "2026-11-27 08:00", "2026-11-27T07:00:00.000Z"],
    ["as RFC 3339 without a zone", "2026-11-27T08:00:30", "2026-11-27T07:00:30.000Z"],
    ["a day in summer", "2026-07-01", "2026-06-30T22:00:00.000Z"],
    ["pasted with a space", " today ", "2026-11-27T23:00:00.000Z"],
  ];
  for (const [why, written, meant] of table) {
    await go(page, "#/", "overview");
    await go(page, "#/events", "events");
    const since = page.getByLabel("Since", { exact: true });
    await since.fill(written);
    await page.evaluate(() => document.querySelector("main").removeAttribute("data-ready"));
    await since.press("Enter");
    await page.waitForSelector("main[data-ready]");
    const { searchParams } = new URL(`http://a/${page.url().split("#")[1]}`);
    assert.equal(searchParams.get("since"), meant, `${why}: ${written}`);
  }
});
