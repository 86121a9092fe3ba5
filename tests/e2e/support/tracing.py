"""What a running server asks of the kernel: ring operations by tracefs, system calls by strace."""

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

import pytest

from support.waiting import wait_until

SUBMITTED = re.compile(r"-(?P<thread>\d+) .*io_uring_submit_req: ring (?P<ring>\w+), "
                       r"req (?P<request>\w+),.* opcode (?P<opcode>\w+),")
COMPLETED = re.compile(r"io_uring_complete: ring (?P<ring>\w+), req (?P<request>\w+),"
                       r".* result (?P<result>-?\d+)")
EVENTS = ("io_uring_submit_req", "io_uring_complete")
BUFFER_KIB = 32 * 1024
# Everything that could carry file data through the memory of the process.
DATA_CALLS = ("read", "pread64", "readv", "preadv", "preadv2", "write", "writev", "pwrite64",
              "pwritev", "pwritev2", "sendto", "sendmsg", "sendmmsg", "recvfrom", "recvmsg",
              "vmsplice", "process_vm_readv")
# What passes on references to the page cache instead.
REFERENCE_CALLS = ("splice", "sendfile", "copy_file_range")
RETURNED = re.compile(r"^\d+ +(?:<\.\.\. )?(?P<call>\w+)[( ].* = (?P<result>-?\d+)\b")


@contextlib.contextmanager
def tracefs():
    """The mount point; mounts one for the while if there is none."""
    usual = Path("/sys/kernel/tracing")
    if (usual / "events").is_dir():
        yield usual
        return
    own = tempfile.mkdtemp(prefix="sluice-tracefs-")
    try:
        mounted = subprocess.run(["mount", "-t", "tracefs", "none", own], capture_output=True,
                                 text=True, check=False)
        if mounted.returncode != 0:
            pytest.skip(f"tracefs cannot be mounted: {mounted.stderr.strip()}")
        try:
            yield Path(own)
        finally:
            subprocess.run(["umount", own], check=True)
    finally:
        os.rmdir(own)


class RingTrace:
    """Operations of one process: how many of each opcode, and how many bytes they moved."""

    def __init__(self):
        self.counts = Counter()
        self.bytes = Counter()

    def read(self, lines, pid):
        threads = set(os.listdir(f"/proc/{pid}/task"))
        rings, opcodes = set(), {}
        for line in lines:
            if submitted := SUBMITTED.search(line):
                if submitted["thread"] in threads:
                    rings.add(submitted["ring"])
                    opcodes[submitted["ring"], submitted["request"]] = submitted["opcode"]
                    self.counts[submitted["opcode"]] += 1
            elif (completed := COMPLETED.search(line)) and completed["ring"] in rings:
                opcode = opcodes.get((completed["ring"], completed["request"]))
                self.bytes[opcode] += max(0, int(completed["result"]))


@contextlib.contextmanager
def trace_ring(pid):
    """Yields a RingTrace that is filled in at the end of the block."""
    result = RingTrace()
    with tracefs() as root:
        if not (root / "events/io_uring" / EVENTS[0]).is_dir():
            pytest.skip("this kernel has no tracepoints for io_uring")
        instance = root / "instances" / f"sluice-{os.getpid()}"
        instance.mkdir()
        try:
            (instance / "buffer_size_kb").write_text(str(BUFFER_KIB))
            for event in EVENTS:
                (instance / "events/io_uring" / event / "enable").write_text("1")
            yield result
            wait_until(lambda: is_at_rest(pid), "the last operation to complete")
            (instance / "tracing_on").write_text("0")
            check_complete(instance)
            with open(instance / "trace", encoding="utf-8") as lines:
                result.read(lines, pid)
        finally:
            instance.rmdir()


def check_complete(instance):
    for statistics in instance.glob("per_cpu/cpu*/stats"):
        assert "overrun: 0\n" in statistics.read_text(), "the trace lost events"


@contextlib.contextmanager
def trace_calls(pid, output):
    """Yields a Counter of bytes by system call that is filled in at the end of the block."""
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    result = Counter()
    command = ["strace", "-f", "-s", "0", "-o", str(output), "-p", str(pid),
               "-e", "trace=mmap," + ",".join(DATA_CALLS + REFERENCE_CALLS)]
    strace = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True)
    try:
        # Said when every thread has been told to stop: what they call after that is seen.
        said = strace.stderr.readline()
        if " attached" not in said:
            pytest.skip(f"strace cannot attach: {said}")
        yield result
        wait_until(lambda: is_at_rest(pid), "strace to see the last call return")
    finally:
        strace.terminate()
        strace.wait(20)
        strace.stderr.close()
    for line in output.read_text(errors="replace").splitlines():
        if returned := RETURNED.search(line):
            size = mapped_file_bytes(line) if returned["call"] == "mmap" \
                else max(0, int(returned["result"]))
            result[returned["call"]] += size


def is_at_rest(pid):
    """Whether every thread waits for something to do: none runs, or is stopped by a tracer. When a
    client has its response, the call that sent it may not have returned yet."""
    try:
        return all("State:\tS" in status.read_text()
                   for status in Path(f"/proc/{pid}/task").glob("*/status"))
    except (FileNotFoundError, ProcessLookupError):  # one of them has ended
        return False


def mapped_file_bytes(line):
    anonymous = "MAP_ANONYMOUS" in line
    length = re.search(r"mmap\([^,]+, (\d+)", line)
    return 0 if anonymous or not length else int(length[1])
