// One Chromium for the tests of a file, and pages that remember what went wrong on them.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test as nodeTest } from "node:test";

import { chromium } from "playwright-core";

import { recordNetwork, settled } from "./network.mjs";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const screenshots = process.env.SLUICE_SCREENSHOTS;

let browser;

before(async () => {
  // Chromium's sandbox refuses to run as root.
  browser = await chromium.launch({ executablePath, chromiumSandbox: process.getuid() !== 0 });
});

after(() => browser?.close());

// A test that fails when it takes too long.
export const test = (name, run) => nodeTest(name, { timeout: 60_000 }, run);

// A page in a browser profile of its own, with `problems` (uncaught errors and what the console
// shows as errors or warnings: violations of a policy too) and `network`, see recordNetwork().
export async function newPage(t, options = {}) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(15_000);
  t.after(() => context.close());
  const page = await context.newPage();
  const problems = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) problems.push(message.text());
  });
  return { page, problems, network: await recordNetwork(page) };
}

// Every request was answered with less than 400, and the console is empty.
export async function assertNothingWrong({ problems, network }) {
  assert.deepEqual(problems, []);
  const failed = (await settled(network)).filter(({ status, failure }) => status >= 400 || failure);
  assert.deepEqual(failed.map(({ url, status, failure }) => `${failure ?? status} ${url}`), []);
}

// A picture of the whole page in the directory SLUICE_SCREENSHOTS, where there is one.
export async function screenshot(page, name) {
  if (!screenshots) return;
  await mkdir(screenshots, { recursive: true });
  await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });
}
