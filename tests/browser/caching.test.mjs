// What the browser keeps, and what it asks for again.

import assert from "node:assert/strict";
import { utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { assertNothingWrong, newPage, test } from "./support/browser.mjs";
import { settled } from "./support/network.mjs";
import { directoryOf, serve, serveConfigured } from "./support/server.mjs";

const pageWith = (text) => `<!doctype html><title>page</title><link rel="icon" href="data:,">
  <link rel="stylesheet" href="style.css"><p>${text}</p><a href="other.html">other</a>`;

const files = {
  "site/index.html": pageWith("old"),
  "site/other.html": pageWith("other"),
  "site/style.css": "p { color: rgb(1, 2, 3) }",
};

// What was asked for on the wire since `from`, as "STATUS PATH".
const asked = async (network, from) =>
  (await settled(network)).slice(from).filter(({ sent }) => sent)
    .map(({ status, url }) => `${status} ${new URL(url).pathname}`);

test("a reload asks whether the page has changed", async (t) => {
  const directory = await directoryOf(t, files);
  const site = join(directory, "site");
  const opened = await newPage(t);
  const { page, network } = opened;
  await page.goto(await serve(t, site, "--cache-control", "no-cache"));
  assert.deepEqual(await asked(network, 0), ["200 /", "200 /style.css"]);
  const tags = network.map(({ received }) => received.etag);

  const reloaded = network.length;
  await page.reload();
  assert.deepEqual(await asked(network, reloaded), ["304 /", "304 /style.css"]);
  assert.deepEqual(network.slice(reloaded).map(({ sent }) => sent["if-none-match"]), tags);
  assert.equal(await page.locator("p").innerText(), "old");

  const changed = network.length;
  await writeFile(join(site, "index.html"), pageWith("new"));
  await utimes(join(site, "index.html"), 0, 1_700_000_000);
  // The server looks a path up again after a second.
  for (let text = "old"; text === "old"; text = await page.locator("p").innerText()) {
    await page.reload();
  }
  assert.equal(await page.locator("p").innerText(), "new");
  assert.ok((await asked(network, changed)).includes("200 /"));
  await assertNothingWrong(opened);
});

test("back and forward need no answer, a link asks again", async (t) => {
  const directory = await directoryOf(t, files);
  const opened = await newPage(t);
  const { page, network } = opened;
  await page.goto(await serve(t, join(directory, "site"), "--cache-control", "no-cache"));
  await page.getByRole("link").click();
  await page.waitForURL("**/other.html");
  const back = network.length;
  await page.goBack();
  assert.equal(await page.locator("p").innerText(), "old");
  await page.goForward();
  assert.equal(await page.locator("p").innerText(), "other");
  const again = await asked(network, back);
  assert.ok(again.every((line) => line.startsWith("304 ")), `nothing is sent anew: ${again}`);

  const link = network.length;
  await page.getByRole("link").click();
  await page.waitForLoadState();
  assert.deepEqual(await asked(network, link), ["304 /other.html", "304 /style.css"]);
  for (const { sent, received } of network.slice(link)) {
    assert.equal(sent["if-none-match"], received.etag);
    assert.equal(received["content-length"], undefined);
  }
  await assertNothingWrong(opened);
});

test("what is immutable is not asked for again", async (t) => {
  const hashed = "style.5f3759df.css";
  const directory = await directoryOf(t, {
    "site/index.html": pageWith("page").replace("style.css", `assets/${hashed}`),
    [`site/assets/${hashed}`]: files["site/style.css"],
  });
  const origin = await serveConfigured(t, directory, `
    [[site]]
    root = "site"
      [[site.header]]
      path = "/assets/**"
      preset = "immutable"
      [[site.header]]
      path = "*.html"
      set = { Cache-Control = "no-cache" }
  `);
  const opened = await newPage(t);
  const { page, network } = opened;
  await page.goto(`${origin}/index.html`);
  assert.deepEqual(await asked(network, 0), ["200 /index.html", `200 /assets/${hashed}`]);
  const reloaded = network.length;
  await page.reload();
  assert.deepEqual(await asked(network, reloaded), ["304 /index.html"]);
  const colour = await page.locator("p").evaluate((p) => getComputedStyle(p).color);
  assert.equal(colour, "rgb(1, 2, 3)");
  await assertNothingWrong(opened);
});
