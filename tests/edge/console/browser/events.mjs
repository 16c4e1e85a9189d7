import { assert, event, go, hide, journalled, play, send, signedIn, until } from "./browser.mjs";

const rows = (page) => page.locator(".rows .row").count();

play(async (browser) => {
  const first = event({ id: "first", operation: "add" });
  await send(first);
  await send(event({ id: "second", source: "elytra-test", data: { objectType: "product", objectId: 1 } }));
  await send(event({ id: "third", type: "com.elytra.document", eventtype: "document", data: { objectType: "document", objectId: 4711 } }));
  await send(event({ id: "fourth", type: "com.elytra.order", eventtype: "order" }));
  await send({ id: "an invalid one" });
  await send(event(), "a wrong token");
  for (const id of ["first", "second", "third", "fourth"]) await journalled(id);
  const page = await signedIn(browser, { expected: ["400"] });

  // Each filter, alone.
  const table = [
    ["Event id", "first", 1], ["Object", "product/4711", 2], ["Object", "document/4711", 1], ["Since", "1h", 4],
    ["Until", "2026-01-01T00:00:00Z", 0], ["Source", "elytra-test", 1], ["Type", "com.elytra.document", 1], ["Event type", "product", 2],
    ["Operation", "add", 1], ["Subscription", "shop", 2], ["Outcome", "ignored", 1], ["Credential", "TOKEN", 4],
  ];
  for (const [label, value, number] of table) {
    await go(page, "#/events", "events");
    const more = page.getByText("More filters");
    if (!(await page.getByLabel(label, { exact: true }).isVisible())) await more.click();
    await page.getByLabel(label, { exact: true }).fill(value);
    await page.evaluate(() => document.querySelector("main").removeAttribute("data-ready"));
    await page.getByRole("button", { name: "Search" }).click();
    await page.waitForSelector("main[data-ready]");
    assert.equal(await rows(page), number, `${label} ${value}`);
    assert.ok(page.url().includes(encodeURIComponent(value).replaceAll("%20", "+")), "the address can be sent to a colleague");
  }
  await go(page, "#/events?object=a", "events");
  await page.getByRole("alert").getByText("The query is invalid").waitFor();
  await go(page, "#/events?event_type=prodct", "events");
  await page.getByRole("alert").getByText('did you mean "product"').waitFor();

  // The refusals.
  await go(page, "#/events", "events");
  await page.getByRole("link", { name: "Refusals" }).click();
  await page.waitForSelector("main[data-ready] tbody tr");
  const listed = await until("both are listed", async () => {
    const text = await page.locator("tbody").textContent();
    if (text.includes("credentials wrong") && text.includes("invalid event")) return text;
    await go(page, "#/events?refusals=1", "events");
    return undefined;
  });
  assert.ok(listed.includes("Elytra/9.1") && listed.includes("401"), listed);

  // New events come to the top by themselves.
  await go(page, "#/events", "events");
  await page.getByLabel("Follow").check();
  await send(event({ id: "new-1" }));
  await page.locator(".rows .row", { hasText: "new-1" }).waitFor();
  assert.equal(await page.locator(".rows .row").first().getAttribute("aria-rowindex"), "2");

  // A reader with the focus further down is not disturbed.
  await page.getByRole("grid").focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await send(event({ id: "new-2" }));
  const fresh = page.getByRole("button", { name: "Show 1 new" });
  await fresh.waitFor();
  assert.equal(await page.locator(".rows .row", { hasText: "new-2" }).count(), 0);
  await fresh.click();
  await page.locator(".rows .row", { hasText: "new-2" }).waitFor();

  // A tab that is hidden asks nothing.
  let asked = 0;
  page.on("request", () => { asked += 1; });
  await page.clock.install();
  await hide(page, true);
  await page.clock.runFor(60_000);
  assert.equal(asked, 0, "polling has stopped");
  await hide(page, false);
  await until("it asks again", () => asked > 0);
  page.calm();
});
