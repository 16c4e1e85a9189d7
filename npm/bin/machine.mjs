// The machine that the commands run on: files, the terminal, the clock and the network. What each method promises is
// in the trait `Host` of the crate `elytra-webhooks-cli`.

import { execFileSync } from "node:child_process";
import { randomBytes, randomFillSync } from "node:crypto";
import * as fs from "node:fs";
import http from "node:http";
import https from "node:https";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { StringDecoder } from "node:string_decoder";
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
    return Object.hasOwn(process.env, name) ? process.env[name] : undefined;
  }

  /** The nearest wrangler.toml, in this folder or above it, as wrangler finds it. */
  defaultConfig() {
    for (let folder = this.currentFolder(); folder !== "";  folder = dirname(folder)) {
      const file = join(folder, "wrangler.toml");
      if (this.isFile(file)) return file;
      if (folder === dirname(folder)) break;
    }
    return "wrangler.toml";
  }

  read(path) {
    return fs.readFileSync(path);
  }

  readInput() {
    const chunks = [];
    for (;;) {
      const chunk = Buffer.alloc(65_536);
      const length = whenReady(() => fs.readSync(0, chunk));
      if (length === 0) return Buffer.concat(chunks);
      chunks.push(chunk.subarray(0, length));
    }
  }

  write(path, text, isForOwner) {
    // What a link leads to is written, and keeps its mode.
    const found = fs.statSync(path, { throwIfNoEntry: false });
    const target = found ? fs.realpathSync(path) : path;
    fs.mkdirSync(dirname(resolve(target)), { recursive: true });
    // A name that nobody can have prepared.
    const unfinished = `${target}.${randomBytes(6).toString("hex")}.unfinished`;
    const mode = isForOwner ? 0o600 : (found?.mode ?? 0o666) & 0o777;
    try {
      fs.writeFileSync(unfinished, text, { mode, flag: "wx" });
      fs.renameSync(unfinished, target);
    } catch (error) {
      fs.rmSync(unfinished, { force: true });
      throw error;
    }
  }

  isFile(path) {
    return orElse(false, () => fs.statSync(path).isFile());
  }

  /** Whether there is anything, even a link that leads nowhere. */
  exists(path) {
    return orElse(false, () => fs.lstatSync(path) !== undefined);
  }

  isFolder(path) {
    return orElse(false, () => fs.lstatSync(path).isDirectory());
  }

  /** Empty if the folder was deleted. */
  currentFolder() {
    return orElse("", () => process.cwd());
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
    // The names are somebody else's, and one can come twice.
    const headers = Object.assign(Object.create(null), { "user-agent": [`elytra-webhooks/${this.#version}`] });
    for (let at = 0; at < pairs.length; at += 2) (headers[pairs[at]] ??= []).push(pairs[at + 1]);
    if (body !== null) headers["content-length"] = [String(body.length)];
    return new Promise((resolve, reject) => {
      const { request } = new URL(url).protocol === "https:" ? https : http;
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
      // 101, which nobody has asked for.
      call.on("upgrade", (response, socket) => {
        socket.destroy();
        resolve({ status: response.statusCode, headers: [], body: Buffer.alloc(0) });
      });
      call.on("error", fail);
      call.on("close", () => fail(Object.assign(new Error("the connection was closed"), { code: "ECONNRESET" })));
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
    written += whenReady(() => fs.writeSync(descriptor, bytes, written));
  }
}

/** Repeats what a pipe is not ready for: whoever is at its other end is slower. */
function whenReady(action) {
  for (;;) {
    try {
      return action();
    } catch (error) {
      if (error.code === "EOF") return 0;
      if (error.code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

function orElse(other, action) {
  try {
    return action();
  } catch {
    return other;
  }
}

/** Reads a line from the terminal, which does not show it. */
function readSecret() {
  const { stdin } = process;
  const typed = [];
  const decoder = new StringDecoder();
  return new Promise((resolve) => {
    const end = (value) => {
      stdin.setRawMode(false).pause().off("data", read);
      process.stderr.write("\n");
      resolve(value);
    };
    const read = (chunk) => {
      for (const character of decoder.write(chunk)) {
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
