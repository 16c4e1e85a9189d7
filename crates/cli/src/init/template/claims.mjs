// Lets the consumer read events that are too large for a queue. The receiver keeps those in the namespace CLAIMS,
// which `wrangler deploy` creates, and the consumer must be bound to the same one. So this writes the namespace's id
// into both configurations. `npm run deploy` runs it after the receiver is deployed:
//
//   node consumer/claims.mjs [environment]

import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const [environment] = process.argv.slice(2);
const root = fileURLToPath(new URL("..", import.meta.url));
const [receiver, consumer] = ["wrangler.toml", "consumer/wrangler.toml"].map(read);
const id = consumer.id ?? receiver.id ?? find();
for (const one of [receiver, consumer]) {
  if (one.id === undefined) {
    writeFileSync(join(root, one.file), `${one.before}id = "${id}"\n${one.after}`);
    console.log(`${one.file}: the id of CLAIMS is ${id}`);
  } else if (one.id !== id) {
    fail(`${one.file} has another id for CLAIMS than consumer/wrangler.toml: write the same one into both`);
  }
}

/** Finds the binding CLAIMS in a configuration, and the id that it may have. */
function read(file) {
  const text = readFileSync(join(root, file), "utf8");
  const table = environment ? `env.${environment}.kv_namespaces` : "kv_namespaces";
  const header = `\\[\\[${table.replaceAll(".", "\\.")}\\]\\]`;
  const found = new RegExp(`^${header}[^\\n]*\\nbinding = "CLAIMS"[^\\n]*\\n(?:id = "([^"\\n]*)")?`, "m").exec(text);
  if (found === null) {
    fail(`${file} has no [[${table}]] that begins with binding = "CLAIMS": write it so, or bind what you need by hand`);
  }
  const end = found.index + found[0].length;
  return { file, text, id: found[1], before: text.slice(0, end), after: text.slice(end) };
}

/** Asks Cloudflare for the id of the namespace that was created for the receiver. */
function find() {
  const name = /^name = "([^"]*)"/m.exec(receiver.text)?.[1];
  const title = `${name}${environment ? `-${environment}` : ""}-claims`;
  const wrangler = join(dirname(createRequire(import.meta.url).resolve("wrangler/package.json")), "bin/wrangler.js");
  const list = spawnSync(process.execPath, [wrangler, "kv", "namespace", "list"], {
    cwd: root,
    encoding: "utf8",
    stdio: ["inherit", "pipe", "inherit"],
  });
  if (list.status !== 0) {
    fail(`cannot list the namespaces: ${list.error?.message ?? list.stdout}`);
  }
  const found = JSON.parse(list.stdout).find((namespace) => namespace.title === title);
  return found?.id ?? fail(`there is no namespace ${title}: deploy the receiver first, or write the id of its CLAIMS into both`);
}

function fail(message) {
  console.error(`claims.mjs: ${message}`);
  process.exit(1);
}
