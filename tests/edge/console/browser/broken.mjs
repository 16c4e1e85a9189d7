import { accessible, assert, go, play, signedIn } from "./browser.mjs";

play(async (browser) => {
  const page = await signedIn(browser, { expected: ["503"] });
  await page.getByText("SUBSCRIPTION_WRONG.queue").waitFor();
  await accessible(page, "overview of a broken configuration");
  await go(page, "#/configuration", "configuration");
  await page.getByText("SUBSCRIPTION_WRONG.queue").waitFor();
  await page.getByText("The receiver's configuration is broken").waitFor();
  await go(page, "#/events", "events");
  await page.getByText("The receiver's configuration is broken").waitFor();
  assert.equal(await page.getByRole("dialog").count(), 0);
  page.calm();
});
