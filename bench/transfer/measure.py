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
WARMING_REQUESTS = 20
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
                        default=CONDITIONS)
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
    """A way of sending, and what was measured of it: {(condition, size): […]}."""

    def __init__(self, name, peer, root, port):
        self.name = name
        self.peer = peer
        self.root = root
        self.port = port
        self.server = None  # while running()
        self.rounds = {}

    @contextlib.contextmanager
    def running(self, scratch):
        os.environ["SLUICE_BENCH_ROUTE"] = self.name
        with servers.running(self.name, self.peer, self.root, scratch, self.port, 0) as server:
            self.server = server
            yield server

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


def measure_cold(server, files, size):
    """Each file once, from the disk."""
    cold.forget(files)
    before = server.cpu_seconds()
    cold.download(server.port, files, size)
    return (server.cpu_seconds() - before) / (size * len(files))


CACHED_CONDITIONS = {"one": measure_one, "many": measure_many}
CONDITIONS = [*CACHED_CONDITIONS, "cold"]


def run(options, scratch):
    root = scratch / "root"
    root.mkdir(mode=0o755)
    subjects = subjects_of(options, root)
    files = {size: [make_file(root / f"{name_of(size)}{i}", size)
                    for i in range(cold.file_count(size))] for size in options.sizes}
    os.sync()
    cached = [name for name in CACHED_CONDITIONS if name in options.conditions]
    if cached:
        run_cached(options, cached, subjects, files, scratch)
    if "cold" in options.conditions:
        run_cold(options, subjects, files, scratch)
    return subjects


def subjects_of(options, root):
    peers_by_name = dict.fromkeys(options.routes, "sluice-by-route")
    if not options.no_nginx:
        peers_by_name["nginx"] = "nginx"
    return [Subject(name, peer, root, FIRST_PORT + number)
            for number, (name, peer) in enumerate(peers_by_name.items())]


def in_turn(subjects, number):
    """Who comes first has a machine that others have not warmed up yet: take turns."""
    first = number % len(subjects)
    return subjects[first:] + subjects[:first]


def run_cached(options, conditions, subjects, files, scratch):
    with contextlib.ExitStack() as stack:
        for subject in subjects:
            stack.enter_context(subject.running(scratch / f"server-{subject.name}"))
        for size in options.sizes:
            for subject in subjects:
                subject.server.check(files[size][0])
                measure_many(subject, files[size], size, 1)  # warms up, and is not kept
            for number in range(options.rounds):
                for condition in conditions:
                    measure = CACHED_CONDITIONS[condition]
                    for subject in in_turn(subjects, number):
                        subject.keep(condition, size, measure(subject, files[size], size,
                                                              options.seconds))
            print_progress(size, conditions, subjects)


def run_cold(options, subjects, files, scratch):
    """A server of its own for each figure: what one keeps mapped stays in the page cache."""
    warm = make_file(subjects[0].root / "warm", 1024)
    for size in options.sizes:
        for number in range(options.rounds):
            for subject in in_turn(subjects, number):
                of_its_own = scratch / f"cold-{size}-{number}-{subject.name}"
                with subject.running(of_its_own) as server:
                    for _ in range(WARMING_REQUESTS):
                        server.check(warm)
                    subject.keep("cold", size, measure_cold(server, files[size], size))
        print_progress(size, ["cold"], subjects)


def name_of(size):
    return f"{size}-"


def make_file(path, size):
    block = os.urandom(min(size, 1 << 20))
    with path.open("wb") as file:
        for _ in range(max(1, size // len(block))):
            file.write(block)
    return path


def print_progress(size, conditions, subjects):
    for condition in conditions:
        text = "  ".join(f"{one.name} {one.medians()[condition, size] * size * 1e6:.1f}"
                         for one in subjects)
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
