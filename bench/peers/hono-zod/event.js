// A CloudEvent of Elytra's as a schema, for its JSON and for its headers.
import * as z from "zod";

import { EVENT_TYPES, OPERATIONS } from "../elytra/names.js";

const text = z.string().min(1);

const attributes = {
  specversion: z.literal("1.0"),
  id: text,
  source: text,
  type: text,
  datacontenttype: text.optional(),
  dataschema: z.url().optional(),
  subject: text.optional(),
  time: z.iso.datetime({ offset: true }).optional(),
  eventtype: z.enum(EVENT_TYPES).optional(),
  operation: z.enum(OPERATIONS).optional(),
};

// Further extension attributes are passed on.
export const CloudEvent = z.looseObject({ ...attributes, data: z.unknown().optional() });

export const Batch = z.array(CloudEvent).max(100);

const { datacontenttype: _, ...inHeaders } = attributes;

const withPrefix = (shape) =>
  Object.fromEntries(Object.entries(shape).map(([name, schema]) => [`ce-${name}`, schema]));

export const BinaryHeaders = z
  .looseObject({ ...withPrefix(inHeaders), "content-type": text })
  .transform((headers) => {
    const event = { datacontenttype: headers["content-type"] };
    for (const [name, value] of Object.entries(headers)) {
      if (name.startsWith("ce-")) event[name.slice(3)] = value;
    }
    return event;
  });
