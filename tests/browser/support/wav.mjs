// A sound file: RIFF/WAVE, 16-bit stereo PCM at 44,100 Hz, with a tone that rises every second.

const rate = 44_100;
export const wavBytesASecond = rate * 4;

function header(dataBytes) {
  const buffer = Buffer.alloc(44);
  buffer.write("RIFF", 0);
  buffer.writeUInt32LE(36 + dataBytes, 4);
  buffer.write("WAVEfmt ", 8);
  buffer.writeUInt32LE(16, 16);
  buffer.writeUInt16LE(1, 20); // PCM
  buffer.writeUInt16LE(2, 22); // channels
  buffer.writeUInt32LE(rate, 24);
  buffer.writeUInt32LE(wavBytesASecond, 28);
  buffer.writeUInt16LE(4, 32);
  buffer.writeUInt16LE(16, 34);
  buffer.write("data", 36);
  buffer.writeUInt32LE(dataBytes, 40);
  return buffer;
}

function second() {
  const samples = new Int16Array(rate * 2);
  for (let i = 0; i < rate; ++i) {
    const phase = (2 * Math.PI * (220 + i / 800) * i) / rate;
    samples[2 * i] = samples[2 * i + 1] = 8000 * Math.sin(phase);
  }
  return Buffer.from(samples.buffer);
}

export function wav(seconds) {
  const tone = second();
  return Buffer.concat([header(seconds * tone.length), ...Array(seconds).fill(tone)]);
}
