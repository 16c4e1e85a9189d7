// What changes while something is on its way. An operator must never do something to more, or to other events than the page says.

import { ask, assert, event, go, hide, hold, journalled, operator, play, send, signedIn, steps, task, until } from "./browser.mjs";

const letters = async (id) => (await operator(`/dead-letters${id ? `?event=${id}` : ""}`)).dead_letters;

async function die(...ids) {
  for (const id of ids) await send(event({ id }));
  for (const id of ids) await until(`${id} is dead`, async () => (await letters(id)).length === 1);
}

play(async (browser) => {
  for (let number = 0; number < 12; number += 1) await send(event({ id: `e-${number}` }));
  await journalled("e-11");
  const at = (address) => signedIn(browser, { at: address, expected: ["404"] });

  await steps([
    ["a form that changes while it is counted must be counted again: or one event is shown, and all of them are sent", async () => {
      const page = await at("#/replays/new?object=product/4711");
      const held = await hold(page, "**/replays");
      await page.getByRole("button", { name: "Count" }).click();
      await until("it is counted", () => held.number() === 1);
      await page.getByLabel("Event id").fill("e-1");
      const answered = page.waitForResponse("**/replays");
      held.release();
      await answered;
      await page.waitForFunction(() => /\d+ events?|Count again/u.test(document.querySelector("main").textContent));
      assert.equal(await page.getByRole("button", { name: "Start replay" }).count(), 0, "what would start is not what the form says");
    }],
    ["what died after the question was asked was not asked about: deleting it loses an event that nobody has seen", async () => {
      await die("bad-seen");
      const page = await at("#/dead-letters");
      const all = page.getByRole("button", { name: "Delete all 1" });
      await all.waitFor();
      await die("bad-unseen");
      await all.click();
      await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
      await until("the one that was seen is deleted", async () => (await letters("bad-seen")).length === 0);
      await page.getByText("finished").first().waitFor();
      assert.equal((await letters("bad-unseen")).length, 1, "the one that nobody has seen is still there");
    }],
    ["a dead letter that a colleague has deleted is not sent again, and the page must not say so", async () => {
      await die("bad-gone");
      const page = await at("#/dead-letters?event=bad-gone");
      await page.getByRole("checkbox", { name: "bad-gone" }).check();
      const [{ id }] = await letters("bad-gone");
      await operator(`/dead-letters/delete?id=${encodeURIComponent(id)}`, { method: "POST" });
      await page.getByRole("button", { name: "Redrive selected" }).click();
      const told = page.getByRole("status").filter({ hasText: /again|deleted|gone|there/u }).first();
      await told.waitFor();
      assert.doesNotMatch(await told.textContent(), /^\s*1 sent again/u);
    }],
    ["a dead letter that was not sent is not told as one that was", async () => {
      await die("bad-stuck");
      const page = await at("#/dead-letters?event=bad-stuck");
      await page.route("**/dead-letters/redrive?*", (route) => route.fulfill({
        json: { code: "redriven", redriven: [], stuck: [{ id: "x", reason: "the subscription shop is gone" }], cursor: null },
      }));
      await page.getByRole("checkbox", { name: "bad-stuck" }).check();
      await page.getByRole("button", { name: "Redrive selected" }).click();
      await page.getByText("the subscription shop is gone").waitFor();
      assert.equal(await page.getByText("sent again").count(), 0);
    }],
    ["a double click acts once", async () => {
      await die("bad-double");
      const page = await at("#/dead-letters?event=bad-double");
      let posted = 0;
      page.on("request", (request) => { posted += request.method() === "POST" ? 1 : 0; });
      await page.getByRole("checkbox", { name: "bad-double" }).check();
      await page.getByRole("button", { name: "Redrive selected" }).dblclick();
      await page.getByText("sent again.").waitFor();
      assert.equal(posted, 1);
    }],
    ["who switches following off while it asks does not follow", async () => {
      const page = await at("#/events");
      await page.getByRole("grid").waitFor();
      await page.clock.install();
      const held = await hold(page, "**/events?*");
      await page.getByLabel("Follow").check();
      await until("it asks", () => held.number() === 1);
      await page.getByLabel("Follow").uncheck();
      const answered = page.waitForResponse("**/events?*");
      held.release();
      await (await answered).finished();
      await page.evaluate(() => new Promise((resolve) => { queueMicrotask(resolve); }));
      let asked = 0;
      page.on("request", () => { asked += 1; });
      await page.clock.runFor(10_000);
      assert.equal(asked, 0, "it has stopped");
    }],
    ["who switches following off and on again while it asks follows once", async () => {
      const page = await at("#/events");
      await page.getByRole("grid").waitFor();
      await page.clock.install();
      const held = await hold(page, "**/events?*");
      const follow = page.getByLabel("Follow");
      await follow.check();
      await until("it asks", () => held.number() === 1);
      await follow.uncheck();
      await follow.check();
      await until("it asks again", () => held.number() === 2);
      let answered = 0;
      page.on("requestfinished", () => { answered += 1; });
      held.release();
      await until("both are answered", () => answered === 2);
      await page.evaluate(() => new Promise((resolve) => { queueMicrotask(resolve); }));
      await page.clock.runFor(2_500);
      await until("it asks", () => answered > 2);
      assert.equal(answered, 3, "it asks once");
    }],
    ["a tab that was hidden for long has all events between, or does not say that these are all", async () => {
      const page = await at("#/events?operation=add");
      await page.getByLabel("Follow").check();
      await send(event({ id: "add", operation: "add" }));
      await page.locator(".rows .row", { hasText: "add" }).first().waitFor();
      await hide(page, true);
      for (let batch = 0; batch < 12; batch += 1) {
        const events = Array.from({ length: 100 }, (_, number) => event({ id: `add-${batch}-${number}`, operation: "add", type: "com.elytra.order", eventtype: "order" }));
        const headers = { authorization: `Bearer ${task.token}`, "content-type": "application/cloudevents-batch+json" };
        assert.equal((await fetch(`${task.base}/webhook`, { method: "POST", body: JSON.stringify(events), headers })).status, 200);
      }
      await journalled("add-11-99");
      await hide(page, false);
      await page.locator(".rows .row", { hasText: "add-11-" }).first().waitFor();
      const said = await page.getByText(/ in all$| so far$/u).textContent();
      assert.ok(said === "1,201 in all" || !said.includes("in all"), `it says ${said}, and there are 1,201`);
    }],
    ["what a screen reader reads, what is highlighted and what Enter opens is one row", async () => {
      const page = await at("#/events");
      await page.getByLabel("Follow").check();
      const grid = page.getByRole("grid");
      await grid.focus();
      for (let number = 0; number < 3; number += 1) await page.keyboard.press("ArrowDown");
      await send(event({ id: "news" }));
      await page.getByRole("button", { name: "Show 1 new" }).click();
      await grid.focus();
      const [active, read] = await page.evaluate(() => [[...document.querySelectorAll(".row.active")].map(({ id }) => id), document.querySelector("[role=grid]").getAttribute("aria-activedescendant")]);
      assert.deepEqual(active, [read], "one row is highlighted, the one that is read");
    }],
  ]);
  await ask("orders");
});
