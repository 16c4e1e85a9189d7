// The floor of the JavaScript peers: it reads the body, as everybody must, and answers.
export default {
  async fetch(request) {
    await request.arrayBuffer();
    return new Response("ok");
  },
};
