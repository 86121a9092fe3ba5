"""Measures every route of a body, by size, hot and cold; see `scripts/bench-transfer --help`."""

import argparse
import contextlib
import json
import os
import pathlib
import signal
import statistics
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import load  # noqa: E402
import machine  # noqa: E402
import namespace  # noqa: E402
import peers  # noqa: E402
import processes  # noqa: E402
import server as servers  # noqa: E402
from errors import BenchError  # noqa: E402

import cold  # noqa: E402
import plot  # noqa: E402
import table  # noqa: E402

ROUTES = ["auto", "copy", "sendfile", "splice", "ring-splice", "mapped", "zero-copy-send"]
SIZES = [1 << 10, 4 << 10, 16 << 10, 32 << 10, 64 << 10, 128 << 10, 256 << 10, 1 << 20, 4 << 20,
         16 << 20, 64 << 20]
FIRST_PORT = 8001
RESULTS = pathlib.Path(__file__).with_name("results")


def parse_options(argv):
    parser = argparse.ArgumentParser(
        prog="scripts/bench-transfer", add_help=False, allow_abbrev=False,
        usage="scripts/bench-transfer [options]; scripts/bench-transfer --help lists them")
    parser.add_argument("--routes", type=lambda text: text.split(","), default=ROUTES)
    parser.add_argument("--sizes", type=lambda text: [int(size) for size in text.split(",")],
                        default=SIZES)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--no-nginx", action="store_true")
    parser.add_argument("--no-cold", action="store_true")
    parser.add_argument("--output", type=pathlib.Path, default=RESULTS)
    options = parser.parse_args(argv)
    unknown = set(options.routes) - set(ROUTES)
    if unknown:
        parser.error(f"unknown route '{min(unknown)}'; there are: {' '.join(ROUTES)}")
    return options


def connections_for(size):
    """Enough that the server always has work, so few that whole bodies get through in a round."""
    return 64 if size <= 1 << 20 else 8


class Subject:
    """A server with one way of sending, and what was measured of it: {(temperature, size): […]}."""

    def __init__(self, name, server):
        self.name = name
        self.server = server
        self.rounds = {}

    def keep(self, temperature, size, seconds_per_byte):
        self.rounds.setdefault((temperature, size), []).append(seconds_per_byte)

    def medians(self):
        return {key: statistics.median(values) for key, values in self.rounds.items()}


def measure_hot(subject, file, size, seconds):
    """CPU seconds of the server for each byte of body; wrk downloads the same file all the time."""
    before = subject.server.cpu_seconds()
    result = load.run_wrk(subject.server.url(file), connections_for(size), seconds, core=1)
    used = subject.server.cpu_seconds() - before
    if result["requests"] == 0 or load.count_errors(result, size):
        raise BenchError(f"{subject.name} answered wrongly at {size} bytes")
    # Bodies that were under way at the end count as well, which matters where they are large.
    return used / (result["bytes"] * size / (size + 300))


def measure_cold(subject, files, size):
    cold.forget(files)
    before = subject.server.cpu_seconds()
    cold.download(subject.server.port, files, size)
    return (subject.server.cpu_seconds() - before) / (size * len(files))


def run(options, scratch):
    root = scratch / "root"
    root.mkdir(mode=0o755)
    hot_files = {size: make_file(root / f"hot-{size}", size) for size in options.sizes}
    cold_files = {}
    if not options.no_cold:
        cold_files = {size: [make_file(root / f"cold-{size}-{i}", size)
                             for i in range(cold.file_count(size))] for size in options.sizes}
        os.sync()
    with contextlib.ExitStack() as stack:
        subjects = start_all(options, root, scratch, stack)
        for size in options.sizes:
            for subject in subjects:
                subject.server.check(hot_files[size])
                load.run_wrk(subject.server.url(hot_files[size]), connections_for(size), 1, core=1)
            for number in range(options.rounds):
                # Who comes first has a machine that others have not warmed up yet: take turns.
                turn = subjects[number % len(subjects):] + subjects[:number % len(subjects)]
                for subject in turn:
                    subject.keep("hot", size, measure_hot(subject, hot_files[size], size,
                                                          max(1, int(options.seconds))))
                    if cold_files and number < 3:
                        subject.keep("cold", size, measure_cold(subject, cold_files[size], size))
            print_progress(size, subjects)
        return subjects


def start_all(options, root, scratch, stack):
    names = [("sluice", route) for route in options.routes]
    if not options.no_nginx:
        names.append(("nginx", "nginx"))
    subjects = []
    for number, (peer, name) in enumerate(names):
        os.environ["SLUICE_BENCH_ROUTE"] = name
        running = servers.running(name, "sluice-by-route" if peer == "sluice" else peer, root,
                                  scratch / f"server-{number}", FIRST_PORT + number, 0)
        subjects.append(Subject(name, stack.enter_context(running)))
    return subjects


def make_file(path, size):
    block = os.urandom(min(size, 1 << 20))
    with path.open("wb") as file:
        for _ in range(max(1, size // len(block))):
            file.write(block)
    return path


def print_progress(size, subjects):
    for temperature in ("hot", "cold"):
        values = {one.name: one.medians().get((temperature, size)) for one in subjects}
        if all(value is not None for value in values.values()):
            text = "  ".join(f"{name} {value * size * 1e6:.1f}" for name, value in values.items())
            print(f"{temperature:4} {table.size_name(size):>7}: {text} µs", flush=True)


def main(argv):
    options = parse_options(argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        namespace.enter()
        with tempfile.TemporaryDirectory(prefix="sluice-bench-", dir="/var/tmp") as scratch:
            pathlib.Path(scratch).chmod(0o755)
            subjects = run(options, pathlib.Path(scratch))
    except BenchError as error:
        print(f"bench-transfer: {error}", file=sys.stderr)
        return 1
    results = {one.name: one.medians() for one in subjects}
    description = machine.describe(["sluice"] + ([] if options.no_nginx else ["nginx"]))
    options.output.mkdir(exist_ok=True)
    (options.output / "routes.md").write_text(table.markdown(results, description, options))
    (options.output / "routes.svg").write_text(plot.svg(results))
    (options.output / "routes.json").write_text(json.dumps(
        {"machine": description,
         "seconds_per_byte": {one.name: {f"{t} {size}": values
                                         for (t, size), values in one.rounds.items()}
                              for one in subjects}}, indent=1) + "\n")
    print((options.output / "routes.md").read_text())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
