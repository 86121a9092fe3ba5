"""Measures every route of a body, by size, cached or not; see `scripts/bench-transfer --help`."""

import contextlib
import itertools
import json
import math
import os
import pathlib
import random
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
SETTLED = 0.02  # the standard error that a median may have
CLOSE = 1.1     # beside the best single route, those that cost at most so many times what it does
RESULTS = pathlib.Path(__file__).with_name("results")


def parse_options(argv):
    parser = measurement.parser("bench-transfer")
    parser.add_argument("--routes", type=lambda text: text.split(","), default=ROUTES)
    parser.add_argument("--sizes", type=lambda text: [int(size) for size in text.split(",")],
                        default=SIZES)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--most-rounds", type=int, default=15)
    parser.add_argument("--seconds", type=int, default=1)
    parser.add_argument("--no-nginx", action="store_true")
    parser.add_argument("--conditions", type=lambda text: text.split(","),
                        default=CONDITIONS)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--output", type=pathlib.Path, default=RESULTS)
    options = parser.parse_args(argv)
    if options.keep and not (options.output / "routes.json").is_file():
        parser.error(f"--keep: there are no results in {options.output}")
    if not 1 <= options.rounds <= options.most_rounds:
        parser.error("--rounds: 1 to what --most-rounds says")
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

    def keep(self, key, seconds_per_byte):
        self.rounds.setdefault(key, []).append(seconds_per_byte)

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
    runs = 1 + (take_earlier(options, subjects) if options.keep else 0)
    files = {size: [make_file(root / f"{name_of(size)}{i}", size)
                    for i in range(cold.file_count(size))] for size in options.sizes}
    os.sync()
    cached = [name for name in CACHED_CONDITIONS if name in options.conditions]
    if cached:
        run_cached(options, cached, subjects, files, scratch)
    if "cold" in options.conditions:
        run_cold(options, subjects, files, scratch)
    return subjects, runs


def subjects_of(options, root):
    peers_by_name = dict.fromkeys(options.routes, "sluice-by-route")
    if not options.no_nginx:
        peers_by_name["nginx"] = "nginx"
    return [Subject(name, peer, root, FIRST_PORT + number)
            for number, (name, peer) in enumerate(peers_by_name.items())]


def shuffled(subjects, key):
    """Another order in each round: in a fixed one, what a machine does every so often would always
    hit the same server."""
    place = (key, len(subjects[0].rounds.get(key, [])))
    return random.Random(repr(place)).sample(subjects, len(subjects))


def run_cached(options, conditions, subjects, files, scratch):
    """Servers start anew in each round: what one of them happens to be given, as the place of its
    memory, would count in all rounds otherwise. All sizes are measured before the next round, so
    that a bad minute of the machine is a bad round of some of them and not all that is known of
    one."""
    bounds = options.rounds, options.most_rounds
    for number in itertools.count(1):
        wanted = [(condition, size) for size in options.sizes for condition in conditions
                  if wants_more(subjects, (condition, size), *bounds)]
        if not wanted:
            break
        with contextlib.ExitStack() as stack:
            for subject in subjects:
                stack.enter_context(subject.running(scratch / f"round-{number}-{subject.name}"))
            for size, keys in itertools.groupby(wanted, key=lambda key: key[1]):
                for subject in subjects:
                    for file in files[size]:
                        subject.server.check(file)
                for key in keys:
                    for subject in shuffled(subjects, key):
                        measure = CACHED_CONDITIONS[key[0]]
                        subject.keep(key, measure(subject, files[size], size, options.seconds))
        print(f"round {number} in the page cache: {len(wanted)} figures", flush=True)
    print_medians(options, conditions, subjects)


