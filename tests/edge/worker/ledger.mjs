// The receiver's Durable Object, with a window for the tests.

import { behind } from "./clock.mjs";
import { Ledger as Inner } from "./receiver/src/cloudflare/executor/main.mjs";
import { withFaults } from "./faults.mjs";
import { withSink } from "./sink.mjs";
import { dumpObject, restoreObject } from "./storage.mjs";

/** How many rows the shards have written. They are in the isolate of the receiver. */
let written = 0;

/** How many rows were written since the last time. */
export function rowsWritten() {
  const rows = written;
  written = 0;
  return rows;
}

/** As many shards as any test has. */
const SHARDS = 8;

export class Ledger extends Inner {
  constructor(ctx, env) {
    // What a replay sends goes where everything goes.
    super(ctx, { ...withFaults(withSink(env)) });
    // The platform's clock cannot be set, and would ring at once for a time that has passed there.
    const { storage } = ctx;
    const setAlarm = storage.setAlarm.bind(storage);
    storage.setAlarm = (time) => setAlarm(time + behind());
  }

  /** What it has stored. */
  dump() {
    return dumpObject(this.ctx);
  }

  /** Replaces what it has stored. */
  async restore(stored) {
    await restoreObject(this.ctx, stored);
  }

  /** The database, which counts the rows that are written. */
  static database(ctx) {
    const sql = super.database(ctx);
    return {
      get databaseSize() {
        return sql.databaseSize;
      },
      exec: (...parameters) => {
        const cursor = sql.exec(...parameters);
        // A statement that writes has run by now.
        written += cursor.rowsWritten;
        return cursor;
      },
    };
  }

  /**
   * Adds this many records, and the alarm that a shard with records has. They expire one millisecond
   * after another, starting with this one (in milliseconds since 1970).
   */
  async fill({ records, forget_at }) {
    const { sql } = this.ctx.storage;
    const numbers = `WITH RECURSIVE numbers (n) AS
      (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)`;
    const rows = "SELECT 'key ' || n, '{}', ? + n FROM numbers";
    sql.exec(`${numbers} INSERT INTO records ${rows}`, records, forget_at);
    await this.ctx.storage.setAlarm(Date.now() + 3_600_000);
  }

  /** Adds this many events to the journal, older than all others. */
  fillJournal(events) {
    const numbers = `WITH RECURSIVE numbers (n) AS
      (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)`;
    const facts = `json_object('arrived_at', n, 'id', 'id ' || n, 'source', 'filled', 'type', 'com.elytra.' || (n % 7),
      'event_type', iif(n % 2, 'product', 'document'), 'operation', 'modify', 'credential', 'TOKEN')`;
    const line = `json_object('at', n, 'what', 'received', 'code', 'accepted', 'credential', 'TOKEN')`;
    const rows = `SELECT n, hex(randomblob(16)), 'product/' || (n % 1000), 'accepted', 1, n, ',products,',
      ${facts}, ${line} FROM numbers`;
    const columns = "seq, key, object, code, received, last_at, wanted_by, facts, history";
    this.ctx.storage.sql.exec(`${numbers} INSERT INTO events (${columns}) ${rows}`, events);
  }

  /** Whether the journal has the events with these keys. */
  journalHas(keys) {
    const query = "SELECT key FROM events WHERE key IN (SELECT value FROM json_each(?))";
    const found = new Set([...this.ctx.storage.sql.exec(query, JSON.stringify(keys))].map(({ key }) => key));
    return keys.map((key) => found.has(key));
  }

  /** How many events the journal has. */
  journalRows() {
    return this.ctx.storage.sql.exec("SELECT count(*) AS rows FROM events").one().rows;
  }

  /** Runs the alarm now, if one is set. */
  async ring() {
    const { storage } = this.ctx;
    if ((await storage.getAlarm()) === null) return;
    await storage.deleteAlarm();
    await this.alarm();
  }

  /** Runs the alarm now, if one is set, while the records cannot be read. */
  async ringInVain() {
    const { sql } = this.ctx.storage;
    sql.exec("ALTER TABLE records RENAME TO elsewhere");
    try {
      await this.ring();
    } finally {
      sql.exec("ALTER TABLE elsewhere RENAME TO records");
    }
  }

  /** Deletes the alarm, as the platform does after too many failures. */
  async lose() {
    await this.ctx.storage.deleteAlarm();
  }

  /** Makes this the shard of a version that did not note how many there are. */
  async forgetNumber() {
    this.ctx.storage.sql.exec("DELETE FROM ledger");
    // What is not on disk yet would come back.
    await this.ctx.storage.sync();
    this.restart();
  }

  /** Ends this object. The next call makes a new one, with the same storage and an empty memory. */
  restart() {
    this.ctx.abort("restarted by a test");
  }

  /** How many shards there are, as far as this one has noted. */
  noted() {
    const [row] = this.ctx.storage.sql.exec("SELECT shards FROM ledger").toArray();
    return row?.shards ?? null;
  }

  /** The number of records, and whether an alarm is set. */
  async look() {
    const { storage } = this.ctx;
    const counted = "SELECT count(*) AS records, min(forget_at) AS oldest FROM records";
    const { records, oldest } = storage.sql.exec(counted).one();
    return { records, oldest, hasAlarm: (await storage.getAlarm()) !== null };
  }
}

/** Fills the first shard with records. */
export function fill(namespace, records) {
  return namespace.getByName("shard-0").fill(records);
}

/** The result of `ask` for each shard. */
export function ofShards(namespace, ask) {
  const shards = Array.from({ length: SHARDS }, (_, n) => namespace.getByName(`shard-${n}`));
  return Promise.all(shards.map(ask));
}
