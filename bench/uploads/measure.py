"""Measures uploads beside nginx; `scripts/bench-uploads --help` says how."""

import contextlib
import os
import pathlib
import socket
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import machine  # noqa: E402
import measurement  # noqa: E402
import server as servers  # noqa: E402
from errors import BenchError  # noqa: E402

FIRST_PORT = 8001
PEERS = ["sluice-uploads", "sluice-uploads-synced", "nginx-dav"]
RESULTS = pathlib.Path(__file__).with_name("results.md")


def put(port, source, name):
    """One PUT by sendfile(2), so that the client leaves the machine to the server."""
    os.sched_setaffinity(0, {1})
    size = source.stat().st_size
    with socket.create_connection(("127.0.0.1", port)) as connection, \
            source.open("rb") as file:
        head = f"PUT /{name} HTTP/1.1\r\nHost: bench\r\nContent-Length: {size}\r\n\r\n"
        connection.sendall(head.encode())
        sent = 0
        while sent < size:
            sent += os.sendfile(connection.fileno(), file.fileno(), sent, size - sent)
        answer = connection.recv(4096)
    if not answer.startswith((b"HTTP/1.1 201", b"HTTP/1.1 204")):
        raise BenchError(f"an upload was answered with {answer[:60]!r}")


def run(options, scratch):
    source = scratch / "source"
    block = os.urandom(1 << 20)
    with source.open("wb") as file:
        for _ in range(options.mib):
            file.write(block)
    rounds = {name: [] for name in PEERS}
    with contextlib.ExitStack() as stack:
        running = {}
        for number, name in enumerate(PEERS):
            root = scratch / f"root-{number}"
            root.mkdir(mode=0o755)
            running[name] = root, stack.enter_context(servers.running(
                name, name, root, scratch / f"server-{number}", FIRST_PORT + number, 0))
        for _ in range(options.rounds):
            for name, (root, server) in running.items():
                before = server.cpu_seconds()
                put(server.port, source, "upload.bin")
                rounds[name].append(server.cpu_seconds() - before)
                uploaded = root / "upload.bin"
                if uploaded.stat().st_size != source.stat().st_size:
                    raise BenchError(f"{name} has stored another size")
                uploaded.unlink()
    return rounds


def report(options, rounds):
    gigabytes = options.mib * (1 << 20) / 1e9
    description = machine.describe(PEERS[:1] + PEERS[2:])
    lines = [
        "# Uploads, measured\n",
        f"{description['cores']} cores of {description['cpu']}, {description['kernel']}; "
        f"{', '.join(description['versions'])}. One PUT of {options.mib} MiB over loopback, "
        f"{options.rounds} interleaved rounds. CPU time of the server.\n",
        "Made by `scripts/bench-uploads`.\n",
        "| server | CPU ms per GB, median | lowest | highest | beside nginx, round by round |",
        "|---|---|---|---|---|",
    ]
    for name, values in rounds.items():
        ratios = [value / other for value, other in zip(values, rounds["nginx-dav"])]
        figures = [1e3 * value / gigabytes
                   for value in (statistics.median(values), min(values), max(values))]
        lines.append(f"| {name} | " + " | ".join(f"{one:.0f}" for one in figures) +
                     f" | {statistics.median(ratios):.2f} |")
    return "\n".join(lines) + "\n"


def main(argv):
    parser = measurement.parser("bench-uploads")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--mib", type=int, default=1024)
    parser.add_argument("--output", type=pathlib.Path, default=RESULTS)
    options = parser.parse_args(argv)
    return measurement.run("bench-uploads", lambda scratch: measurement.publish(
        options.output, report(options, run(options, scratch))))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
