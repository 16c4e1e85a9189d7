// The Worker that the receiver calls through the service binding `SHOP`: it hands each call on to the
// test's shop, with the URL that it saw in a header of its own.

export default {
  async fetch(request, { TEST_SHOP }) {
    const { pathname, search } = new URL(request.url);
    const headers = new Headers(request.headers);
    headers.set("x-seen-url", request.url);
    const response = await fetch(new URL(pathname + search, TEST_SHOP), {
      method: request.method,
      headers,
      body: await request.arrayBuffer(),
      redirect: "manual",
      signal: request.signal,
    });
    const exception = response.headers.get("x-throw");
    if (exception) throw new Error(exception);
    return response;
  },
};
