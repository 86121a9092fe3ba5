// Starting and stopping the server under test, and the directories that it serves.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const repository = fileURLToPath(new URL("../../..", import.meta.url));
const binary = resolve(repository, process.env.SLUICE_BINARY ?? "build/debug/sluice");
const readyLine = /^sluice \S+ serving .+ on http:\/\/(\S+?)\/?$/;

export const exampleSite = resolve(repository, "build/debug/examples/site");

// An empty directory that is gone after the tests of `t`.
export async function newDirectory(t) {
  const path = await mkdtemp(join(tmpdir(), "sluice-browser-"));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

// A directory with the given files, path → content.
export async function directoryOf(t, files) {
  const path = await newDirectory(t);
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), content);
  }
  return path;
}

// Serves until the tests of `t` have ended; returns the origin, "http://127.0.0.1:PORT". What the
// server writes to standard error is a failure, and so is any exit status but 0.
export async function serve(t, ...options) {
  const server = spawn(binary, ["serve", "--listen", "127.0.0.1:0", ...options],
    { stdio: ["ignore", "pipe", "pipe"] });
  const exited = once(server, "exit");
  let complaints = "";
  server.stderr.setEncoding("utf8").on("data", (text) => (complaints += text));
  t.after(async () => {
    server.kill("SIGTERM");
    const [status] = await exited;
    if (status !== 0 || complaints) throw new Error(`exit status ${status}: ${complaints}`);
  });
  const lines = createInterface({ input: server.stdout });
  const [line] = await Promise.race([once(lines, "line"), once(lines, "close")]);
  const ready = readyLine.exec(line ?? "");
  if (!ready) throw new Error(`the server is not ready: ${line}: ${complaints}`);
  return `http://${ready[1]}`;
}

// The same with a configuration; relative paths in it are relative to `directory`.
export async function serveConfigured(t, directory, configuration) {
  const file = join(directory, "sluice.toml");
  await writeFile(file, configuration);
  return serve(t, "--config", file);
}
