// Runs any number of receivers for a test program, each in its own workerd.
//
// It starts them with Miniflare, as `wrangler dev` does, and reads their `wrangler.toml` like
// wrangler. It skips bundling, wrangler's proxy, and loading wrangler on every start, so a start
// takes a tenth of the CPU time.
//
// Each line on stdin is a task, and gets a line with the same `id` as its answer:
// `{ id, start: <folder> }` -> `{ id, base, process }`, with its URL and the process id of workerd;
// `{ id, hand: <the id of its start>, messages }` -> `{ id, acknowledged, retried }`: a batch that its
// consumer gets, past any queue; which messages it acknowledged, and which it retried after how many
// seconds, by their ids.
// `{ id, kill: <the id of its start> }` -> `{ id }`, once that process is gone.
// If a task fails, the answer is `{ id, error }`. The output of a receiver is in `output` in its
// folder.

import { AsyncLocalStorage } from "node:async_hooks";
import childProcess from "node:child_process";
import { Console } from "node:console";
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

// Only answers go to stdout.
globalThis.console = new Console(process.stderr, process.stderr);

const { convertV4MiniflareOptions, Log, LogLevel, Miniflare } = await import("miniflare");
const { unstable_getMiniflareWorkerOptions: read } = await import("wrangler");

/** The id of a start -> its Miniflare and its workerd. */
const receivers = new Map();

/** The start to which a new process belongs. Miniflare does not say which process is its workerd. */
const starting = new AsyncLocalStorage();
const { spawn } = childProcess;
childProcess.spawn = (...parameters) => {
  const child = spawn(...parameters);
  const receiver = starting.getStore();
  if (receiver) receiver.workerd = child;
  return child;
};

/** Miniflare's own messages, as part of the receiver's output. */
class Messages extends Log {
  constructor(print) {
    super(LogLevel.WARN);
    this.log = print;
  }
}

async function start(id, folder) {
  const output = join(folder, "output");
  writeFileSync(output, "");
  const print = (text) => appendFileSync(output, `${text}\n`);
  const receiver = {};
  receivers.set(id, receiver);
  return starting.run(receiver, async () => {
    receiver.miniflare = new Miniflare(options(folder, print));
    const url = await receiver.miniflare.ready;
    return { base: url.origin, process: receiver.workerd.pid };
  });
}

function options(folder, print) {
  const { workerOptions, main } = read(join(folder, "wrangler.toml"));
  return convertV4MiniflareOptions({
    host: "127.0.0.1",
    port: 0,
    log: new Messages(print),
    handleStructuredLogs: ({ message }) => print(message),
    resourcePersistencePath: join(folder, "storage"),
    workers: [
      { ...workerOptions, name: "receiver", modules: modules(folder, main) },
      ...services(folder, workerOptions),
      ...consumer(join(folder, "consumer")),
    ],
  });
}

/** The Worker behind the service binding `SHOP`, where a test has a shop for it. */
function services(folder, { bindings, compatibilityDate, serviceBindings }) {
  if (!serviceBindings?.SHOP) return [];
  const path = join(folder, "shop.mjs");
  const module = { type: "ESModule", path, contents: readFileSync(path, "utf8") };
  return [{ name: "shop", compatibilityDate, bindings, modules: [module] }];
}

/** The Worker that consumes a queue of the receiver, where a test has one. Its modules are in this folder. */
function consumer(folder) {
  if (!existsSync(folder)) return [];
  const { workerOptions, main } = read(join(folder, "wrangler.toml"));
  return [{ ...workerOptions, name: "consumer", modules: modules(folder, main) }];
}

/** Every module in the folder, the first of them where the Worker begins. */
function modules(folder, main) {
  const kinds = { ".mjs": "ESModule", ".js": "ESModule", ".wasm": "CompiledWasm" };
  const others = ["console/", "consumer/"];
  const isOurs = (name) => !others.some((other) => name.startsWith(other));
  const names = readdirSync(folder, { recursive: true }).filter(isOurs);
  const paths = names.map((name) => join(folder, name));
  const found = paths.flatMap((path) => {
    const kind = Object.keys(kinds).find((extension) => path.endsWith(extension));
    if (!kind) return [];
    const contents = readFileSync(path, kinds[kind] === "ESModule" ? "utf8" : undefined);
    return [{ type: kinds[kind], path, contents }];
  });
  return found.sort((one, other) => (other.path === main) - (one.path === main));
}

/** Hands messages to the consumer. */
async function hand(started, messages) {
  const { miniflare } = receivers.get(started);
  const consumer = await miniflare.getWorker("consumer");
  const timestamp = new Date();
  const batch = messages.map(({ id, body }) => ({ id, body, timestamp, attempts: 1 }));
  const { outcome, explicitAcks, retryMessages } = await consumer.queue("by-hand", batch);
  if (outcome !== "ok") throw new Error(`the consumer ended with ${outcome}`);
  const retried = retryMessages.map(({ msgId, delaySeconds }) => [msgId, delaySeconds ?? 0]);
  return { acknowledged: explicitAcks, retried };
}

/** Kills workerd, whatever it is doing, and Miniflare, which would restart it. */
async function kill(started) {
  const { miniflare, workerd } = receivers.get(started);
  receivers.delete(started);
  workerd?.kill("SIGKILL");
  await miniflare.dispose();
  return {};
}

async function perform({ id, start: folder, hand: handed, messages, kill: started }) {
  try {
    if (folder !== undefined) return { id, ...(await start(id, folder)) };
    return { id, ...(handed === undefined ? await kill(started) : await hand(handed, messages)) };
  } catch (error) {
    return { id, error: error.stack };
  }
}

const tasks = createInterface({ input: process.stdin });
tasks.on("line", async (line) => {
  const answer = await perform(JSON.parse(line));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
});
// The test program is gone, however it ended.
tasks.on("close", () => {
  for (const { workerd } of receivers.values()) workerd?.kill("SIGKILL");
  process.exit();
});
