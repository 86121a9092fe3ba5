// The example site, as it was built.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { assertNothingWrong, newPage, screenshot, test } from "./support/browser.mjs";
import { settled } from "./support/network.mjs";
import { exampleSite, serve } from "./support/server.mjs";

async function openSite(t, options) {
  const origin = await serve(t, exampleSite);
  const opened = await newPage(t, options);
  await opened.page.goto(origin, { waitUntil: "networkidle" });
  return { ...opened, origin };
}

const brokenImages = (page) => page.locator("img").evaluateAll((images) =>
  images.filter((image) => !image.complete || image.naturalWidth === 0).map((image) => image.src));

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

test("the first page has its style, its images and its script", async (t) => {
  const opened = await openSite(t, { viewport: { width: 1100, height: 800 } });
  const { page, network } = opened;
  assert.ok(await page.locator("img").count() >= 2);
  assert.deepEqual(await brokenImages(page), []);
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.equal(await background(), "rgb(251, 253, 253)");
  const types = Object.fromEntries((await settled(network)).map(({ url, received }) =>
    [new URL(url).pathname, received?.["content-type"]]));
  assert.equal(types["/"], "text/html; charset=utf-8");
  assert.equal(types["/style.css"], "text/css; charset=utf-8");
  assert.equal(types["/app.js"], "text/javascript; charset=utf-8");
  assert.equal(types["/route.svg"], "image/svg+xml");
  assert.equal(types["/icon.png"], "image/png");
  await screenshot(page, "site-light");
  await page.emulateMedia({ colorScheme: "dark" });
  assert.equal(await background(), "rgb(10, 32, 41)");
  await screenshot(page, "site-dark");
  await assertNothingWrong(opened);
});

test("the script shows the head of the download", async (t) => {
  const opened = await openSite(t);
  const { page, network } = opened;
  const table = page.locator("#headers");
  const value = (name) => table.getByRole("row", { name }).locator("td").innerText();
  assert.equal(await value("Status"), "200");
  assert.match(await value("Content-Length"), /^20971520 \(20 MiB\)$/);
  assert.equal(await value("Accept-Ranges"), "bytes");
  const { received } = (await settled(network)).find(({ url }) => url.endsWith("/download.bin"));
  assert.equal(await value("ETag"), received.etag);
  await assertNothingWrong(opened);
});

test("the about page is a click away", async (t) => {
  const opened = await openSite(t);
  const { page, origin } = opened;
  await page.getByRole("link", { name: "About" }).click();
  await page.waitForLoadState("networkidle");
  assert.equal(page.url(), `${origin}/about/`);
  assert.equal(await page.title(), "About sluice");
  assert.deepEqual(await brokenImages(page), []);
  await screenshot(page, "site-about");
  await page.getByRole("link", { name: "/about", exact: true }).click();
  assert.equal(page.url(), `${origin}/about/`);
  await page.getByRole("link", { name: "Start" }).click();
  assert.equal(page.url(), `${origin}/`);
  await assertNothingWrong(opened);
});

test("no link of the site is broken", async (t) => {
  const { page, origin } = await openSite(t);
  const targets = new Set();
  for (const path of ["/", "/about/"]) {
    await page.goto(origin + path);
    const links = await page.locator("a, link, img, script").evaluateAll((elements) =>
      elements.map((element) => element.href || element.src).filter(Boolean));
    for (const link of links) targets.add(link);
  }
  assert.ok(targets.size >= 8);
  for (const target of targets) {
    assert.equal(new URL(target).origin, origin);
    assert.equal((await page.request.head(target)).status(), 200, target);
  }
});

test("the download is what was built", async (t) => {
  const { page } = await openSite(t);
  const [download] = await Promise.all([
    page.waitForEvent("download"), page.getByRole("link", { name: "Download" }).click()]);
  assert.equal(download.suggestedFilename(), "download.bin");
  const fetched = sha256(await readFile(await download.path()));
  assert.equal(fetched, sha256(await readFile(join(exampleSite, "download.bin"))));
});

test("a phone shows the site without scrolling sideways", async (t) => {
  const opened = await openSite(t, {
    viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true });
  const overflow = await opened.page.evaluate(() =>
    document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(overflow, 0);
  await screenshot(opened.page, "site-phone");
  await assertNothingWrong(opened);
});
