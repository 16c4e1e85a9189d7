import { assert, event, fits, go, journalled, operator, play, send, signedIn } from "./browser.mjs";

const SCRIPT = '<script>window.__attacked = 1</script>';
const IMAGE = '"><img src=x onerror="window.__attacked = 1">';
const LINK = "javascript:window.__attacked=1";
const TURNED = "invoice\u202egpj.exe\u2066\u200b";

play(async (browser) => {
  const attack = event({
    id: `bad ${SCRIPT}${TURNED}`, source: LINK, type: `com.elytra.product`, subject: IMAGE, dataschema: LINK,
    comment: IMAGE, operation: SCRIPT,
    data: { objectType: SCRIPT, objectId: "x".repeat(10_000), [SCRIPT]: IMAGE, nul: "\u0000", turned: TURNED, __proto__: null, constructor: LINK, deep: { a: [[[[SCRIPT]]]] } },
  });
  const answer = await send(attack);
  assert.equal(answer.status, 202, JSON.stringify(answer));
  const other = event({ id: "x".repeat(10_000), source: "y".repeat(2_000) });
  await send(other);
  await send(`{"id":${JSON.stringify(SCRIPT)},"type":${JSON.stringify(IMAGE)}}`);
  await send(event(), SCRIPT);
  const { key } = await journalled(attack.id, ({ subscriptions }) => subscriptions.some(({ fate }) => fate === "dead"));
  const [letter] = (await operator("/dead-letters")).dead_letters;
  const page = await signedIn(browser, { expected: ["400", "404"] });
  const calm = async (why) => assert.equal(await page.evaluate(() => window.__attacked), undefined, why);

  await go(page, "#/", "overview");
  await page.getByText(LINK).first().waitFor();
  assert.equal(await page.locator(`a[href^="javascript"]`).count(), 0, "no address comes from an event");
  await go(page, "#/events", "events");
  await page.getByText("<script>").first().waitFor();
  await go(page, "#/events?refusals=1", "events");
  await page.waitForSelector("tbody tr");
  await go(page, `#/events/${key}`, "event");
  const escapes = await page.locator("h1 .unseen-character").allTextContents();
  assert.deepEqual(escapes, ["\\u202e", "\\u2066", "\\u200b"], "what turns and hides text is shown");
  assert.equal(await page.locator("h1").evaluate((heading) => heading.querySelector("bdi") !== null), true);
  const more = page.locator(".json button", { hasText: "all 10,002 characters" });
  await more.click();
  await page.locator("summary", { hasText: "deep" }).click();
  await page.getByRole("button", { name: "As sent" }).click();
  await page.waitForSelector("pre.json");
  await fits(page, "a long text");
  await calm("one event");
  await go(page, `#/dead-letters/${encodeURIComponent(letter.id)}`, "dead-letter");
  await go(page, "#/dead-letters", "dead-letters");
  await page.waitForSelector("tbody tr");
  await go(page, "#/try", "try");
  await page.getByLabel("An event, or a list of events, as JSON").fill(JSON.stringify({ ...attack, id: 7 }));
  await page.getByRole("button", { name: "Explain" }).click();
  await page.getByText("It would be refused").waitFor();
  await go(page, `#/events?object=${encodeURIComponent(`a/${SCRIPT}`)}&id=${encodeURIComponent(IMAGE)}`, "events");
  await go(page, `#/replays/new?object=${encodeURIComponent(IMAGE)}&subscription=${encodeURIComponent(SCRIPT)}`, "replay-new");
  // Addresses that somebody sends to an operator.
  for (const hash of [`#/events/${encodeURIComponent(SCRIPT)}`, `#/replays/${encodeURIComponent(IMAGE)}`, "#/__proto__", "#/events/%E0%A4%A", `#javascript:alert(1)`]) {
    await page.evaluate((address) => { location.hash = address; }, hash);
    await page.waitForSelector("main[data-ready]");
  }
  await calm("every view");
});
