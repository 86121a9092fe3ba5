// What a configuration makes of a directory: an application of one page, and what is closed.

import assert from "node:assert/strict";

import { assertNothingWrong, newPage, screenshot, test } from "./support/browser.mjs";
import { requestWhere } from "./support/network.mjs";
import { directoryOf, serve, serveConfigured } from "./support/server.mjs";

const application = {
  "index.html": `<!doctype html><meta charset="utf-8"><title>application</title>
    <link rel="icon" href="data:,"><script type="module" src="/assets/app.js"></script><main></main>
    <a href="/users/7">seven</a>`,
  "assets/app.js": `
    const show = () => (document.querySelector("main").textContent = "at " + location.pathname);
    document.querySelector("a").addEventListener("click", (event) => {
      event.preventDefault();
      history.pushState(null, "", event.target.href);
      show();
    });
    addEventListener("popstate", show);
    show();`,
};

test("a deep link opens the application", async (t) => {
  const origin = await serve(t, await directoryOf(t, application), "--spa");
  const opened = await newPage(t);
  const { page } = opened;
  const answer = await page.goto(`${origin}/users/42`);
  assert.equal(answer.status(), 200);
  assert.equal(await page.locator("main").innerText(), "at /users/42");
  await page.getByRole("link").click();
  assert.equal(await page.locator("main").innerText(), "at /users/7");
  await page.reload();
  assert.equal(await page.locator("main").innerText(), "at /users/7");
  await page.goBack();
  assert.equal(await page.locator("main").innerText(), "at /users/42");
  await assertNothingWrong(opened);
});

test("what an application loads is there, or is missing", async (t) => {
  const origin = await serve(t, await directoryOf(t, application), "--spa");
  const { page } = await newPage(t);
  await page.goto(`${origin}/users/42`);
  const statuses = await page.evaluate(async () => {
    const status = async (path) => (await fetch(path)).status;
    return [await status("/assets/app.js"), await status("/assets/missing.js"),
      await status("/api/missing.json")];
  });
  assert.deepEqual(statuses, [200, 404, 404]);
  const answer = await page.goto(`${origin}/assets/missing`);
  assert.equal(answer.status(), 404);
  assert.equal(await page.title(), "404 Not Found");
});

// The password is "open sesame".
const password = "reader:$2y$05$iZdnB2HahG1rMMUPNHYnouQYXskVtxGVpUV7UCUS1aHtvnR9spX6u\n";

async function serveClosed(t) {
  const directory = await directoryOf(t, {
    "site/index.html": '<!doctype html><link rel="icon" href="data:,"><p>open</p>',
    "site/private/index.html": `<!doctype html><link rel="icon" href="data:,">
      <link rel="stylesheet" href="style.css"><p>closed</p>`,
    "site/private/style.css": "p { color: rgb(1, 2, 3) }",
    "users": password,
  });
  return serveConfigured(t, directory, `
    [[site]]
    root = "site"
      [[site.auth]]
      path = "/private/**"
      realm = "Private"
      htpasswd = "users"
  `);
}

test("name and password open what is closed", async (t) => {
  const origin = await serveClosed(t);
  const opened = await newPage(t, {
    httpCredentials: { username: "reader", password: "open sesame" } });
  const { page, network } = opened;
  assert.equal((await page.goto(`${origin}/private/`)).status(), 200);
  assert.equal(await page.locator("p").innerText(), "closed");
  const colour = await page.locator("p").evaluate((p) => getComputedStyle(p).color);
  assert.equal(colour, "rgb(1, 2, 3)");
  // The browser sends them without being asked a second time.
  const { sent } = await requestWhere(network, (exchange) =>
    exchange.url.endsWith("/style.css") && exchange.sent, "for the style");
  assert.match(sent.authorization, /^Basic /);
});

test("with a wrong password it stays closed", async (t) => {
  const origin = await serveClosed(t);
  const { page } = await newPage(t, {
    httpCredentials: { username: "reader", password: "close sesame" } });
  assert.equal((await page.goto(origin)).status(), 200);
  const answer = await page.goto(`${origin}/private/`);
  assert.equal(answer.status(), 401);
  assert.equal(await page.title(), "401 Unauthorized");
  await screenshot(page, "error-401");
});

test("without a password the browser asks for one", async (t) => {
  const origin = await serveClosed(t);
  const { page, network } = await newPage(t);
  assert.equal((await page.goto(origin)).status(), 200);
  // There is nobody who could answer.
  await assert.rejects(page.goto(`${origin}/private/`), /ERR_INVALID_AUTH_CREDENTIALS/);
  const { received } = await requestWhere(network, ({ status }) => status === 401, "with 401");
  assert.equal(received["www-authenticate"], 'Basic realm="Private", charset="UTF-8"');
});
