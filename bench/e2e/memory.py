"""The memory part: what a server holds while many clients download a large file at once."""

import dataclasses
import subprocess
import time

import processes

CLIENTS = 64
SAMPLE_SECONDS = 0.05
TIME_LIMIT_SECONDS = 300


@dataclasses.dataclass(frozen=True)
class Memory:
    """Sums over the processes of the server. VmHWM is the kernel's own exact peak of VmRSS."""

    idle_rss_kib: int
    peak_rss_kib: int
    peak_anonymous_kib: int
    seconds: float
    failed_downloads: int


def measure(server, file, client_core):
    idle = server.memory_kib()
    begin = time.monotonic()
    clients = []
    peak_anonymous_kib = idle["RssAnon"]
    try:
        for _ in range(CLIENTS):
            clients.append(start_download(server.url(file), client_core))
        while any(client.poll() is None for client in clients):
            peak_anonymous_kib = max(peak_anonymous_kib, server.memory_kib()["RssAnon"])
            time.sleep(SAMPLE_SECONDS)
        seconds = time.monotonic() - begin
        expected = f"200 {file.stat().st_size}"
        failed = sum(client.stdout.read() != expected for client in clients)
    finally:
        end_downloads(clients)
    return Memory(idle["VmRSS"], server.memory_kib()["VmHWM"], peak_anonymous_kib, seconds, failed)


def start_download(url, core):
    argv = ["curl", "-s", "-o", "/dev/null", "--max-time", str(TIME_LIMIT_SECONDS),
            "-w", "%{http_code} %{size_download}", url]
    return processes.spawn(argv, core, stdout=subprocess.PIPE, text=True)


def end_downloads(clients):
    """Asks all to end before it waits for any, so that many end as fast as one."""
    for client in clients:
        if client.poll() is None:
            client.terminate()
    for client in clients:
        processes.end(client)
        client.stdout.close()
