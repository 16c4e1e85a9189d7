// Stands in for every destination: takes all messages, and tells how many it has taken and what was in
// the last one.
let messages = 0;
let last = new ArrayBuffer();

const TAKEN = JSON.stringify({
  metadata: { metrics: { backlogCount: 0, backlogBytes: 0, oldestMessageTimestamp: 0 } },
});

export default {
  async fetch(request) {
    if (request.method === "GET") {
      return new Response(new URL(request.url).pathname === "/last" ? last : String(messages));
    }
    last = await request.arrayBuffer();
    messages += Number(request.headers.get("cf-queue-batch-count") ?? 1);
    return new Response(TAKEN, { headers: { "content-type": "application/json" } });
  },
};
