// Signing in with what is not a token: a user name and a password, or a key in a header. Whoever has these may not use the
// browser's own dialog, which no page can close.

import { assert, open, operator, play, task } from "./browser.mjs";

play(async (browser) => {
  const { auth_type: type } = await (await fetch(`${task.base}/session`)).json();
  const page = await open(browser, { expected: ["401"], at: "#/configuration" });
  await page.getByRole("dialog", { name: "Sign in" }).waitFor();
  const fields = {
    basic: [["User name", "nächtlich"], ["Password", task.operator]],
    apikey: [["API key", task.operator]],
  }[type];
  const fill = async (values) => {
    for (const [label, value] of values) await page.getByLabel(label).fill(value);
    await page.getByRole("button", { name: "Sign in" }).click();
  };

  await fill(fields.map(([label]) => [label, "wrong"]));
  await page.getByText("Credentials are wrong").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.type), "password", "the focus is where to write again");
  await fill(fields);
  await page.waitForSelector('main[data-view="configuration"][data-ready]');
  await page.reload();
  await page.waitForSelector('main[data-view="configuration"][data-ready]');
  assert.equal(await page.getByRole("dialog").count(), 0, "the session outlives a reload");
  const text = await page.locator("body").innerText();
  assert.ok(!text.includes(task.operator), "the page shows the names of secrets, never the secrets");
  assert.equal((await operator("/configuration")).code, "credentials_missing", "a token is nothing here");
});
