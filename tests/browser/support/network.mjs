// What went over the wire. Page scripts, and Playwright's responses, see 200 where the browser sent
// a condition and got 304; the events with "ExtraInfo" in their names tell the truth. They come
// before or after the others.

import { setTimeout as sleep } from "node:timers/promises";

const patience_ms = 15_000;

const lowerCased = (fields) =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name.toLowerCase(), value]));

// Returns an array that grows: {url, type, sent, received, status, failure} for each request that a
// page makes from now on. `sent` and `received` are the header fields, by lower-case names; without
// them the answer came from the browser's cache.
export async function recordNetwork(page) {
  const network = [];
  const exchanges = new Map();
  const exchange = (requestId) => {
    if (!exchanges.has(requestId)) exchanges.set(requestId, {});
    return exchanges.get(requestId);
  };
  const session = await page.context().newCDPSession(page);
  session.on("Network.requestWillBeSent", ({ requestId, request, type, redirectResponse }) => {
    if (redirectResponse) {
      exchange(requestId).isSettled = true;
      exchanges.delete(requestId);
    }
    network.push(Object.assign(exchange(requestId), { url: request.url, type }));
  });
  session.on("Network.requestWillBeSentExtraInfo", ({ requestId, headers }) => {
    exchange(requestId).sent = lowerCased(headers);
  });
  session.on("Network.requestServedFromCache", ({ requestId }) => {
    exchange(requestId).isSettled = true;
  });
  session.on("Network.responseReceived", ({ requestId, hasExtraInfo }) => {
    if (!hasExtraInfo) exchange(requestId).isSettled = true;
  });
  session.on("Network.responseReceivedExtraInfo", ({ requestId, headers, statusCode }) => {
    Object.assign(exchange(requestId), { received: lowerCased(headers), status: statusCode });
  });
  session.on("Network.loadingFailed", ({ requestId, errorText, canceled }) => {
    exchange(requestId).isSettled = true;
    if (!canceled) exchange(requestId).failure = errorText;
  });
  await session.send("Network.enable");
  return network;
}

async function poll(network, look, what) {
  const deadline = performance.now() + patience_ms;
  for (;;) {
    const found = look();
    if (found) return found;
    if (performance.now() > deadline) {
      const seen = network.map(({ url, status, sent }) => `${status} ${sent?.range ?? ""} ${url}`);
      throw new Error(`no ${what} among\n${seen.join("\n")}`);
    }
    await sleep(20);
  }
}

// Waits until all that is to be known of the requests so far is known, the heads of their answers
// that is, and returns them.
export async function settled(network) {
  const known = ({ sent, received, isSettled }) => isSettled || (sent && received);
  return poll(network, () => network.every(known) && network, "answers to all");
}

// Waits until a request of `network` satisfies `condition`, and returns it.
export async function requestWhere(network, condition, what) {
  return poll(network, () => network.find(condition), `request ${what}`);
}
