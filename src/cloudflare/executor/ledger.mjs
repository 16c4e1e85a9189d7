// The Durable Object of a shard. Its callers speak text with it, and so does it with the wasm, which decides
// everything: see ../ledger/shard.rs.

import { DurableObject } from "cloudflare:workers";

// An object without work is removed from memory after ten seconds:
// https://developers.cloudflare.com/durable-objects/concepts/durable-object-lifecycle/
const SLEEPS_AFTER_MS = 9_000;

// After how many milliseconds what was counted is written: a row a few times a minute.
const FLUSH_MS = 15_000;

// After how many milliseconds an alarm that failed tries again.
const AGAIN_MS = 60_000;

// Separates the chunks of notes: see ../../journal/note.rs.
const SEPARATOR = "\u001e";

const NO_CHUNKS = [];

/** The chunks of notes, each of which one statement writes. */
function chunks(notes) {
  return notes === undefined ? NO_CHUNKS : notes.split(SEPARATOR);
}

/** The class, for a build with these exports. `prepare` makes sure that they can be called, and `run` drives a call. */
export function ledgerClass(exports, prepare, run) {
  return class Ledger extends DurableObject {
    // Until when an alarm is certain to be set, in milliseconds since 1970. The platform may drop an alarm
    // without telling the shard.
    #alarmIsSureUntil = 0;

    // Until when the object has something to wait for, in milliseconds since 1970.
    #awakeUntil = 0;

    // Whether a timer is set that writes what was counted.
    #flushes = false;

    // How many shards the ledger has, once it is known.
    #shards;

    // The id of the object, which tells the shards of an isolate apart, and the database. To ask the context for
    // them costs more than to keep them.
    #id;
    #sql;

    /** The database of the object with this context. */
    static database(ctx) {
      return ctx.storage.sql;
    }

    constructor(ctx, env) {
      super(ctx, env);
      prepare(ctx, env);
      this.#id = ctx.id.toString();
      this.#sql = new.target.database(ctx);
      this.#shards = exports.ledger_open(this.#id, this.#sql);
    }

    claim(request, shards, claimMs) {
      if (claimMs > SLEEPS_AFTER_MS) this.#stayAwake(claimMs);
      return this.#answer("ledger_claim", request, shards);
    }

    settle(request, shards, notes) {
      if (notes !== undefined) this.#flushLater();
      return this.#answer("ledger_settle", request, shards, chunks(notes));
    }

    note(request, shards, notes) {
      this.#flushLater();
      return this.#answer("journal_note", request, shards, chunks(notes));
    }

    journal(request, shards) {
      return this.#answer("journal_ask", request, shards);
    }

    reset(request, shards) {
      return this.#answer("ledger_reset", request, shards);
    }

    /** How many shards the ledger has. The first shard decides it, when it is asked for the first time. */
    decide(wanted) {
      prepare(this.ctx, this.env);
      this.#shards ??= exports.ledger_decide(this.#sql, wanted);
      return this.#shards;
    }

    /** What the object of the replays is asked. As long as one is running, an alarm makes its steps. */
    async replays(request) {
      prepare(this.ctx, this.env);
      const answer = exports.replays_ask(this.#sql, request);
      const isSet = !exports.replays_are_running(this.#sql)
        || (await this.ctx.storage.getAlarm().catch(() => null)) !== null;
      if (!isSet) await this.#setAlarm(0);
      return answer;
    }

    async #replay() {
      let wait = AGAIN_MS;
      try {
        wait = await run(exports.begin_replays, this.#sql, this.env, this.ctx);
      } catch (error) {
        console.error(`the replays could not go on, and will try again: ${error}`);
      }
      if (typeof wait === "number") await this.#setAlarm(wait);
    }

    /** Never fails, because the platform drops an alarm that keeps failing. */
    async alarm() {
      this.#alarmIsSureUntil = 0;
      let wait = AGAIN_MS;
      try {
        prepare(this.ctx, this.env);
        if (exports.replays_are_running(this.#sql)) return await this.#replay();
        this.#flush();
        wait = exports.ledger_forget(this.env, this.#sql);
      } catch (error) {
        console.error(`expired records could not be deleted: ${error}`);
      }
      if (wait !== undefined) await this.#setAlarm(wait);
    }

    // The platform removes an object that has nothing to do from memory, and the claims with it, unless it waits for
    // something.
    #stayAwake(milliseconds) {
      const end = Date.now() + milliseconds;
      if (end <= this.#awakeUntil) return;
      this.#awakeUntil = end;
      setTimeout(() => {}, milliseconds);
    }

    // What is counted is in memory, and is written now and then. The timer also keeps the object there until then.
    #flushLater() {
      if (this.#flushes) return;
      this.#flushes = true;
      setTimeout(() => {
        this.#flushes = false;
        prepare(this.ctx, this.env);
        this.#flush();
      }, FLUSH_MS);
    }

    #flush() {
      try {
        exports.journal_flush(this.#id, this.#sql);
      } catch (error) {
        console.error(`what was counted could not be written: ${error}`);
      }
    }

    // Who asks believes that there are this many shards. If there are not, the answer is how many there are: the
    // key belongs to another shard.
    #answer(name, request, shards, notes) {
      if (this.#shards !== shards) return this.#compare(name, request, shards, notes);
      prepare(this.ctx, this.env);
      const answer = exports[name](this.#id, this.#sql, request, notes);
      return Date.now() < this.#alarmIsSureUntil ? answer : this.#withAlarm(answer);
    }

    async #compare(name, request, shards, notes) {
      if (this.#shards === undefined) {
        const { jurisdiction } = this.ctx.id;
        const everywhere = this.env.LEDGER;
        const namespace = jurisdiction ? everywhere.jurisdiction(jurisdiction) : everywhere;
        const first = namespace.getByName("shard-0");
        if (first.id.equals(this.ctx.id)) {
          this.decide(shards);
        } else {
          const decided = await first.decide(shards);
          // Another request may have been told meanwhile.
          if (this.#shards === undefined) exports.ledger_note(this.#sql, decided);
          this.#shards = decided;
        }
      }
      return this.#shards === shards ? this.#answer(name, request, shards, notes) : this.#shards;
    }

    // The answer does not depend on this. If setting the alarm fails, the next call tries again.
    async #withAlarm(answer) {
      const isSet = await this.ctx.storage.getAlarm().catch(() => null);
      if (isSet === null) await this.#setAlarm(exports.ledger_forget_every());
      else this.#alarmIsSureUntil = Date.now() + exports.ledger_forget_every();
      return answer;
    }

    async #setAlarm(wait) {
      try {
        await this.ctx.storage.setAlarm(Date.now() + wait);
        this.#alarmIsSureUntil = Date.now() + exports.ledger_forget_every();
      } catch (error) {
        console.error(`the alarm could not be set, so the next call will: ${error}`);
      }
    }
  };
}
