"""One round: wrk loads one server for some seconds while the server's CPU time is read."""

import dataclasses
import json
import os
import pathlib
import subprocess

import processes
from errors import BenchError

SCRIPT = str(pathlib.Path(__file__).with_name("wrk_report.lua"))
# Wants two arguments: what the paths begin with, and how many there are.
MANY_FILES = str(pathlib.Path(__file__).with_name("wrk_files.lua"))
GRACE_SECONDS = 30


@dataclasses.dataclass(frozen=True)
class Round:
    requests: int
    seconds: float
    body_bytes: int
    p50_us: float
    p99_us: float
    errors: int
    cpu_seconds: float
    other_cpu_seconds: float

    def figures(self):
        """What is reported of a round, by name; the unit is in the name."""
        return {
            "requests_per_second": self.requests / self.seconds,
            "p50_us": self.p50_us,
            "p99_us": self.p99_us,
            "cpu_us_per_request": 1e6 * self.cpu_seconds / self.requests,
            "cpu_ms_per_gb": 1e3 * self.cpu_seconds / (self.body_bytes / 1e9),
            "core_use": self.cpu_seconds / self.seconds,
            "other_core_use": self.other_cpu_seconds / self.seconds,
        }


def run_round(server, file, connections, seconds, client_core):
    core_before, server_before = core_busy_seconds(server.core), server.cpu_seconds()
    result = run_wrk(server.url(file), connections, seconds, client_core)
    cpu_seconds = server.cpu_seconds() - server_before
    core_seconds = core_busy_seconds(server.core) - core_before
    if result["requests"] == 0:
        raise BenchError(f"{server.label} completed no request for {file.name}")
    return Round(
        requests=result["requests"],
        seconds=result["duration_us"] / 1e6,
        body_bytes=result["requests"] * file.stat().st_size,
        p50_us=result["p50_us"],
        p99_us=result["p99_us"],
        errors=count_errors(result, file.stat().st_size),
        cpu_seconds=cpu_seconds,
        other_cpu_seconds=max(0.0, core_seconds - cpu_seconds))


def run_wrk(url, connections, seconds, core, script=SCRIPT, arguments=()):
    """What wrk reports. `script` must say it as wrk_report.lua does; `arguments` are for it."""
    argv = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", script, url]
    argv += ["--", *arguments]
    wrk = processes.spawn(argv, core, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        printed, _ = wrk.communicate(timeout=seconds + GRACE_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise BenchError(f"wrk did not end within {seconds + GRACE_SECONDS} s") from error
    finally:
        processes.end(wrk)
    try:
        return json.loads(printed.splitlines()[-1])
    except (IndexError, ValueError) as error:
        raise BenchError(f"wrk said: {printed.strip()}") from error


def count_errors(result, size_bytes):
    """wrk counts status 400 and above; a redirect or a short body shows in the bytes received."""
    too_short = result["bytes"] < result["requests"] * size_bytes
    return result["socket_errors"] + result["status_errors"] + (1 if too_short else 0)


def core_busy_seconds(core):
    """Time that `core` has been busy with anything, from /proc/stat, in steps of a tick."""
    for line in pathlib.Path("/proc/stat").read_text().splitlines():
        name, *ticks = line.split()
        if name == f"cpu{core}":
            user, nice, system, _idle, _iowait, irq, softirq = map(int, ticks[:7])
            return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")
    raise BenchError(f"there is no core {core}")
