// Directory listings, which have no script: all of this must work without.

import assert from "node:assert/strict";
import { utimes } from "node:fs/promises";
import { join } from "node:path";

import { assertNothingWrong, newPage, screenshot, test } from "./support/browser.mjs";
import { directoryOf, serve } from "./support/server.mjs";

const files = {
  "music/2024/Night Train.flac": Buffer.alloc(31_457_280),
  "music/2024/Harbour.flac": Buffer.alloc(24_117_248),
  "music/2024/Low Tide – Live at the Old Lock Keeper’s House, second night.flac":
    Buffer.alloc(41_943_040),
  "music/2024/artwork/cover.png": Buffer.alloc(220_000),
  "music/2024/booklet.pdf": Buffer.alloc(1_200_000),
  "music/2024/lyrics.txt": "la la la\n",
  "music/2024/ملاحظات.txt": "ملاحظات\n",
  "music/2024/a & b <c>.txt": "markup\n",
};

async function openListing(t, options) {
  const root = await directoryOf(t, files);
  const names = Object.keys(files);
  for (const [i, name] of names.entries()) {
    await utimes(join(root, name), 0, 1_760_000_000 + i * 90_061);
  }
  await utimes(join(root, "music/2024/artwork"), 0, 1_765_432_100);
  const origin = await serve(t, root, "--listing");
  const opened = await newPage(t, options);
  await opened.page.goto(`${origin}/music/2024/`);
  return { ...opened, origin };
}

const rows = (page) => page.locator("tbody tr:not(.u) bdi").allTextContents();

const sizes = async (page) => {
  const titles = await page.locator("td[title]").evaluateAll((cells) => cells.map((c) => c.title));
  return titles.map((title) => parseInt(title, 10));
};

test("a listing shows folders first and every file", async (t) => {
  const opened = await openListing(t, { viewport: { width: 1100, height: 760 } });
  const { page } = opened;
  const shown = await rows(page);
  assert.equal(shown[0], "artwork/");
  const names = Object.keys(files).map((name) => name.split("/")[2]);
  assert.deepEqual(shown.slice(1).sort(), names.filter((name) => name !== "artwork").sort());
  assert.equal(await page.title(), "Index of /music/2024/");
  await screenshot(page, "listing-light");
  await assertNothingWrong(opened);
});

test("each name leads to its file, whatever is in it", async (t) => {
  const { page, origin } = await openListing(t);
  for (const link of await page.locator("tbody tr:not(.u):not(.d) a").all()) {
    const name = await link.locator("bdi").textContent();
    const target = await link.evaluate((a) => a.href);
    assert.equal(decodeURIComponent(new URL(target).pathname), `/music/2024/${name}`);
    const answer = await page.request.head(target);
    assert.equal(answer.status(), 200, name);
  }
  await page.goto(`${origin}/music/2024/lyrics.txt`);
  assert.equal(await page.locator("body").innerText(), "la la la\n");
});

for (const javaScriptEnabled of [false, true]) {
  test(`columns sort with scripts ${javaScriptEnabled ? "on" : "off"}`, async (t) => {
    const opened = await openListing(t, { javaScriptEnabled });
    const { page } = opened;
    const names = await rows(page);
    await page.getByRole("link", { name: "Size" }).click();
    const descending = await page.locator("td[title]").allTextContents();
    await page.getByRole("link", { name: "Size" }).click();
    assert.deepEqual(await page.locator("td[title]").allTextContents(), descending.reverse());
    assert.match(page.url(), /\?sort=size$/);
    await page.getByRole("link", { name: "Name" }).click();
    assert.deepEqual(await rows(page), names);
    await page.getByRole("link", { name: "Name" }).click();
    assert.deepEqual((await rows(page)).slice(1), names.slice(1).reverse());
    await assertNothingWrong(opened);
  });
}

test("the largest file comes first when sizes are asked for", async (t) => {
  const { page } = await openListing(t);
  await page.getByRole("link", { name: "Size" }).click();
  const found = await sizes(page);
  assert.deepEqual(found, [...found].sort((a, b) => b - a));
  assert.equal(found[0], 41_943_040);
  const head = page.getByRole("columnheader", { name: "Size" });
  assert.equal(await head.getAttribute("aria-sort"), "descending");
});

