"""What clients of a slow disk do to one of a hot file; see `scripts/bench-slow-disk --help`."""

import contextlib
import math
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import load  # noqa: E402
import machine  # noqa: E402
import measurement  # noqa: E402
import processes  # noqa: E402
import server as servers  # noqa: E402
from errors import BenchError  # noqa: E402

FIRST_PORT = 8001
COLD_CLIENTS = 64
COLD_FILES = 256
COLD_BYTES = 8 << 20
CLIENT_CORE = 1
PATIENCE_SECONDS = 20
DELAY_MS = 50
RESULTS = pathlib.Path(__file__).with_name("results.md")
DISK = pathlib.Path(__file__).resolve().parents[2] / "build/release/bench/slow_disk"


def hot_latencies(port, seconds):
    """Seconds that each request for a hot file took, one after the other on one connection.

    Infinitely many for one that had no answer after PATIENCE_SECONDS, which is the last.
    """
    times = []
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        end = time.perf_counter() + seconds
        while (start := time.perf_counter()) < end:
            connection.sendall(b"GET /hot.txt HTTP/1.1\r\nHost: bench\r\n\r\n")
            received = 0
            try:
                while received < 1024:
                    received += len(connection.recv(65536))
            except TimeoutError:
                return [*times, math.inf]
            times.append(time.perf_counter() - start)
            time.sleep(0.0005)
    return times


def have_the_core():
    """What is measured is to be the server's delay, not that this process waits for the others."""
    os.sched_setaffinity(0, {CLIENT_CORE})
    os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(10))


@contextlib.contextmanager
def cold_clients(url, seconds):
    """They download files that nobody has read before."""
    argv = ["wrk", "-t1", f"-c{COLD_CLIENTS}", f"-d{seconds + PATIENCE_SECONDS + 5}s",
            "--timeout", "60s", "-s", load.MANY_FILES, url, "--", "/slow/", str(COLD_FILES)]
    wrk = processes.spawn(argv, CLIENT_CORE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(0.5)
        yield
        if wrk.poll() is not None:
            raise BenchError("the clients of the slow disk have ended by themselves")
    finally:
        processes.end(wrk)


@contextlib.contextmanager
def slow_disk(source, mountpoint):
    disk = subprocess.Popen([DISK, source, mountpoint, str(DELAY_MS)])
    try:
        deadline = time.monotonic() + 10
        while not os.path.ismount(mountpoint):
            if disk.poll() is not None or time.monotonic() > deadline:
                raise BenchError("the slow disk cannot be mounted; is FUSE there?")
            time.sleep(0.01)
        os.sched_setaffinity(disk.pid, {CLIENT_CORE})
        yield
    finally:
        subprocess.run(["fusermount3", "-u", "-z", mountpoint], check=False)
        disk.wait(timeout=30)


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def run(options, scratch):
    source = scratch / "source"
    source.mkdir()
    for number in range(COLD_FILES):
        with (source / str(number)).open("wb") as file:
            file.truncate(COLD_BYTES)
    have_the_core()
    results = {name: [] for name in ("sluice", "nginx")}
    for number in range(options.rounds):
        for offset, name in enumerate(results):
            root = scratch / f"root-{name}-{number}"
            (root / "slow").mkdir(parents=True)
            (root / "hot.txt").write_bytes(b"h" * 1024)
            scratch_of_server = scratch / f"server-{name}-{number}"
            with slow_disk(source, root / "slow"), servers.running(
                    name, name, root, scratch_of_server, FIRST_PORT + offset, 0) as server:
                hot_latencies(server.port, 0.5)
                alone = percentile(hot_latencies(server.port, options.seconds), 0.99)
                with cold_clients(server.url(pathlib.Path("hot.txt")), options.seconds):
                    beside = percentile(hot_latencies(server.port, options.seconds), 0.99)
            results[name].append((alone, beside))
            print(f"{name}: p99 alone {alone * 1e6:.0f} µs, beside {beside * 1e6:.0f} µs",
                  flush=True)
    return results


def report(options, results):
    description = machine.describe(["sluice", "nginx"])
    lines = [
        "# A slow disk, measured\n",
        f"{description['cores']} cores of {description['cpu']}, {description['kernel']}; "
        f"{', '.join(description['versions'])}. One client asks for a file of 1 KiB that is in the "
        f"page cache; then, beside it, {COLD_CLIENTS} download files of {COLD_BYTES >> 20} MiB "
        f"from a disk that takes {DELAY_MS} ms for each read. One server core; medians of "
        f"{options.rounds} interleaved rounds of {options.seconds} s. The client that is measured "
        "has real-time priority, so that it waits for the server and for nobody else.\n",
        "Made by `scripts/bench-slow-disk`.\n",
        "| server | p99 alone, µs | p99 beside, µs | ratio: median, lowest, highest |",
        "|---|---|---|---|",
    ]
    for name, rounds in results.items():
        alone = statistics.median(one for one, _ in rounds)
        beside = statistics.median(other for _, other in rounds)
        ratios = sorted(other / one for one, other in rounds)
        if beside == math.inf:
            figures = f"no answer after {PATIENCE_SECONDS} s | –"
        else:
            figures = (f"{beside * 1e6:.0f} | {statistics.median(ratios):.2f}, {ratios[0]:.2f}, "
                       f"{ratios[-1]:.2f}")
        lines.append(f"| {name} | {alone * 1e6:.0f} | {figures} |")
    return "\n".join(lines) + "\n"


def main(argv):
    parser = measurement.parser("bench-slow-disk")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--output", type=pathlib.Path, default=RESULTS)
    options = parser.parse_args(argv)
    return measurement.run("bench-slow-disk", lambda scratch: measurement.publish(
        options.output, report(options, run(options, scratch))))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
