// A video file: WebM (the subset of Matroska, RFC 9559) of VP8 frames, with cues, so that a player
// can go anywhere in it.

const millisecond_ns = 1_000_000;

// An element whose size has eight bytes, so that sizes and places can be told in advance.
function element(id, ...content) {
  const data = Buffer.concat(content.map((part) => (Buffer.isBuffer(part) ? part : number(part))));
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE((1n << 56n) | BigInt(data.length));
  return Buffer.concat([Buffer.from(id, "hex"), size, data]);
}

function number(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

function float(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes;
}

const text = (value) => Buffer.from(value, "ascii");

const head = element("1a45dfa3", // EBML
  element("4282", text("webm")), // DocType
  element("4287", 4), // DocTypeVersion
  element("4285", 2)); // DocTypeReadVersion

const information = (seconds) => element("1549a966",
  element("2ad7b1", millisecond_ns), // TimestampScale
  element("4489", float(seconds * 1000)), // Duration
  element("4d80", text("sluice")), // MuxingApp
  element("5741", text("sluice"))); // WritingApp

const tracks = (width, height) => element("1654ae6b",
  element("ae", // TrackEntry
    element("d7", 1), // TrackNumber
    element("73c5", 1), // TrackUID
    element("83", 1), // TrackType: video
    element("86", text("V_VP8")), // CodecID
    element("e0", element("b0", width), element("ba", height)))); // Video

// A key frame, at a time that is relative to its cluster's.
function simpleBlock(frame, time_ms) {
  const start = Buffer.from([0x81, 0, 0, 0x80]);
  start.writeInt16BE(time_ms, 1);
  return element("a3", start, frame);
}

// One second, filled up with Void to `bytes`.
function cluster(second, frames, bytes) {
  const distance_ms = 1000 / frames.length;
  const blocks = frames.map((frame, i) => simpleBlock(frame, Math.round(i * distance_ms)));
  const content = [element("e7", second * 1000), ...blocks];
  const used = content.reduce((sum, part) => sum + part.length, 0) + 12;
  const padding = bytes - used - 9;
  if (padding < 0) throw new Error(`a second takes ${used} bytes, more than ${bytes}`);
  return element("1f43b675", ...content, element("ec", Buffer.alloc(padding)));
}

const cue = (second, position) => element("bb", // CuePoint
  element("b3", second * 1000), // CueTime
  element("b7", element("f7", 1), element("f1", position))); // CueTrack, CueClusterPosition

// `framesOf(second)` are VP8 key frames, to be shown at equal distances; each second takes
// `secondBytes` of the file.
export function webm({ width, height, seconds, secondBytes, framesOf }) {
  const before = [information(seconds), tracks(width, height)];
  const numbers = Array.from({ length: seconds }, (_, i) => i);
  const cuesAt = (first) =>
    element("1c53bb6b", ...numbers.map((i) => cue(i, first + i * secondBytes)));
  const first = [...before, cuesAt(0)].reduce((sum, part) => sum + part.length, 0);
  const clusters = numbers.map((i) => cluster(i, framesOf(i), secondBytes));
  return Buffer.concat([head, element("18538067", ...before, cuesAt(first), ...clusters)]);
}
