// The receiver as it was built (the harness copies both beside each other), with a window for the
// tests: what the consumer of the queue got, what lies in KV, and a switch that makes a binding
// fail.

import { WorkerEntrypoint } from "cloudflare:workers";
import Receiver from "./receiver/index.js";

/** The texts of the messages that the queue's consumer got, with their content types' effect. */
const received = [];

/** Binding -> the name of its fault. */
let faults = {};

/** A queue whose messages never arrive. The receiver knows a binding by the name of its class. */
class WorkerQueue {
  async send() {
    throw new Error("injected: Queue send failed: Too Many Requests");
  }
  async sendBatch() {
    throw new Error("injected: Queue sendBatch failed: Too Many Requests");
  }
}

/** A KV namespace that is out of order. */
class KvNamespace {
  async put() {
    throw new Error("injected: KV PUT failed: 500 Internal Server Error");
  }
  get() {}
  getWithMetadata() {}
  list() {}
  delete() {}
}

/** A rate limit that cannot be asked. */
class Ratelimit {
  async limit() {
    throw new Error("injected: rate limit failed");
  }
}

/** The name of a fault -> the binding with that fault, made of the one that works. */
const broken = {
  queue: () => new WorkerQueue(),
  /** It takes one batch, and then no more. */
  queue_after_one_batch(queue) {
    const faulty = new WorkerQueue();
    faulty.sendBatch = async (messages) => {
      delete faulty.sendBatch;
      return queue.sendBatch(messages);
    };
    return faulty;
  },
  /** It takes a message and never says so. */
  hanging_queue() {
    const faulty = new WorkerQueue();
    faulty.send = () => new Promise(() => {});
    return faulty;
  },
  kv: () => new KvNamespace(),
  ratelimit: () => new Ratelimit(),
};

export default class extends WorkerEntrypoint {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    switch (pathname) {
      case "/test/received":
        return Response.json(received);
      case "/test/kv":
        return Response.json(await dump(this.env[searchParams.get("binding")]));
      case "/test/faults":
        faults = await request.json();
        return new Response();
      default:
        return new Receiver(this.ctx, this.envWithFaults()).fetch(request);
    }
  }

  async queue(batch) {
    for (const { body } of batch.messages) received.push(body);
  }

  envWithFaults() {
    const replaced = Object.entries(faults).map(([binding, fault]) => [
      binding,
      broken[fault](this.env[binding]),
    ]);
    return { ...this.env, ...Object.fromEntries(replaced) };
  }
}

/** Every key of a namespace, with all that is known of it. */
async function dump(namespace) {
  const entries = {};
  let cursor;
  do {
    const page = await namespace.list({ cursor });
    for (const { name, metadata, expiration } of page.keys) {
      entries[name] = { metadata, expiration, value: await namespace.get(name) };
    }
    cursor = page.list_complete ? undefined : page.cursor;
  } while (cursor);
  return entries;
}
