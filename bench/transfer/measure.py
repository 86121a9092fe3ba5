"""Measures every route of a body, by size, cached or not; see `scripts/bench-transfer --help`."""

import contextlib
import json
import os
import pathlib
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import load  # noqa: E402
import machine  # noqa: E402
import measurement  # noqa: E402
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
    parser = measurement.parser("bench-transfer")
    parser.add_argument("--routes", type=lambda text: text.split(","), default=ROUTES)
    parser.add_argument("--sizes", type=lambda text: [int(size) for size in text.split(",")],
                        default=SIZES)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=1)
    parser.add_argument("--no-nginx", action="store_true")
    parser.add_argument("--conditions", type=lambda text: text.split(","),
                        default=list(CONDITIONS))
    parser.add_argument("--output", type=pathlib.Path, default=RESULTS)
    options = parser.parse_args(argv)
    unknown = set(options.routes) - set(ROUTES)
    if unknown:
        parser.error(f"unknown route '{min(unknown)}'; there are: {' '.join(ROUTES)}")
    unknown = set(options.conditions) - set(CONDITIONS)
    if unknown:
        parser.error(f"unknown condition '{min(unknown)}'; there are: {' '.join(CONDITIONS)}")
    return options


def connections_for(size):
    """Enough that the server always has work, so few that whole bodies get through in a round."""
    return 64 if size <= 1 << 20 else 8


class Subject:
    """A server with one way of sending, and what was measured of it: {(condition, size): […]}."""

    def __init__(self, name, server):
        self.name = name
        self.server = server
        self.rounds = {}

    def keep(self, condition, size, seconds_per_byte):
        self.rounds.setdefault((condition, size), []).append(seconds_per_byte)

    def medians(self):
        return {key: statistics.median(values) for key, values in self.rounds.items()}


# Each of these: CPU seconds of the server for each byte of body.

def measure_one(subject, files, size, seconds):
    """wrk downloads the same file all the time: the processor's caches hold it."""
    return measure_wrk(subject, size, files[0], seconds)


def measure_many(subject, files, size, seconds):
    """wrk downloads files by turns, together more than the processor's caches hold."""
    return measure_wrk(subject, size, files[0], seconds, script=load.MANY_FILES,
                       arguments=(f"/{name_of(size)}", str(len(files))))


def measure_wrk(subject, size, file, seconds, **how):
    before = subject.server.cpu_seconds()
    result = load.run_wrk(subject.server.url(file), connections_for(size), seconds, core=1, **how)
    used = subject.server.cpu_seconds() - before
    if result["requests"] == 0 or load.count_errors(result, size):
        raise BenchError(f"{subject.name} answered wrongly at {size} bytes")
    # Bodies that were under way at the end count as well, which matters where they are large.
    return used / (result["bytes"] * size / (size + 300))


def measure_cold(subject, files, size, _seconds):
    cold.forget(files)
    before = subject.server.cpu_seconds()
    cold.download(subject.server.port, files, size)
    return (subject.server.cpu_seconds() - before) / (size * len(files))


CONDITIONS = {"one": measure_one, "many": measure_many, "cold": measure_cold}
MOST_COLD_ROUNDS = 3


def run(options, scratch):
    root = scratch / "root"
    root.mkdir(mode=0o755)
    files = {size: [make_file(root / f"{name_of(size)}{i}", size)
                    for i in range(cold.file_count(size))] for size in options.sizes}
    os.sync()
    with contextlib.ExitStack() as stack:
        subjects = start_all(options, root, scratch, stack)
        for size in options.sizes:
            for subject in subjects:
                subject.server.check(files[size][0])
                measure_many(subject, files[size], size, 1)  # warms up, and is not kept
            for number in range(options.rounds):
                # Who comes first has a machine that others have not warmed up yet: take turns.
                turn = subjects[number % len(subjects):] + subjects[:number % len(subjects)]
                for condition in options.conditions:
                    if condition == "cold" and number >= MOST_COLD_ROUNDS:
                        continue
                    for subject in turn:
                        subject.keep(condition, size, CONDITIONS[condition](
                            subject, files[size], size, options.seconds))
            print_progress(size, subjects)
        return subjects


def name_of(size):
    return f"{size}-"


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
    for condition in CONDITIONS:
        values = {one.name: one.medians().get((condition, size)) for one in subjects}
        if all(value is not None for value in values.values()):
            text = "  ".join(f"{name} {value * size * 1e6:.1f}" for name, value in values.items())
            print(f"{condition:4} {table.size_name(size):>7}: {text} µs", flush=True)


def write_results(options, subjects):
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


def main(argv):
    options = parse_options(argv)
    return measurement.run("bench-transfer",
                           lambda scratch: write_results(options, run(options, scratch)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
