// The receiver's consumer, driven by hand: with messages that have been handed out as often as a test
// says, and without the time that a queue would wait.

/** Hands the receiver a batch that cannot be read. Tells whether its messages count as acknowledged,
 * which they do unless the handler throws. */
export async function consumeUnreadable(receiver) {
  const unreadable = {
    queue: "by-hand",
    get messages() {
      throw new Error("no messages");
    },
  };
  return receiver.queue(unreadable).then(() => true, () => false);
}

/** Hands the receiver a batch. Tells of each message what was asked for it, in order: `"ack"`, or
 * `{ retry: <seconds> }`. */
export async function consume(receiver, descriptions) {
  const asked = descriptions.map(() => []);
  const messages = descriptions.map(({ body, attempts }, index) => ({
    id: `message ${index}`,
    timestamp: new Date(),
    body,
    attempts,
    ack() {
      asked[index].push("ack");
    },
    retry(options) {
      asked[index].push({ retry: options.delaySeconds });
    },
  }));
  await receiver.queue({ queue: "by-hand", messages });
  return asked;
}
