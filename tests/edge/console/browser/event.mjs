import { ask, assert, event, go, hasFate, journalled, play, send, signedIn, until } from "./browser.mjs";

play(async (browser) => {
  // Numbers that a parser would change, a name that comes twice, and an order that means something.
  const data = '{"objectType":"product","objectId":4711,"price":1.0,"big":12345678901234567890,"huge":1e400,"twice":1,"twice":2}';
  const sent = `{"specversion":"1.0","id":"exact","source":"elytra-pim","type":"com.elytra.product","eventtype":"product","operation":"modify","data":${data}}`;
  assert.equal((await send(sent)).status, 202);
  await send(event({ id: "earlier" }));
  await send(event({ id: "imported", subject: "import/7" }));
  const { key } = await journalled("exact", hasFate("shop", "delivered"));
  const page = await signedIn(browser, { expected: ["404"] });
  await go(page, `#/events/${key}`, "event");

  const tree = page.locator(".json");
  for (const shown of ["1.0", "12345678901234567890", "1e400"]) await tree.getByText(shown, { exact: true }).waitFor();
  assert.equal(await tree.getByText("twice", { exact: true }).count(), 2, "both are shown");
  const copied = () => page.evaluate(() => navigator.clipboard.readText());
  await page.getByRole("button", { name: "Copy event", exact: true }).click();
  await until("the event is copied, byte for byte", async () => await copied() === sent);
  await page.getByRole("button", { name: "Copy data", exact: true }).click();
  await until("the data are copied, byte for byte", async () => await copied() === data);
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download" }).click()]);
  const stream = await download.createReadStream();
  let saved = "";
  for await (const chunk of stream) saved += chunk;
  assert.equal(saved, sent);
  await page.locator("#others").getByText("product/4711").waitFor();
  await page.getByRole("table", { name: "Other events of the object" }).getByText("earlier").waitFor();

  // To one subscription, and to all.
  const orders = async (id) => (await ask("orders")).filter((one) => one.includes(id)).length;
  assert.equal(await orders("exact"), 1);
  await page.getByRole("button", { name: "Send again to shop" }).click();
  await until("the shop has it twice", async () => await orders("exact") === 2);
  await page.locator(".history").getByText("Sent again by a replay").first().waitFor();
  await page.getByRole("button", { name: "Send again to all who want it" }).click();
  await until("the shop has it three times", async () => await orders("exact") === 3);

  // The clause that said no.
  const imported = await journalled("imported");
  await go(page, `#/events/${imported.key}`, "event");
  const said = await page.getByRole("row", { name: /^shop/u }).textContent();
  assert.ok(said.includes("unwanted") && said.includes("import/"), said);

  // A megabyte: it opens at once, and its members come as they are unfolded.
  const many = Array.from({ length: 12_000 }, (_, number) => ({ number, text: "x".repeat(60) }));
  const large = event({ id: "large", data: { objectType: "product", objectId: 1, many } });
  assert.ok(JSON.stringify(large).length > 1_000_000);
  assert.equal((await send(large)).status, 202);
  const { key: largeKey } = await journalled("large");
  await go(page, `#/events/${largeKey}`, "event");
  assert.ok(await page.evaluate(() => document.querySelectorAll("*").length) < 500, "what is folded is not made");
  await page.locator("summary", { hasText: "many" }).click();
  await page.getByRole("button", { name: "Show 100 more of 11,900" }).waitFor();
  await page.getByRole("button", { name: "Copy event", exact: true }).click();
  await until("all of it is copied", async () => await copied() === JSON.stringify(large));

  await go(page, "#/events/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "event");
  await page.getByText("There is no such event").waitFor();
});
