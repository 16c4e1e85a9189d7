import { ask, assert, event, hasFate, journalled, open, play, send, task, until } from "./browser.mjs";

/** Goes on with Tab until something has the focus. */
async function tabTo(page, name) {
  for (let number = 0; number < 60; number += 1) {
    await page.keyboard.press("Tab");
    const found = await page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent?.trim());
    if (found === name) return;
  }
  throw new Error(`${name} cannot be reached with Tab`);
}

play(async (browser) => {
  for (let number = 0; number < 3; number += 1) await send(event({ id: `e-${number}` }));
  for (let number = 0; number < 3; number += 1) await journalled(`e-${number}`, hasFate("shop", "delivered"));
  const page = await open(browser, { expected: ["401"] });
  await page.getByRole("dialog").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.type), "password", "the focus is where to write");
  await page.keyboard.type(task.operator);
  await page.keyboard.press("Enter");
  await page.waitForSelector('main[data-view="overview"][data-ready]');
  await tabTo(page, "Events");
  await page.keyboard.press("Enter");
  await page.waitForSelector('main[data-view="events"][data-ready]');
  assert.equal(await page.evaluate(() => document.activeElement.tagName), "H1", "the focus goes to what is new");
  await tabTo(page, "Events");
  if (await page.evaluate(() => document.activeElement.getAttribute("role")) !== "grid") await tabTo(page, "Events");
  await page.keyboard.press("ArrowDown");
  const active = await page.evaluate(() => document.getElementById(document.activeElement.getAttribute("aria-activedescendant")).textContent);
  assert.ok(active.includes("e-1"), `the second row is chosen: ${active}`);
  await page.keyboard.press("Enter");
  await page.waitForSelector('main[data-view="event"][data-ready]');
  await tabTo(page, "Send again to shop");
  const before = (await ask("orders")).length;
  await page.keyboard.press("Enter");
  await until("it is sent again", async () => (await ask("orders")).length > before);
  await page.goBack();
  await page.waitForSelector('main[data-view="events"][data-ready]');
  page.calm();
});
