// Stands in for the queue: each request is a batch with one message, and its answer tells what became
// of it.
const batches = { acknowledged: 0, retried: 0, neither: 0 };

const STATUS = { acknowledged: 200, retried: 503, neither: 500 };

export default {
  async fetch(request, env) {
    if (request.method === "GET") return Response.json(batches);
    const body = await request.text();
    const id = crypto.randomUUID();
    const message = { id, timestamp: new Date(), attempts: 1, body };
    const result = await env.RECEIVER.queue("deliveries", [message]);
    const fate = fateOf(id, result);
    batches[fate] += 1;
    return new Response(null, { status: STATUS[fate] });
  },
};

function fateOf(id, { outcome, explicitAcks, retryMessages }) {
  if (outcome !== "ok") return "neither";
  if (explicitAcks.includes(id)) return "acknowledged";
  return retryMessages.some(({ msgId }) => msgId === id) ? "retried" : "neither";
}
