import { assert, go, open, play, signIn, task, until } from "./browser.mjs";

play(async (browser) => {
  const refused = ["401", "429"];
  const page = await open(browser, { expected: refused, at: "#/events?object=product/4711" });
  const dialog = page.getByRole("dialog", { name: "Sign in" });
  await dialog.waitFor();
  await page.keyboard.press("Escape");
  assert.ok(await dialog.isVisible(), "there is nothing behind it yet");
  await signIn(page, "a wrong token");
  await page.getByText("Credentials are wrong").waitFor();
  await signIn(page, "tokén");
  await page.getByText("characters that no header can carry").waitFor();
  await signIn(page, `  ${task.operator}\n`);
  await page.waitForSelector('main[data-view="events"][data-ready]');
  assert.equal(await page.getByLabel("Object").inputValue(), "product/4711", "the address that was opened is shown after signing in");
  await page.getByText("ADMIN_TOKEN").waitFor();

  const cookies = await page.context().cookies();
  const flags = cookies.map(({ name, httpOnly, secure, sameSite }) => ({ name, httpOnly, secure, sameSite }));
  assert.deepEqual(flags, [{ name: "__Host-session", httpOnly: true, secure: true, sameSite: "Strict" }]);
  const stored = await page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie]);
  assert.deepEqual(stored, [0, 0, ""], "the page keeps no credentials");

  // The session ends while somebody is writing: what was written stays, and what was asked for goes on.
  await go(page, "#/try", "try");
  const written = '{"specversion":"1.0","id":"1","source":"s","type":"com.elytra.product"}';
  await page.getByLabel("An event, or a list of events, as JSON").fill(written);
  await page.context().clearCookies();
  await page.getByRole("button", { name: "Explain" }).click();
  await dialog.waitFor();
  await signIn(page);
  await page.getByText("It would be forwarded").waitFor();
  assert.equal(await page.getByLabel("An event, or a list of events, as JSON").inputValue(), written);

  await page.getByRole("button", { name: "Sign out" }).click();
  await dialog.waitFor();
  assert.deepEqual(await page.context().cookies(), [], "nobody is signed in");

  // One wrong token came above. Whoever guesses has to wait.
  for (let number = 0; number < 9; number += 1) {
    await signIn(page, `guess ${number}`);
    await until("it is refused", async () => (await page.getByRole("button", { name: "Sign in" }).isEnabled()));
  }
  await signIn(page);
  await page.getByText("Too many attempts").waitFor();
  assert.match(await page.getByRole("alert").textContent(), /Try again in \d+ seconds/u);
  page.calm();
});
