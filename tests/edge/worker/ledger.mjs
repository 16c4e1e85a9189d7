// The receiver's Durable Object, with a window for the tests.

import { DurableObject } from "cloudflare:workers";
import { Ledger as Inner } from "./receiver/index.js";

/** As many as the receiver has (`SHARDS`). */
const SHARDS = 8;

export class Ledger extends DurableObject {
  #ledger;

  constructor(state, env) {
    super(state, env);
    this.#ledger = new Inner(state, env);
  }

  fetch(request) {
    return this.#ledger.fetch(request);
  }

  alarm() {
    return this.#ledger.alarm();
  }

  /** Adds so many records whose time is over, and an alarm as there is where records are. */
  async fill(count) {
    const { sql } = this.ctx.storage;
    const numbers = `WITH RECURSIVE numbers (n) AS
      (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)`;
    sql.exec(`${numbers} INSERT INTO records SELECT 'key ' || n, '{}', 1 FROM numbers`, count);
    await this.ctx.storage.setAlarm(Date.now() + 3_600_000);
  }

  /** Lets the alarm go off now, if one is set. */
  async ring() {
    const { storage } = this.ctx;
    if ((await storage.getAlarm()) === null) return;
    await storage.deleteAlarm();
    await this.#ledger.alarm();
  }

  /** How many records there are, and whether an alarm is set. */
  async look() {
    const { storage } = this.ctx;
    const { records } = storage.sql.exec("SELECT count(*) AS records FROM records").one();
    return { records, hasAlarm: (await storage.getAlarm()) !== null };
  }
}

/** Fills the first shard with so many records whose time is over. */
export function fill(namespace, count) {
  return namespace.getByName("shard-0").fill(count);
}

/** What `ask` gives for each shard. */
export function ofShards(namespace, ask) {
  const shards = Array.from({ length: SHARDS }, (_, n) => namespace.getByName(`shard-${n}`));
  return Promise.all(shards.map(ask));
}
