// A tab that nobody looks at asks nothing, whatever it shows: dozens of them stay open.

import { assert, event, go, hasFate, hide, hold, journalled, operator, play, send, signedIn, until } from "./browser.mjs";

play(async (browser) => {
  for (let number = 0; number < 20; number += 1) await send(event({ id: `e-${number}` }));
  await journalled("e-19", hasFate("shop", "delivered"));
  const body = { filter: { object: "product/4711" }, subscriptions: ["shop"], events_per_second: 1 };
  const { replay } = await operator("/replays", { method: "POST", body });
  const page = await signedIn(browser);
  await page.clock.install();
  let asked = 0;
  page.on("request", () => { asked += 1; });
  for (const [view, address] of [["overview", "#/"], ["replays", "#/replays"], ["replay", `#/replays/${replay.id}`]]) {
    await go(page, address, view);
    asked = 0;
    let answered = 0;
    const count = () => { answered += 1; };
    page.on("requestfinished", count);
    await page.clock.runFor(11_000);
    await until(`${view} is refreshed`, () => asked > 0 && asked === answered);
    page.off("requestfinished", count);
    await hide(page, true);
    asked = 0;
    await page.clock.runFor(60_000);
    assert.equal(asked, 0, `${view}: polling has stopped`);
    await hide(page, false);
    await until(`${view} is refreshed as soon as it is seen again`, () => asked > 0);
  }
  // It is hidden while it asks: the answer must not start the clock again.
  await go(page, "#/", "overview");
  const shown = () => page.getByText(/^As of/u).textContent();
  const before = await shown();
  const held = await hold(page, "**/overview");
  await page.clock.runFor(11_000);
  await until("it asks", () => held.number() === 1);
  await hide(page, true);
  held.release();
  await until("the answer is shown", async () => await shown() !== before);
  asked = 0;
  await page.clock.runFor(60_000);
  assert.equal(asked, 0, "polling has stopped after the last answer");
  await hide(page, false);

  // What was left does not go on in the background.
  await go(page, "#/try", "try");
  asked = 0;
  await page.clock.runFor(60_000);
  assert.equal(asked, 0, "the views that were left have stopped");
  await operator(`/replays/${replay.id}/cancel`, { method: "POST" });
});
