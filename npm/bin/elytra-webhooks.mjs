#!/usr/bin/env node
// Starts the command line: WebAssembly, which is compressed, since npm's own compression is weaker.

import { readFileSync } from "node:fs";
import { brotliDecompressSync } from "node:zlib";

import { initSync, run } from "./cli.js";
import { Machine } from "./machine.mjs";

// What wrangler needs, too.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 12)) {
  console.error(`error: this is Node ${process.versions.node}, but elytra-webhooks needs 22.12 or newer`);
  process.exit(1);
}

const beside = (name) => readFileSync(new URL(name, import.meta.url));
const { version } = JSON.parse(beside("../package.json"));

// An error of the WebAssembly, or of what it calls, comes from a task of its own.
process.on("uncaughtException", (error) => {
  console.error(`error: this is a bug of elytra-webhooks ${version}, please report it: ${error.message}`);
  process.exit(1);
});

initSync({ module: brotliDecompressSync(beside("cli.wasm.br")) });
process.exitCode = await run(new Machine(version), process.argv.slice(2));
// Whoever was asked may still be listened to.
process.stdin.unref?.();
