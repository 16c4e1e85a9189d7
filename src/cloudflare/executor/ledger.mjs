// The Durable Object of a shard. Its callers speak text with it, and so does it with the wasm, which decides
// everything: see ../ledger.rs.

import { DurableObject } from "cloudflare:workers";

/** The class, for a build with these exports. `prepare` makes sure that they can be called. */
export function ledgerClass(exports, prepare) {
  return class Ledger extends DurableObject {
    // Until when an alarm is certain to be set, in milliseconds since 1970. The platform may drop an alarm
    // without telling the shard.
    #alarmIsSureUntil = 0;

    constructor(ctx, env) {
      super(ctx, env);
      prepare(ctx, env);
      exports.ledger_open(this.id, this.sql);
    }

    /** The id of the object, which tells the shards of an isolate apart. */
    get id() {
      return this.ctx.id.toString();
    }

    /** The database. */
    get sql() {
      return this.ctx.storage.sql;
    }

    claim(request) {
      return this.#answer("ledger_claim", request);
    }

    settle(request) {
      return this.#answer("ledger_settle", request);
    }

    reset(request) {
      return this.#answer("ledger_reset", request);
    }

    /** Never fails, because the platform drops an alarm that keeps failing. */
    async alarm() {
      prepare(this.ctx, this.env);
      this.#alarmIsSureUntil = 0;
      let wait = exports.ledger_forget_every();
      try {
        wait = exports.ledger_forget(this.sql);
      } catch (error) {
        console.error(`expired records could not be deleted: ${error}`);
      }
      if (wait !== undefined) await this.#setAlarm(wait);
    }

    #answer(name, request) {
      prepare(this.ctx, this.env);
      const answer = exports[name](this.id, this.sql, request);
      return Date.now() < this.#alarmIsSureUntil ? answer : this.#withAlarm(answer);
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