def run_cold(options, subjects, files, scratch):
    """A server of its own for each figure: what one keeps mapped stays in the page cache. It has
    fetched other files before, so that pipes, kernel workers and buffers are there. A figure takes
    a moment only, and what disturbs a machine lasts longer: so there are more of them."""
    others = {size: [make_file(subjects[0].root / f"other-{name_of(size)}{i}", size)
                     for i in range(max(cold.CLIENTS, cold.file_count(size) // 4))]
              for size in options.sizes}
    os.sync()
    bounds = cold.TURNS * options.rounds, cold.TURNS * options.most_rounds
    for number in itertools.count(1):
        wanted = [("cold", size) for size in options.sizes
                  if wants_more(subjects, ("cold", size), *bounds)]
        if not wanted:
            break
        for key in wanted:
            size = key[1]
            for subject in shuffled(subjects, key):
                with subject.running(scratch / f"cold-{size}-{number}-{subject.name}") as server:
                    measure_cold(server, others[size], size)
                    subject.keep(key, measure_cold(server, files[size], size))
        print(f"round {number} on the disk: {len(wanted)} figures", flush=True)
    print_medians(options, ["cold"], subjects)


def wants_more(subjects, key, least, most):
    """Whether another round is to be made: up to `most` while the medians that are compared are
    not known well enough, whatever they are."""
    count = min(len(one.rounds.get(key, [])) for one in subjects)
    if not least <= count < most:
        return count < least
    single = [one for one in subjects if one.name not in ("auto", "nginx")]
    limit = CLOSE * min((statistics.median(one.rounds[key]) for one in single), default=0)
    return not all(is_settled(one.rounds[key]) for one in subjects
                   if one not in single or statistics.median(one.rounds[key]) <= limit)


def is_settled(values):
    """By the standard error of a median, out of how far the values are from it in the median: a
    few bad rounds do not move that."""
    median = statistics.median(values)
    deviation = statistics.median(abs(value - median) for value in values)
    return 1.2533 * 1.4826 * deviation / math.sqrt(len(values)) <= SETTLED * median


def name_of(size):
    return f"{size}-"


def make_file(path, size):
    block = os.urandom(min(size, 1 << 20))
    with path.open("wb") as file:
        for _ in range(max(1, size // len(block))):
            file.write(block)
    return path


def print_medians(options, conditions, subjects):
    for condition in conditions:
        for size in options.sizes:
            text = "  ".join(f"{one.name} {one.medians()[condition, size] * size * 1e6:.1f}"
                             for one in subjects)
            print(f"{condition:4} {table.size_name(size):>7}: {text} µs", flush=True)


def take_earlier(options, subjects):
    """The rounds that are in --output count, and new ones are added to them."""
    earlier = json.loads((options.output / "routes.json").read_text())
    if list(earlier["seconds_per_byte"]) != [one.name for one in subjects]:
        raise BenchError("--keep: the results are of other servers or routes")
    if earlier["seconds"] != options.seconds or earlier["machine"] != describe(options):
        raise BenchError("--keep: the results are of another machine, version or length of a round")
    for subject in subjects:
        for key, rounds in earlier["seconds_per_byte"][subject.name].items():
            condition, size = key.split()
            subject.rounds[condition, int(size)] = rounds
    return earlier["runs"]


def describe(options):
    return machine.describe(["sluice"] + ([] if options.no_nginx else ["nginx"]))


def write_results(options, subjects, runs):
    results = {one.name: one.medians() for one in subjects}
    counts = {key: len(rounds) for key, rounds in subjects[0].rounds.items()}
    options.output.mkdir(exist_ok=True)
    (options.output / "routes.md").write_text(
        table.markdown(results, describe(options), counts, runs))
    (options.output / "routes.svg").write_text(plot.svg(results))
    (options.output / "routes.json").write_text(json.dumps(
        {"machine": describe(options), "seconds": options.seconds, "runs": runs,
         "seconds_per_byte": {one.name: {f"{t} {size}": values
                                         for (t, size), values in one.rounds.items()}
                              for one in subjects}}, indent=1) + "\n")
    print((options.output / "routes.md").read_text())


def main(argv):
    options = parse_options(argv)
    return measurement.run("bench-transfer",
                           lambda scratch: write_results(options, *run(options, scratch)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
