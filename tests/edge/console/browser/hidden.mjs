// A tab that nobody looks at asks nothing, whatever it shows: dozens of them stay open.

import { assert, event, go, hasFate, hide, journalled, operator, play, send, signedIn, until } from "./browser.mjs";

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
    const before = asked;
    await page.clock.runFor(11_000);
    await until(`${view} is refreshed`, () => asked > before);
    await page.waitForLoadState("networkidle");
    await hide(page, true);
    asked = 0;
    await page.clock.runFor(60_000);
    assert.equal(asked, 0, `${view}: polling has stopped`);
    await hide(page, false);
    await until(`${view} is refreshed as soon as it is seen again`, () => asked > 0);
  }
  // What was left does not go on in the background.
  await go(page, "#/try", "try");
  await page.waitForLoadState("networkidle");
  asked = 0;
  await page.clock.runFor(60_000);
  assert.equal(asked, 0, "the views that were left have stopped");
  await operator(`/replays/${replay.id}/cancel`, { method: "POST" });
});
