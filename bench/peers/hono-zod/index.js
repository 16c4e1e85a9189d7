// The job of elytra-webhooks with Hono and Zod: bearer check, decode, validate, filter, forward.
import { zValidator } from "@hono/zod-validator";
import { Hono } from "hono";
import { bearerAuth } from "hono/bearer-auth";

import { wanted } from "../elytra/names.js";
import { Batch, BinaryHeaders, CloudEvent } from "./event.js";

const refuse = (result, c) => {
  if (!result.success) return c.json({ code: "invalid_event", issues: result.error.issues }, 400);
};

const structured = zValidator("json", CloudEvent, refuse);
const batch = zValidator("json", Batch, refuse);
const binary = zValidator("header", BinaryHeaders, refuse);

const app = new Hono();

app.use("/webhook", (c, next) => bearerAuth({ token: c.env.ELYTRA_TOKEN })(c, next));

const decode = (c, next) => {
  const type = c.req.header("content-type") ?? "";
  if (type.startsWith("application/cloudevents-batch+json")) return batch(c, next);
  return c.req.header("ce-specversion") === undefined ? structured(c, next) : binary(c, next);
};

app.on(["POST", "PUT", "PATCH"], "/webhook", decode, async (c) => {
  const attributes = c.req.valid("header");
  const received = attributes ? { ...attributes, data: await c.req.json() } : c.req.valid("json");
  const queue = c.env.PRODUCT_EVENTS;
  if (Array.isArray(received)) {
    const events = received.filter(wanted);
    if (events.length > 0) await queue.sendBatch(events.map((body) => ({ body })));
    const answers = received.map((event) => ({ code: code(wanted(event)), id: event.id }));
    return c.json({ code: code(events.length > 0), events: answers }, status(events.length > 0));
  }
  const accepted = wanted(received);
  if (accepted) await queue.send(received);
  return c.json({ code: code(accepted), id: received.id }, status(accepted));
});

const code = (accepted) => (accepted ? "accepted" : "ignored");
const status = (accepted) => (accepted ? 202 : 200);

export default app;
