import { ask, assert, event, go, hasFate, journalled, play, send, signedIn, until } from "./browser.mjs";

play(async (browser) => {
  for (let number = 0; number < 30; number += 1) await send(event({ id: `e-${number}` }));
  await journalled("e-29", hasFate("shop", "delivered"));
  const page = await signedIn(browser, { expected: ["400"] });
  await go(page, "#/events?object=product/4711", "events");
  await page.getByRole("link", { name: "Send these again" }).click();
  await page.waitForSelector('main[data-view="replay-new"][data-ready]');
  assert.equal(await page.getByLabel("Object").inputValue(), "product/4711");
  await page.getByLabel("shop").check();
  await page.getByLabel("Events per second").fill("1");
  assert.equal(await page.getByRole("button", { name: "Start replay" }).count(), 0, "nothing starts before it is counted");
  await page.getByRole("button", { name: "Count" }).click();
  await page.getByRole("heading", { name: "30 events" }).waitFor();
  assert.equal(await page.getByRole("table", { name: "The first events" }).locator("tbody tr").count(), 10);

  // What was counted is what starts.
  await page.getByLabel("Event id").fill("e-1");
  await page.getByText("Count again: the form has changed.").waitFor();
  await page.getByLabel("Event id").fill("");
  await page.getByRole("button", { name: "Count" }).click();
  const before = (await ask("orders")).length;
  await page.getByRole("button", { name: "Start replay" }).click();
  await page.waitForSelector('main[data-view="replay"][data-ready]');
  await page.getByText("running", { exact: true }).waitFor();
  await page.getByText("ADMIN_TOKEN").first().waitFor();
  await until("the first ones arrive", async () => (await ask("orders")).length > before);

  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByRole("button", { name: "Resume" }).waitFor();
  await page.getByRole("button", { name: "Resume" }).click();
  await page.getByRole("button", { name: "Pause" }).waitFor();
  await page.getByRole("button", { name: "Cancel replay" }).click();
  await page.getByText("cancelled", { exact: true }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Resume" }).count(), 0, "it has ended");
  assert.ok((await ask("orders")).length < before + 30, "not all were sent");

  await go(page, "#/replays", "replays");
  const row = await page.getByRole("table", { name: "Replays" }).locator("tbody tr").first().textContent();
  assert.ok(row.includes("cancelled") && row.includes("shop") && row.includes("ADMIN_TOKEN"), row);

  // Without a condition, it would be everything there is.
  await go(page, "#/replays/new", "replay-new");
  await page.getByRole("button", { name: "Count" }).click();
  await page.getByText("expected filter with at least one condition").waitFor();
  page.calm();
});
