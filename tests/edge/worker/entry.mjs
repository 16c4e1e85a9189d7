// The built receiver (the harness puts it next to this file), with a window for the tests. It shows
// what the queue's consumer got, what KV, R2 and the ledger hold, which calls were made, and how
// large the receiver is. It can make bindings fail or slow, put the clock forward, cause a panic, run
// the cron trigger and the ledger's alarms, and hand messages to the receiver's consumer.

import { WorkerEntrypoint } from "cloudflare:workers";
import { advance, panic, set } from "./clock.mjs";
import { consume, consumeUnreadable } from "./consumer.mjs";
import { bufferBytes, wasmBytes } from "./memory.mjs";
import receiver from "./receiver/src/cloudflare/executor/main.mjs";
import { callsSoFar, setFaults, setJurisdictions, setLatency, withFaults } from "./faults.mjs";
import { dump, fill as fillKv, get } from "./kv.mjs";
import { fill, ofShards, rowsWritten } from "./ledger.mjs";
import * as r2 from "./r2.mjs";
import { withSink } from "./sink.mjs";
import { dumpLedger, restoreKv, restoreLedger } from "./storage.mjs";

export { Ledger } from "./ledger.mjs";

/** The queue that the tests consume; the receiver consumes the others. */
const OURS = "events-queue";

/** The texts of the messages that the queue's consumer got, decoded by their content types. */
const received = [];

export default class extends WorkerEntrypoint {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    const binding = this.env[searchParams.get("binding")];
    switch (pathname) {
      case "/test/received":
        return Response.json(received);
      case "/test/kv":
        return Response.json(await dump(binding));
      case "/test/kv/values":
        return Response.json(await get(binding, await request.json()));
      case "/test/kv/put":
        await binding.put(...(await request.json()));
        return new Response();
      case "/test/kv/fill":
        await fillKv(binding, await request.json());
        return new Response();
      case "/test/kv/delete":
        await binding.delete(await request.json());
        return new Response();
      case "/test/kv/restore":
        await restoreKv(binding, await request.json());
        return new Response();
      case "/test/r2":
        return Response.json(await r2.dump(binding));
      case "/test/r2/bodies":
        return Response.json(await r2.get(binding, await request.json()));
      case "/test/faults":
        setFaults(await request.json());
        return new Response();
      case "/test/latency":
        setLatency(await request.json());
        return new Response();
      case "/test/calls":
        return Response.json(callsSoFar());
      case "/test/memory":
        return Response.json(wasmBytes());
      case "/test/memory/buffers":
        return Response.json(bufferBytes());
      case "/test/cron":
        return this.cron();
      case "/test/queue":
        return Response.json(await consume(this.receiver(), await request.json()));
      case "/test/queue/unreadable":
        return Response.json(await consumeUnreadable(this.receiver()));
      case "/test/clock":
        advance(await request.json());
        return new Response();
      case "/test/clock/set":
        set(await request.json());
        return new Response();
      case "/test/panic":
        panic();
        return new Response();
      case "/test/ledger":
        return Response.json(await ofShards(this.env.LEDGER, (shard) => shard.look()));
      case "/test/ledger/rows-written":
        return Response.json(rowsWritten());
      case "/test/ledger/restart":
        await ofShards(this.env.LEDGER, (shard) => shard.restart().catch(() => {}));
        return new Response();
      case "/test/ledger/numbers":
        return Response.json(await ofShards(this.env.LEDGER, (shard) => shard.noted()));
      case "/test/ledger/jurisdictions":
        setJurisdictions(await request.json());
        return new Response();
      case "/test/ledger/forget-number":
        await ofShards(this.env.LEDGER, (shard) => shard.forgetNumber().catch(() => {}));
        return new Response();
      case "/test/ledger/fill":
        await fill(this.env.LEDGER, await request.json());
        return new Response();
      case "/test/ledger/dump":
        return Response.json(await dumpLedger(this.env.LEDGER));
      case "/test/ledger/restore":
        await restoreLedger(this.env.LEDGER, await request.json());
        return new Response();
      case "/test/journal/fill":
        await this.env.LEDGER.getByName("shard-0").fillJournal(await request.json());
        return new Response();
      case "/test/journal/has":
        return Response.json(await this.env.LEDGER.getByName("shard-0").journalHas(await request.json()));
      case "/test/journal/rows":
        return Response.json(await this.env.LEDGER.getByName("shard-0").journalRows());
      case "/test/alarms":
        await ofShards(this.env.LEDGER, (shard) => shard.ring());
        return new Response();
      case "/test/alarms/in-vain":
        await ofShards(this.env.LEDGER, (shard) => shard.ringInVain());
        return new Response();
      case "/test/alarms/lose":
        await ofShards(this.env.LEDGER, (shard) => shard.lose());
        return new Response();
      default:
        return this.receiver().fetch(request);
    }
  }

  async queue(batch) {
    if (batch.queue !== OURS) {
      await this.receiver().queue(batch);
      return;
    }
    for (const { body } of batch.messages) received.push(body);
  }

  async cron() {
    try {
      await this.receiver().scheduled({ cron: "* * * * *", scheduledTime: Date.now() });
      return new Response();
    } catch (error) {
      return new Response(error.stack, { status: 500 });
    }
  }

  /** The receiver, whose bindings may fail. */
  receiver() {
    const env = withFaults(withSink(this.env));
    const handler = (name) => (argument) => receiver[name](argument, env, this.ctx);
    return { fetch: handler("fetch"), queue: handler("queue"), scheduled: handler("scheduled") };
  }
}
