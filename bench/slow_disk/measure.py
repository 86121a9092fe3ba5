"""What clients of a slow disk do to one of a hot file; see `scripts/bench-slow-disk --help`."""

import argparse
import contextlib
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import machine  # noqa: E402
import namespace  # noqa: E402
import server as servers  # noqa: E402
from errors import BenchError  # noqa: E402

FIRST_PORT = 8001
COLD_CLIENTS = 64
COLD_BYTES = 8 << 20
DELAY_MS = 50
RESULTS = pathlib.Path(__file__).with_name("results.md")
DISK = pathlib.Path(__file__).resolve().parents[2] / "build/release/bench/slow_disk"


def request(name):
    return f"GET /{name} HTTP/1.1\r\nHost: bench\r\n\r\n".encode()


def hot_latencies(port, seconds):
    """Seconds that each request for a hot file took, one after the other on one connection."""
    os.sched_setaffinity(0, {1})
    times = []
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        end = time.perf_counter() + seconds
        while (start := time.perf_counter()) < end:
            connection.sendall(request("hot.txt"))
            received = 0
            while received < 1024:
                received += len(connection.recv(65536))
            times.append(time.perf_counter() - start)
            time.sleep(0.0005)
    return times


@contextlib.contextmanager
def cold_clients(port):
    """Each downloads files that nobody has read before, again and again."""
    stop = threading.Event()

    def download(number):
        buffer = bytearray(1 << 20)
        for turn in range(1000):
            with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
                connection.sendall(request(f"slow/{number}-{turn % 4}"))
                while not stop.is_set() and connection.recv_into(buffer):
                    pass
            if stop.is_set():
                return

    threads = [threading.Thread(target=download, args=(n,), daemon=True)
               for n in range(COLD_CLIENTS)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    yield
    stop.set()
    for thread in threads:
        thread.join()


@contextlib.contextmanager
def slow_disk(source, mountpoint):
    disk = subprocess.Popen([DISK, source, mountpoint, str(DELAY_MS)])
    try:
        deadline = time.monotonic() + 10
        while not os.path.ismount(mountpoint):
            if disk.poll() is not None or time.monotonic() > deadline:
                raise BenchError("the slow disk cannot be mounted; is FUSE there?")
            time.sleep(0.01)
        os.sched_setaffinity(disk.pid, {1})
        yield
    finally:
        subprocess.run(["fusermount3", "-u", "-z", mountpoint], check=False)
        disk.wait(timeout=30)


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def run(options, scratch):
    source = scratch / "source"
    source.mkdir()
    for client in range(COLD_CLIENTS):
        for turn in range(4):
            with (source / f"{client}-{turn}").open("wb") as file:
                file.truncate(COLD_BYTES)
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
                with cold_clients(server.port):
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
        f"{options.rounds} interleaved rounds of {options.seconds} s.\n",
        "Made by `scripts/bench-slow-disk`.\n",
        "| server | p99 alone, µs | p99 beside, µs | ratio |",
        "|---|---|---|---|",
    ]
    for name, rounds in results.items():
        alone = statistics.median(one for one, _ in rounds)
        beside = statistics.median(other for _, other in rounds)
        ratio = statistics.median(other / one for one, other in rounds)
        lines.append(f"| {name} | {alone * 1e6:.0f} | {beside * 1e6:.0f} | {ratio:.2f} |")
    return "\n".join(lines) + "\n"


def main(argv):
    parser = argparse.ArgumentParser(prog="scripts/bench-slow-disk", add_help=False,
                                     allow_abbrev=False)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--output", type=pathlib.Path, default=RESULTS)
    options = parser.parse_args(argv)
    try:
        namespace.enter()
        with tempfile.TemporaryDirectory(prefix="sluice-bench-", dir="/var/tmp") as scratch:
            pathlib.Path(scratch).chmod(0o755)
            text = report(options, run(options, pathlib.Path(scratch)))
    except BenchError as error:
        print(f"bench-slow-disk: {error}", file=sys.stderr)
        return 1
    options.output.write_text(text)
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
