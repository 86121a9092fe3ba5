// Players, which fetch the part of a file that they are about to play.

import assert from "node:assert/strict";

import { assertNothingWrong, newPage, test } from "./support/browser.mjs";
import { requestWhere } from "./support/network.mjs";
import { directoryOf, serve } from "./support/server.mjs";
import { wav, wavBytesASecond } from "./support/wav.mjs";
import { webm } from "./support/webm.mjs";

const playerOf = (tag, file) => `<!doctype html><title>player</title><link rel="icon" href="data:,">
  <${tag} src="${file}" preload="metadata" controls muted></${tag}>`;

const firstByte = ({ sent }) => Number(/^bytes=(\d+)-/.exec(sent?.range ?? "")?.[1] ?? NaN);

// Opens the page of a player, goes to `seconds` there, plays on, and checks what was asked for:
// a part that begins near `at`, without all that comes before it.
async function seek({ page, network }, origin, { file, type, seconds, at, size }) {
  await page.goto(`${origin}/player.html`);
  const player = page.locator("audio, video");
  const known = await player.evaluate(async (element) => {
    while (element.readyState < 1) {
      await new Promise((resolve) => element.addEventListener("loadedmetadata", resolve));
    }
    return element.duration;
  });
  assert.ok(Math.abs(known - 2 * seconds) < 0.5, `the duration is ${known} s`);
  const reached = await player.evaluate(async (element, seconds) => {
    const seeked = new Promise((resolve, reject) => {
      element.addEventListener("seeked", resolve);
      element.addEventListener("error", () => reject(new Error(element.error.message)));
    });
    element.currentTime = seconds;
    await seeked;
    return element.currentTime;
  }, seconds);
  assert.ok(Math.abs(reached - seconds) < 0.1, `went to ${reached} s`);

  const slack = 2 << 20;
  const near = (exchange) =>
    exchange.url.endsWith(`/${file}`) && Math.abs(firstByte(exchange) - at) < slack;
  const { sent, received, status } = await requestWhere(network, (exchange) =>
    near(exchange) && exchange.status, `for what is near byte ${at}`);
  assert.equal(status, 206);
  assert.equal(received["content-range"], `bytes ${/\d+/.exec(sent.range)[0]}-${size - 1}/${size}`);

  assert.equal(received["content-type"], type);

  await player.evaluate(async (element, seconds) => {
    await element.play();
    while (element.currentTime < seconds + 0.5) {
      await new Promise((resolve) => element.addEventListener("timeupdate", resolve));
    }
    element.pause();
  }, seconds);
  return player;
}

test("a sound is played from its middle", async (t) => {
  const seconds = 300;
  const content = wav(seconds);
  const root = await directoryOf(t, {
    "player.html": playerOf("audio", "tone.wav"), "tone.wav": content });
  const opened = await newPage(t);
  await seek(opened, await serve(t, root), {
    file: "tone.wav", type: "audio/wav", seconds: seconds / 2,
    at: (seconds / 2) * wavBytesASecond, size: content.length });
  await assertNothingWrong(opened);
});

// Frames of one colour, in which there is enough detail for a frame to have some size.
const encodeFrames = ({ width, height, colour, count }) => {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  const frames = [];
  const encoder = new VideoEncoder({
    output: (chunk) => {
      const bytes = new Uint8Array(chunk.byteLength);
      chunk.copyTo(bytes);
      frames.push({ key: chunk.type === "key", data: btoa(String.fromCharCode(...bytes)) });
    },
    error: (error) => { throw error; },
  });
  encoder.configure({ codec: "vp8", width, height, bitrate: 2_000_000, framerate: 25 });
  for (let i = 0; i < count; ++i) {
    context.fillStyle = colour;
    context.fillRect(0, 0, width, height);
    context.fillStyle = "white";
    context.fillRect((i * width) / count, 0, width / count, height / 8);
    const frame = new VideoFrame(canvas, { timestamp: i * 40_000 });
    encoder.encode(frame, { keyFrame: true });
    frame.close();
  }
  return encoder.flush().then(() => frames);
};

async function video(t, { seconds, secondBytes }) {
  const [width, height] = [320, 180];
  const { page } = await newPage(t);
  // The encoder is for pages that came from somewhere.
  await page.goto(await serve(t, await directoryOf(t, { "index.html": "<!doctype html>" })));
  const framesOf = async (colour) => {
    const frames = await page.evaluate(encodeFrames, { width, height, colour, count: 25 });
    assert.ok(frames.length === 25 && frames.every(({ key }) => key));
    return frames.map(({ data }) => Buffer.from(data, "base64"));
  };
  const [red, blue] = [await framesOf("red"), await framesOf("blue")];
  return webm({ width, height, seconds, secondBytes,
    framesOf: (second) => (second < seconds / 2 ? red : blue) });
}

test("a video is played from its middle", async (t) => {
  const seconds = 64;
  const secondBytes = 768 << 10;
  const content = await video(t, { seconds, secondBytes });
  const root = await directoryOf(t, {
    "player.html": playerOf("video", "colours.webm"), "colours.webm": content });
  const opened = await newPage(t);
  const origin = await serve(t, root);
  const player = await seek(opened, origin, {
    file: "colours.webm", type: "video/webm", seconds: seconds / 2,
    at: (seconds / 2) * secondBytes, size: content.length });
  const colour = await player.evaluate((element) => {
    const context = new OffscreenCanvas(1, 1).getContext("2d");
    context.drawImage(element, 0, 90, 1, 1, 0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data];
  });
  assert.ok(colour[2] > 200 && colour[0] < 60, `the second half is blue, not ${colour}`);
  await assertNothingWrong(opened);
});
