// Drives the receiver's consumer by hand: with any number of earlier deliveries, and without a
// queue's delays.

/**
 * Hands the receiver a batch that cannot be read. Returns whether its messages count as
 * acknowledged, as they do unless the handler throws.
 */
export async function consumeUnreadable(receiver) {
  const unreadable = {
    queue: "by-hand",
    get messages() {
      throw new Error("no messages");
    },
  };
  return receiver.queue(unreadable).then(() => true, () => false);
}

/**
 * Hands the receiver a batch. Returns how each message was settled, in order: `"ack"`, or `{
 * retry: <seconds> }`.
 */
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
