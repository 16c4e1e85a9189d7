// Two operators at once, and a Worker that is restarted under them. It listens on another port afterwards, so both see it
// through a proxy.

import { createServer, connect } from "node:net";
import { ask, assert, event, go, hasFate, journalled, play, send, signedIn, task, until } from "./browser.mjs";

let target = Number(new URL(task.base).port);
const proxy = createServer((socket) => {
  const upstream = connect(target, "127.0.0.1");
  socket.pipe(upstream).pipe(socket);
  for (const one of [socket, upstream]) one.on("error", () => { socket.destroy(); upstream.destroy(); });
});
await new Promise((resolve) => { proxy.listen(0, "127.0.0.1", resolve); });
task.base = `http://127.0.0.1:${proxy.address().port}`;

play(async (browser) => {
  for (let number = 0; number < 12; number += 1) await send(event({ id: `e-${number}` }));
  const { key } = await journalled("e-0", hasFate("shop", "delivered"));
  const unreachable = ["ERR_", "500", "502", "503"];
  const [one, other] = [await signedIn(browser, { expected: unreachable }), await signedIn(browser, { expected: [...unreachable, "409"] })];

  // One starts a replay, the other sees and cancels it, and the first is told.
  await go(one, "#/replays/new?object=product/4711", "replay-new");
  await one.getByLabel("Events per second").fill("1");
  await one.getByRole("button", { name: "Count" }).click();
  await one.getByRole("button", { name: "Start replay" }).click();
  await one.waitForSelector('main[data-view="replay"][data-ready]');
  await go(other, "#/replays", "replays");
  await other.getByRole("table", { name: "Replays" }).getByRole("link").first().click();
  await other.waitForSelector('main[data-view="replay"][data-ready]');
  await other.getByRole("button", { name: "Cancel replay" }).click();
  await one.getByText("cancelled", { exact: true }).waitFor();

  // The Worker dies and comes back: what is shown stays, says what is wrong, and goes on.
  await go(one, "#/events", "events");
  await one.getByLabel("Follow").check();
  await go(other, `#/events/${key}`, "event");
  await ask("kill");
  await one.getByRole("alert").getByText(/cannot be reached|is not the Worker/).waitFor();
  await other.getByRole("button", { name: "Send again to shop" }).click();
  await other.getByText(/cannot be reached|is not the Worker/).first().waitFor();
  target = Number(new URL((await ask("restart")).base).port);
  await send(event({ id: "after" }));
  await one.locator(".rows .row", { hasText: "after" }).waitFor();
  await until("the message is gone", async () => await one.getByRole("alert").textContent() === "");
  const before = (await ask("orders")).length;
  await other.getByRole("button", { name: "Send again to shop" }).click();
  await until("it is sent again", async () => (await ask("orders")).length > before);
  assert.equal(await other.getByRole("dialog").count(), 0, "the session outlives the Worker");
  one.calm();
  other.calm();
});
