"""Measures file servers side by side; `scripts/bench --help` says how to call it."""

import argparse
import contextlib
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

import figures
import load
import machine
import memory
import namespace
import peers
import report as reports
import server as servers
from errors import BenchError

FIRST_PORT = 8001
WARM_UP_SECONDS = 1
UNITS = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """A signal asked the benchmark to stop. Not an Exception, so that nothing swallows it."""


def parse_options(argv):
    parser = argparse.ArgumentParser(
        prog="scripts/bench", add_help=False, allow_abbrev=False,
        usage="scripts/bench [options]; scripts/bench --help lists them")
    parser.add_argument("--servers", type=server_list,
                        default=["sluice", "nginx", "nginx-open-file-cache"])
    parser.add_argument("--sizes", type=size_list, default=["1KiB", "64KiB", "1MiB"])
    parser.add_argument("--connections", type=positive, default=64)
    parser.add_argument("--rounds", type=positive)
    parser.add_argument("--seconds", type=positive)
    parser.add_argument("--memory-size", type=size_or_zero)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--server-core", type=int, default=0)
    parser.add_argument("--client-core", type=int, default=1)
    parser.add_argument("--markdown", type=pathlib.Path)
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args(argv)
    options.rounds = options.rounds or (2 if options.quick else 5)
    options.seconds = options.seconds or (1 if options.quick else 4)
    options.memory_size = options.memory_size or ("128MiB" if options.quick else "1GiB")
    missing = {options.server_core, options.client_core} - os.sched_getaffinity(0)
    if missing:
        parser.error(f"this process may not run on core {min(missing)}")
    if options.server_core == options.client_core:
        parser.error("server and client need a core each")
    for output in (options.markdown, options.json):
        if output and not output.resolve().parent.is_dir():
            parser.error(f"'{output}' is in no directory that exists")
    return options


def server_list(text):
    unknown = set(text.split(",")) - set(peers.names())
    if unknown:
        raise argparse.ArgumentTypeError(
            f"unknown server '{min(unknown)}'; there are: {' '.join(peers.names())}")
    return text.split(",")


def size_list(text):
    for size in text.split(","):
        size_bytes(size)
    return list(dict.fromkeys(text.split(",")))


def size_or_zero(text):
    return text if text == "0" else size_list(text)[0]


def size_bytes(text):
    match = re.fullmatch(r"([1-9]\d*)(B|KiB|MiB|GiB)", text)
    if not match:
        raise argparse.ArgumentTypeError(f"'{text}' is not a size like 512B, 64KiB, 1MiB or 1GiB")
    return int(match.group(1)) * UNITS[match.group(2)]


def positive(text):
    if not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"'{text}' is not a positive number")
    return int(text)


def labels_of(names):
    """Names made unique: nginx,nginx becomes nginx and nginx #2."""
    counts = [names[:index].count(name) for index, name in enumerate(names)]
    return [f"{name} #{count + 1}" if count else name for name, count in zip(names, counts)]


def measure_throughput(options, work, site):
    """Runs all rounds and returns a Result for each size and server."""
    files = {size: site / f"{size}.bin" for size in options.sizes}
    for size, file in files.items():
        file.write_bytes(os.urandom(size_bytes(size)))
    with contextlib.ExitStack() as stack:
        running = []
        for index, (label, name) in enumerate(zip(labels_of(options.servers), options.servers)):
            scratch = work / f"server-{index}"
            running.append(stack.enter_context(servers.running(
                label, name, site, scratch, FIRST_PORT + index, options.server_core)))
        warm_up(options, running, files)
        rounds = run_rounds(options, running, files)
        warnings = [f"{server.title}: not all its threads stay on its core"
                    for server in running if not server.stays_on_core()]
    baseline = next((server for server in running if server.label == "nginx"), running[0])
    results = [figures.summarise(size, server, rounds[size, server], rounds[size, baseline])
               for size in files for server in running]
    return results, baseline.title, warnings + reports.warnings_about(results)


def warm_up(options, running, files):
    for server in running:
        for file in files.values():
            progress(f"warm-up: {server.label}, {file.stem}")
            server.check(file)
            load.run_round(server, file, options.connections, WARM_UP_SECONDS, options.client_core)


def run_rounds(options, running, files):
    """The servers take turns within a round, and another one begins in the next round."""
    rounds = {(size, server): [] for size in files for server in running}
    for number in range(options.rounds):
        first = number % len(running)
        for size, file in files.items():
            for server in running[first:] + running[:first]:
                progress(f"round {number + 1} of {options.rounds}: {size}, {server.label}")
                rounds[size, server].append(load.run_round(
                    server, file, options.connections, options.seconds, options.client_core))
    return rounds


def measure_memory(options, work, site):
    """Starts each server anew, so that its peak is the peak of this part, and returns by title."""
    if options.memory_size == "0":
        return {}
    file = site / "download.bin"
    with file.open("wb") as sparse:
        sparse.truncate(size_bytes(options.memory_size))
    found = {}
    for index, name in enumerate(dict.fromkeys(options.servers)):
        progress(f"memory: {name}")
        port = FIRST_PORT + len(options.servers) + index
        with servers.running(name, name, site, work / f"memory-{index}", port,
                             options.server_core) as server:
            found[server.title] = memory.measure(server, file, options.client_core)
    return found


def measure(options):
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as directory:
        work = pathlib.Path(directory)
        work.chmod(0o755)
        site = work / "site"
        site.mkdir(mode=0o755)
        results, baseline, warnings = measure_throughput(options, work, site)
        return reports.Report(
            machine=machine.describe(options.servers),
            settings={name: getattr(options, name)
                      for name in ("connections", "rounds", "seconds", "sizes", "memory_size")},
            baseline=baseline,
            results=results,
            memory=measure_memory(options, work, site),
            warnings=warnings)


def progress(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def stop_on_signals():
    def stop(number, _frame):
        for other in STOP_SIGNALS:
            signal.signal(other, signal.SIG_IGN)
        raise Interrupted(number)

    for number in STOP_SIGNALS:
        signal.signal(number, stop)


def main(argv):
    options = parse_options(argv)
    stop_on_signals()
    try:
        namespace.enter()
        report = measure(options)
        if options.markdown:
            options.markdown.write_text(reports.as_markdown(report))
        if options.json:
            options.json.write_text(reports.as_json(report))
    except Interrupted as interrupted:
        return 128 + interrupted.args[0]
    except (BenchError, OSError, subprocess.SubprocessError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    print(reports.as_text(report), end="")
    if report.error_count():
        print(f"bench: {report.error_count()} wrong responses or errors", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
