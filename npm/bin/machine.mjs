// The machine that the commands run on: files, the terminal, the clock and the network. What each method promises is
// in the trait `Host` of the crate `elytra-webhooks-cli`.

import { execFileSync } from "node:child_process";
import { randomFillSync } from "node:crypto";
import * as fs from "node:fs";
import http from "node:http";
import https from "node:https";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { isatty } from "node:tty";
import { setTimeout as wait } from "node:timers/promises";

// How long an answer may take, in milliseconds. The Worker searches for at most 10 seconds.
const ANSWER_LIMIT_MS = 60_000;

// After this time, in milliseconds, a line says what is waited for.
const SILENCE_LIMIT_MS = 1_000;

// The longest answer, in bytes. A page has at most a thousand events, and one event at most 25 MiB.
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

export class Machine {
  #version;
  #lines;

  /** `version` is that of the package. */
  constructor(version) {
    this.#version = version;
  }

  variable(name) {
    return process.env[name];
  }

  /** The nearest wrangler.toml, in this folder or above it, as wrangler finds it. */
  defaultConfig() {
    for (let folder = process.cwd(); ; folder = dirname(folder)) {
      const file = join(folder, "wrangler.toml");
      if (this.isFile(file)) return file;
      if (folder === dirname(folder)) return "wrangler.toml";
    }
  }

  read(path) {
    return fs.readFileSync(path);
  }

  readInput() {
    return fs.readFileSync(0);
  }

  write(path, text, isForOwner) {
    fs.mkdirSync(dirname(resolve(path)), { recursive: true });
    const unfinished = `${path}.unfinished`;
    fs.writeFileSync(unfinished, text, { mode: isForOwner ? 0o600 : 0o666 });
    fs.renameSync(unfinished, path);
  }

  isFile(path) {
    return fs.statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
  }

  entries(folder) {
    return fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  }

  currentFolder() {
    return process.cwd();
  }

  ancestors() {
    const ancestors = [];
    for (let pid = process.ppid; pid > 1; ) {
      const found = (process.platform === "linux" ? ofProc : ofPs)(pid);
      if (!found) break;
      ancestors.push(found);
      pid = found.parent;
    }
    return ancestors;
  }

  print(text) {
    writeAll(1, text);
  }

  say(text) {
    try {
      writeAll(2, text);
    } catch {
      // The terminal is gone, and there is no way to report it.
    }
  }

  isTerminal(descriptor) {
    return isatty(descriptor);
  }

  columns() {
    return isatty(1) ? process.stdout.columns : undefined;
  }

  now() {
    return Date.now();
  }

  random(bytes) {
    randomFillSync(bytes);
  }

  readLine(isSecret) {
    return isSecret ? readSecret() : this.#readLine();
  }

  /** What was typed ahead is kept for the next question. */
  async #readLine() {
    this.#lines ??= createInterface({ input: process.stdin, terminal: false })[Symbol.asyncIterator]();
    const { done, value } = await this.#lines.next();
    return done ? null : value;
  }

  async fetch(method, url, headers, body) {
    const answer = this.#call(method, url, headers, body);
    if (!isatty(2)) return answer;
    let hasSaid = false;
    const timer = setTimeout(() => {
      hasSaid = true;
      this.say("waiting for the answer ...");
    }, SILENCE_LIMIT_MS);
    try {
      return await answer;
    } finally {
      clearTimeout(timer);
      if (hasSaid) this.say("\r\x1b[K");
    }
  }

  /** Without `fetch`, which follows rules of browsers: it adds headers, and refuses some. */
  #call(method, url, pairs, body) {
    const headers = { "user-agent": `elytra-webhooks/${this.#version}` };
    for (let at = 0; at < pairs.length; at += 2) headers[pairs[at]] = pairs[at + 1];
    if (body !== null) headers["content-length"] = String(body.length);
    const { request } = url.startsWith("https:") ? https : http;
    return new Promise((resolve, reject) => {
      const fail = (error) => reject(reason(error));
      const signal = AbortSignal.timeout(ANSWER_LIMIT_MS);
      const call = request(url, { method, headers, signal, agent: false }, (response) => {
        const chunks = [];
        let size = 0;
        response.on("data", (chunk) => {
          chunks.push(chunk);
          size += chunk.length;
          if (size > MAX_ANSWER_BYTES) call.destroy(new Error(`the answer has more than ${MAX_ANSWER_BYTES} bytes`));
        });
        response.on("error", fail);
        response.on("end", () => {
          const { statusCode: status, rawHeaders } = response;
          const headers = rawHeaders.map((text, at) => (at % 2 === 0 ? text.toLowerCase() : text));
          resolve({ status, headers, body: Buffer.concat(chunks) });
        });
      });
      call.on("error", fail);
      call.end(body ?? undefined);
    });
  }

  sleep(milliseconds) {
    return wait(milliseconds);
  }

  leaveWhenInterrupted(line) {
    const leave = () => {
      this.say(`${line}\n`);
      process.exit(1);
    };
    process.on("SIGINT", leave).on("SIGTERM", leave);
  }
}

/** Why there is no answer, with one of Node's codes. */
function reason(error) {
  if (error.name === "TimeoutError" || error.name === "AbortError") {
    return Object.assign(new Error(`no answer within ${ANSWER_LIMIT_MS / 1000} s`), { code: "ETIMEDOUT" });
  }
  // A host has several addresses, and each has failed.
  return error.errors?.[0] ?? error;
}

function writeAll(descriptor, text) {
  const bytes = Buffer.from(text);
  for (let written = 0; written < bytes.length; ) {
    try {
      written += fs.writeSync(descriptor, bytes, written);
    } catch (error) {
      // A pipe that is full: its reader is slower.
      if (error.code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

/** Reads a line from the terminal, which does not show it. */
function readSecret() {
  const { stdin } = process;
  const typed = [];
  return new Promise((resolve) => {
    const end = (value) => {
      stdin.setRawMode(false).pause().off("data", read);
      process.stderr.write("\n");
      resolve(value);
    };
    const read = (chunk) => {
      for (const character of chunk.toString()) {
        if (character === "\r" || character === "\n") return end(typed.join(""));
        if (character === "\x03") {
          end(null);
          process.exit(130);
        }
        if (character === "\x04") return end(typed.length > 0 ? typed.join("") : null);
        if (character === "\x7f" || character === "\b") typed.pop();
        else typed.push(character);
      }
    };
    stdin.setRawMode(true).resume().on("data", read);
  });
}

function ofProc(pid) {
  try {
    const command = fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name of the program, in parentheses, may have any character.
    const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    return { command, folder: fs.readlinkSync(`/proc/${pid}/cwd`), parent };
  } catch {
    return undefined;
  }
}

/** Without the folder of the process, for which wrangler's is taken: it starts its build there. */
function ofPs(pid) {
  try {
    const line = execFileSync("ps", ["-o", "ppid=,command=", "-p", String(pid)], { encoding: "utf8" }).trim();
    const [parent, ...command] = line.split(/\s+/);
    return { command, folder: process.cwd(), parent: Number(parent) };
  } catch {
    return undefined;
  }
}
