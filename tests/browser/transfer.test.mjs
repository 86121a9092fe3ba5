// Parts of files, and compressed ones, as page scripts get them.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { brotliCompressSync, gzipSync } from "node:zlib";

import { assertNothingWrong, newPage, test } from "./support/browser.mjs";
import { settled } from "./support/network.mjs";
import { directoryOf, serve } from "./support/server.mjs";

const blank = '<!doctype html><title>blank</title><link rel="icon" href="data:,">';

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

// Fetches `url` in parts of these lengths and the rest; returns statuses, ranges and the hash of
// all parts together.
const fetchInParts = async ({ url, lengths }) => {
  const parts = [];
  const answers = [];
  let first = 0;
  let tag;
  for (const length of [...lengths, undefined]) {
    const last = length === undefined ? "" : first + length - 1;
    const headers = { Range: `bytes=${first}-${last}`, ...(tag && { "If-Range": tag }) };
    const response = await fetch(url, { headers, cache: "no-store" });
    tag = response.headers.get("ETag");
    answers.push(`${response.status} ${response.headers.get("Content-Range")}`);
    parts.push(await response.arrayBuffer());
    first += length;
  }
  const whole = await new Blob(parts).arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
  return { answers, hash: [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("") };
};

test("a download that a page fetches in parts is whole", async (t) => {
  const content = randomBytes(5_000_003);
  const root = await directoryOf(t, { "index.html": blank, "file.bin": content });
  const opened = await newPage(t);
  await opened.page.goto(await serve(t, root));
  const { answers, hash } = await opened.page.evaluate(fetchInParts, {
    url: "file.bin", lengths: [1, 999_999, 2_000_000] });
  assert.deepEqual(answers, [
    "206 bytes 0-0/5000003",
    "206 bytes 1-999999/5000003",
    "206 bytes 1000000-2999999/5000003",
    "206 bytes 3000000-5000002/5000003",
  ]);
  assert.equal(hash, sha256(content));
  await assertNothingWrong(opened);
});

test("a download that a page has stopped goes on where it stopped", async (t) => {
  const content = randomBytes(20_000_000);
  const root = await directoryOf(t, { "index.html": blank, "file.bin": content });
  const opened = await newPage(t);
  await opened.page.goto(await serve(t, root));
  const { received, status, hash } = await opened.page.evaluate(async () => {
    const stop = new AbortController();
    const parts = [];
    let received = 0;
    const reader = (await fetch("file.bin", { signal: stop.signal, cache: "no-store" }))
      .body.getReader();
    while (received < 3_000_000) {
      const { value } = await reader.read();
      parts.push(value);
      received += value.length;
    }
    stop.abort();
    const headers = { Range: `bytes=${received}-` };
    const rest = await fetch("file.bin", { headers, cache: "no-store" });
    const whole = await new Blob([...parts, await rest.arrayBuffer()]).arrayBuffer();
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
    return { received, status: rest.status,
      hash: [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("") };
  });
  assert.ok(received < content.length);
  assert.equal(status, 206);
  assert.equal(hash, sha256(content));
});

for (const [coding, suffix, compress] of [
  ["br", "br", brotliCompressSync], ["gzip", "gz", gzipSync]]) {
  test(`a variant in ${coding} is sent and shown`, async (t) => {
    const style = "p { color: rgb(1, 2, 3) }";
    const html = `${blank}<link rel="stylesheet" href="style.css"><p>Grüße, ${coding}</p>`
      .replace("<title>", '<meta charset="utf-8"><title>');
    const root = await directoryOf(t, {
      "index.html": html, [`index.html.${suffix}`]: compress(html),
      "style.css": style, [`style.css.${suffix}`]: compress(style),
    });
    const opened = await newPage(t);
    const { page, network } = opened;
    await page.goto(await serve(t, root));
    assert.equal(await page.locator("p").innerText(), `Grüße, ${coding}`);
    const colour = await page.locator("p").evaluate((p) => getComputedStyle(p).color);
    assert.equal(colour, "rgb(1, 2, 3)");
    assert.equal(network.length, 2);
    for (const { sent, received } of await settled(network)) {
      assert.match(sent["accept-encoding"], new RegExp(`\\b${coding}\\b`));
      assert.equal(received["content-encoding"], coding);
      assert.match(received.vary, /accept-encoding/i);
    }
    assert.equal(network[0].received["content-length"], String(compress(html).length));
    await assertNothingWrong(opened);
  });
}
