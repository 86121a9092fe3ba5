// A reporter for `node --test` that prints a line a test, why it failed, and the totals. Tests that
// were left out, or skipped, are not counted; a file that ends badly by itself is a failed test.

export default async function* totals(events) {
  let passed = 0;
  let failed = 0;
  for await (const { type, data } of events) {
    if (type === "test:stdout" || type === "test:stderr") yield data.message;
    if ((type !== "test:pass" && type !== "test:fail") || data.skip) continue;
    const { duration_ms, error } = data.details;
    const verdict = type === "test:pass" ? "ok" : "FAILED";
    yield `${verdict.padEnd(7)}${data.name} (${Math.round(duration_ms)} ms)\n`;
    if (type === "test:pass") {
      passed += 1;
    } else {
      failed += 1;
      yield `${error?.cause?.stack ?? error?.message ?? error}\n`;
    }
  }
  yield `${passed} passed, ${failed} failed\n`;
}
