// What a reader sees when something is wrong.

import assert from "node:assert/strict";

import { newPage, screenshot, test } from "./support/browser.mjs";
import { directoryOf, serve, serveConfigured } from "./support/server.mjs";

const look = (page) => page.evaluate(() => {
  const { backgroundColor, color } = getComputedStyle(document.body);
  return { backgroundColor, color };
});

// Relative luminance of "rgb(r, g, b)", from 0 (black) to 1.
function luminance(text) {
  const [red, green, blue] = text.match(/\d+/g).map((value) => (value / 255) ** 2.2);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

test("an error page is dark where the reader prefers that", async (t) => {
  const origin = await serve(t, await directoryOf(t, {}));
  const { page } = await newPage(t, { viewport: { width: 1100, height: 600 } });
  const answer = await page.goto(`${origin}/missing`);
  assert.equal(answer.status(), 404);
  assert.equal(await page.title(), "404 Not Found");
  assert.equal(await page.getByRole("heading").innerText(), "404 Not Found");
  assert.ok(await page.getByText("There is nothing at this address.").isVisible());
  await page.emulateMedia({ colorScheme: "light" });
  const light = await look(page);
  assert.ok(luminance(light.backgroundColor) - luminance(light.color) > 0.7, JSON.stringify(light));
  await screenshot(page, "error-light");
  await page.emulateMedia({ colorScheme: "dark" });
  const dark = await look(page);
  assert.ok(luminance(dark.color) - luminance(dark.backgroundColor) > 0.7, JSON.stringify(dark));
  await screenshot(page, "error-dark");
});

test("an error page fits a phone", async (t) => {
  const origin = await serve(t, await directoryOf(t, {}));
  const { page } = await newPage(t, {
    viewport: { width: 320, height: 640 }, deviceScaleFactor: 2, isMobile: true });
  await page.goto(`${origin}/missing`);
  const { content, visible, left } = await page.evaluate(() => ({
    content: document.documentElement.scrollWidth,
    visible: document.documentElement.clientWidth,
    left: document.querySelector("h1").getBoundingClientRect().left,
  }));
  assert.equal(content, visible);
  assert.equal(visible, 320);
  assert.ok(left >= 16, "the text touches the edge");
  await screenshot(page, "error-phone");
});

test("a site's own error page is shown with all that it loads", async (t) => {
  const directory = await directoryOf(t, {
    "site/404.html": '<!doctype html><link rel="stylesheet" href="/own.css"><p>Gone fishing.</p>',
    "site/own.css": "p { color: rgb(1, 2, 3) }",
  });
  const origin = await serveConfigured(t, directory, `
    [[site]]
    root = "site"
    error_pages = { 404 = "/404.html" }
  `);
  const { page } = await newPage(t);
  const answer = await page.goto(`${origin}/deep/er/missing`);
  assert.equal(answer.status(), 404);
  const text = page.getByText("Gone fishing.");
  assert.ok(await text.isVisible());
  assert.equal(await text.evaluate((p) => getComputedStyle(p).color), "rgb(1, 2, 3)");
});