test("the heading and the first row lead up", async (t) => {
  const opened = await openListing(t, { javaScriptEnabled: false });
  const { page, origin } = opened;
  await page.getByRole("link", { name: "Parent directory" }).click();
  assert.equal(page.url(), `${origin}/music/`);
  await page.getByRole("link", { name: "2024/" }).click();
  await page.getByRole("link", { name: "artwork/" }).click();
  assert.equal(page.url(), `${origin}/music/2024/artwork/`);
  await page.getByRole("heading").getByRole("link", { name: "music" }).click();
  assert.equal(page.url(), `${origin}/music/`);
  await page.getByRole("link", { name: "Home" }).click();
  assert.equal(page.url(), `${origin}/`);
  assert.equal(await page.getByRole("link", { name: "Parent directory" }).count(), 0);
  await assertNothingWrong(opened);
});

test("the keyboard reaches every link, and shows where it is", async (t) => {
  const { page } = await openListing(t);
  const links = await page.locator("a").count();
  for (let i = 0; i < links; ++i) {
    await page.keyboard.press("Tab");
    const focus = await page.evaluate(() => {
      const links = [...document.querySelectorAll("a")];
      const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
      return { at: links.indexOf(document.activeElement), outlineStyle, outlineWidth };
    });
    assert.deepEqual(focus, { at: i, outlineStyle: "solid", outlineWidth: "2px" });
  }
  await page.locator("tbody a").first().focus();
  await page.keyboard.press("Enter");
  await page.waitForURL("**/music/");
});

test("1,200 files are read page by page", async (t) => {
  const names = Array.from({ length: 1200 }, (_, i) => `file ${1000 + i}.txt`);
  const root = await directoryOf(t, Object.fromEntries(names.map((name) => [name, ""])));
  const origin = await serve(t, root, "--listing");
  const opened = await newPage(t, { javaScriptEnabled: false });
  const { page } = opened;
  await page.goto(origin);
  const shown = await rows(page);
  const next = page.getByRole("link", { name: "Next page" });
  while (await next.isVisible()) {
    await next.click();
    shown.push(...(await rows(page)));
    assert.ok(shown.length <= names.length);
  }
  assert.ok((await rows(page)).length < names.length, "there was no second page");
  assert.deepEqual(shown, names);
  await page.getByRole("link", { name: "First page" }).click();
  assert.equal((await rows(page))[0], names[0]);
  await assertNothingWrong(opened);
});

test("an empty directory says so", async (t) => {
  const root = await directoryOf(t, {});
  const opened = await newPage(t);
  await opened.page.goto(await serve(t, root, "--listing"));
  const { page } = opened;
  assert.ok(await page.getByText("This directory is empty.").isVisible());
  const table = await page.getByRole("table").boundingBox();
  const name = await page.getByRole("columnheader", { name: "Name" }).boundingBox();
  assert.ok(name.width > 0.7 * table.width, "the other columns are on the right, as ever");
  await screenshot(page, "listing-empty");
  await assertNothingWrong(opened);
});

const background = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);

test("a reader who prefers dark gets dark", async (t) => {
  const opened = await openListing(t, { viewport: { width: 1100, height: 760 } });
  const { page } = opened;
  await page.emulateMedia({ colorScheme: "light" });
  assert.equal(await background(page), "rgb(255, 255, 255)");
  await page.emulateMedia({ colorScheme: "dark" });
  const [red, green, blue] = (await background(page)).match(/\d+/g).map(Number);
  assert.ok(Math.max(red, green, blue) < 64, await background(page));
  await screenshot(page, "listing-dark");
  await assertNothingWrong(opened);
});

test("a phone shows a listing without scrolling sideways", async (t) => {
  for (const width of [320, 390]) {
    const { page } = await openListing(t, {
      viewport: { width, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true });
    const overflow = await page.evaluate(() =>
      document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(overflow, 0, `${width} px`);
    for (const row of await page.locator("tbody tr").all()) {
      const { x, y, width, height } = await row.boundingBox();
      assert.ok(height >= 44, `${height} px are too few for a finger`);
      const target = await page.evaluate(
        ([x, y]) => document.elementFromPoint(x, y)?.closest("a")?.href,
        [x + width - 20, y + height - 6]);
      assert.equal(target, await row.locator("a").evaluate((a) => a.href));
    }
    if (width === 390) await screenshot(page, "listing-phone");
  }
});
