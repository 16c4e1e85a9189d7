// Nothing fails in silence: whoever clicks, or looks at a number, is told that it did not work or is not current.

import { assert, event, go, hasFate, journalled, operator, play, send, signedIn, steps } from "./browser.mjs";

play(async (browser) => {
  for (let number = 0; number < 20; number += 1) await send(event({ id: `e-${number}` }));
  const { key } = await journalled("e-0", hasFate("shop", "delivered"));
  const at = (address) => signedIn(browser, { at: address, expected: ["ERR_", "503", "400"] });
  const isTold = (page) => page.locator(".problem").first().waitFor({ timeout: 10_000 });
  const failing = { status: 503, contentType: "application/problem+json", body: '{"code":"journal_failed","title":"The journal failed","detail":"try again"}' };

  await steps([
    ["who signs out without a connection is still signed in, and goes away thinking otherwise", async () => {
      const page = await at("#/events");
      await page.route("**/session", (route) => route.abort());
      await page.getByRole("button", { name: "Sign out" }).click();
      await isTold(page);
      page.calm();
    }],
    ["who pastes what was not copied pastes something else", async () => {
      const page = await at(`#/events/${key}`);
      await page.evaluate(() => { navigator.clipboard.writeText = () => Promise.reject(new DOMException("denied", "NotAllowedError")); });
      await page.getByRole("button", { name: "Copy event", exact: true }).click();
      // In whichever words.
      await page.waitForFunction(() => /(not|fail)[^.]*cop(y|ied)|cop(y|ied)[^.]*(not|fail)/iu.test(document.body.innerText), undefined, { timeout: 5_000 });
      page.calm();
    }],
    ["a button that was clicked twice has its name again", async () => {
      const page = await at(`#/events/${key}`);
      await page.clock.install();
      const copies = page.locator(".payload .buttons button").first();
      await copies.click();
      await page.getByText("Copied").first().waitFor();
      await copies.click();
      await page.clock.runFor(5_000);
      assert.equal(await copies.textContent(), "Copy event");
    }],
    ["the next page of refusals does not come", async () => {
      const page = await at("#/events?refusals=1");
      await page.route("**/refusals?*", (route) => route.fulfill(failing));
      await page.locator("button", { hasText: "Load more" }).evaluate((more) => { more.hidden = false; more.click(); });
      await isTold(page);
      page.calm();
    }],
    ["a replay whose numbers are old looks as if it stood still", async () => {
      const body = { filter: { object: "product/4711" }, subscriptions: ["shop"], events_per_second: 1 };
      const { replay } = await operator("/replays", { method: "POST", body });
      const page = await at(`#/replays/${replay.id}`);
      await page.getByRole("button", { name: "Pause" }).waitFor();
      await page.route("**/replays/**", (route) => route.abort());
      try {
        await isTold(page);
      } finally {
        await operator(`/replays/${replay.id}/cancel`, { method: "POST" });
      }
      page.calm();
    }],
    ["an order to a replay that does not arrive is one failure, not two", async () => {
      const body = { filter: { object: "product/4711" }, subscriptions: ["shop"], events_per_second: 1 };
      const { replay } = await operator("/replays", { method: "POST", body });
      const page = await at(`#/replays/${replay.id}`);
      await page.getByRole("button", { name: "Pause" }).waitFor();
      await page.route("**/replays/**", (route) => route.abort());
      await page.getByRole("button", { name: "Pause" }).click();
      await isTold(page);
      await operator(`/replays/${replay.id}/cancel`, { method: "POST" });
      page.calm();
    }],
    ["a list of replays that is not refreshed says so", async () => {
      const page = await at("#/replays");
      await page.route("**/replays", (route) => route.abort());
      await isTold(page);
      page.calm();
    }],
    ["a time that does not exist is refused, and not taken for another one", async () => {
      const page = await at("#/events");
      for (const written of ["2026-02-31", "25:99", "12:60"]) {
        await go(page, "#/events", "events");
        await page.getByLabel("Since", { exact: true }).fill(written);
        await page.getByLabel("Since", { exact: true }).press("Enter");
        await page.waitForFunction(() => location.hash.includes("since="), undefined, { timeout: 5_000 }).catch(() => {});
        assert.doesNotMatch(page.url(), /since=.*Z/u, written);
      }
    }],
    ["at one in the morning, 22:00 is that of last evening: nothing has come since the one to come", async () => {
      const page = await at("#/events");
      await page.clock.install({ time: new Date("2026-11-28T01:00:00+01:00") });
      await page.clock.resume();
      await page.getByLabel("Since", { exact: true }).fill("22:00");
      await page.getByLabel("Since", { exact: true }).press("Enter");
      await page.waitForFunction(() => location.hash.includes("since="));
      assert.equal(new URL(`http://a/${page.url().split("#")[1]}`).searchParams.get("since"), "2026-11-27T21:00:00.000Z");
    }],
    ["what a screen reader reads has no characters that turn text around", async () => {
      const odd = "bad \u202egpj.exe";
      await send(event({ id: odd, data: { objectType: "product", objectId: 1, ["na\u202eme"]: 1 } }));
      const { key: oddKey } = await journalled(odd, hasFate("shop", "dead"));
      const page = await at(`#/events/${oddKey}`);
      const attributes = () => page.evaluate(() => [...document.querySelectorAll("main *")].flatMap(({ tagName, attributes: all }) =>
        [...all].filter(({ value }) => /[\u202a-\u202e\u2066-\u2069\u200b]/u.test(value)).map(({ name }) => `${tagName}.${name}`)));
      await page.getByRole("button", { name: "Copy event", exact: true }).waitFor();
      const ofEvent = await attributes();
      await go(page, "#/dead-letters", "dead-letters");
      assert.deepEqual([...ofEvent, ...await attributes()], []);
    }],
  ]);
});
