import { ask, assert, event, go, operator, play, send, signedIn, until } from "./browser.mjs";

const letters = async () => (await operator("/dead-letters")).dead_letters;

play(async (browser) => {
  for (let number = 0; number < 8; number += 1) await send(event({ id: `bad-${number}`, data: { objectType: "product", objectId: number } }));
  await until("all are dead", async () => (await letters()).length === 8);
  const page = await signedIn(browser);
  await page.getByText("8 dead letters of shop").click();
  await page.waitForSelector('main[data-view="dead-letters"][data-ready]');
  const groups = page.getByRole("table", { name: "Dead letters by subscription and cause" });
  assert.match(await groups.textContent(), /shopstatus8/u);

  await page.getByRole("link", { name: "bad-0" }).click();
  await page.waitForSelector('main[data-view="dead-letter"][data-ready]');
  await page.getByText("no such product <b>4711</b>").waitFor();
  assert.equal(await page.locator(".json").getByText("bad-0").count(), 1);

  await ask("mend");
  await page.getByRole("button", { name: "Redrive" }).click();
  await page.getByText("It is sent again").waitFor();
  const orders = async () => (await ask("orders")).length;
  await until("the shop has got it", async () => await orders() === 9);
  assert.equal((await letters()).length, 7, "one is sent again");

  await go(page, "#/dead-letters", "dead-letters");
  await page.getByRole("checkbox", { name: "bad-1" }).check();
  await page.getByRole("checkbox", { name: "bad-2" }).check();
  await page.getByRole("button", { name: "Redrive selected" }).click();
  await page.getByText("2 sent again").waitFor();
  assert.equal((await letters()).length, 5, "some are sent again");

  await page.getByRole("checkbox", { name: "bad-3" }).check();
  await page.getByRole("button", { name: "Delete selected" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  assert.equal((await letters()).length, 5, "who thinks better of it loses nothing");
  await page.getByRole("button", { name: "Delete selected" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.getByText("1 deleted").waitFor();
  assert.equal((await letters()).length, 4);

  await page.getByRole("button", { name: "Redrive all 4" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Redrive" }).click();
  await page.getByText("4 sent again").waitFor();
  await until("none are left", async () => (await letters()).length === 0);
  await until("the shop has got all of them", async () => await orders() === 8 + 1 + 2 + 4);
  await go(page, "#/dead-letters", "dead-letters");
  await page.getByText("There are none").waitFor();
  page.calm();
});
