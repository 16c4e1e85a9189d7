// A queue that outlives workerd: it passes its messages to the test's process.

/** Replaces a queue's binding. The receiver recognizes a binding by the name of its class. */
class WorkerQueue {
  #url;

  constructor(url) {
    this.#url = url;
  }

  async send(body, options) {
    await this.sendBatch([{ body, ...options }]);
  }

  async sendBatch(messages) {
    const texts = Array.from(messages, ({ body, contentType }) => {
      if (typeof body === "string" && contentType === "text") return body;
      throw new Error(`the sink takes texts only, not ${typeof body} as ${contentType}`);
    });
    const response = await fetch(this.#url, { method: "POST", body: JSON.stringify(texts) });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`the sink answered ${response.status}`);
  }
}

/** An `env` with every queue replaced, if the test has a sink. */
export function withSink(env) {
  const { TEST_SINK: url, ...rest } = env;
  if (!url) return env;
  const entries = Object.entries(rest).map(([name, value]) =>
    value?.constructor?.name === "WorkerQueue"
      ? [name, new WorkerQueue(`${url}/${name}`)]
      : [name, value],
  );
  return Object.fromEntries(entries);
}
