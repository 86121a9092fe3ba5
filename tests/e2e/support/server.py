"""Starting and stopping the server under test."""

import json
import os
import re
import select
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from support.client import Connection, build_request
from support.waiting import wait_until

REPOSITORY = Path(__file__).resolve().parents[3]
BINARY = REPOSITORY / os.environ.get("SLUICE_BINARY", "build/debug/sluice")
KIND = os.environ.get("SLUICE_BUILD_KIND", "debug")
SANITIZED = KIND in ("asan", "tsan")

READY_LINE = re.compile(r"sluice (\S+) serving (.+) on (?:http://)?(\S+?)/?")
COMPLAINT = re.compile(r"Sanitizer|runtime error:|[Aa]ssert|terminate called|SUMMARY:")
START_SECONDS = 20
STOP_SECONDS = 30


def environment():
    """Sanitizers stop at the first report, unless the caller has settings of his own."""
    defaults = {"ASAN_OPTIONS": "detect_stack_use_after_return=1:strict_string_checks=1",
                "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
                "TSAN_OPTIONS": "second_deadlock_stack=1:"
                                f"suppressions={REPOSITORY}/tests/support/tsan_suppressions.txt"}
    return defaults | os.environ


def run(*arguments, timeout=30, **options):
    """Runs the binary to its end."""
    return subprocess.run([str(BINARY), *map(str, arguments)], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=timeout, env=environment(), **options)


def parse_address(text):
    if text.startswith("unix:"):
        return text.removeprefix("unix:")
    host, port = text.rsplit(":", 1)
    return host.strip("[]"), int(port)


class Server:
    """`sluice serve` as a child process, ready to be asked when the constructor returns.

    `root` is None where a configuration file names the directories. `prefix` is a command that
    executes the server in its place, such as prlimit. With `ready_lines=0` nothing is awaited, and
    `address` is the caller's to know.
    """

    def __init__(self, root, *flags, listen=("127.0.0.1:0",), prefix=(), ready_lines=None,
                 **options):
        listeners = [part for address in listen for part in ("--listen", address)]
        directory = [str(root)] if root is not None else []
        command = [*prefix, str(BINARY), "serve", *directory, *listeners, *map(str, flags)]
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=self.errors, env=environment(), **options)
        self.output = b""
        self.told_to_stop = False
        self.versions, self.directories, self.addresses = [], [], []
        try:
            self.await_ready(len(listen) if ready_lines is None else ready_lines)
        except BaseException:
            self.kill()
            raise

    @property
    def pid(self):
        return self.process.pid

    @property
    def address(self):
        return self.addresses[0]

    @property
    def port(self):
        return self.address[1]

    def await_ready(self, count):
        deadline = time.monotonic() + START_SECONDS
        while self.output.count(b"\n") < count:
            readable, _, _ = select.select([self.process.stdout], [], [],
                                           max(0.0, deadline - time.monotonic()))
            data = os.read(self.process.stdout.fileno(), 65536) if readable else b""
            if not data:
                raise AssertionError(f"not ready: printed {self.output!r}; {self.complaints()}")
            self.output += data
        for line in self.output.decode().splitlines():
            ready = READY_LINE.fullmatch(line)
            assert ready, f"not a ready line: {line!r}"
            self.versions.append(ready[1])
            self.directories.append(ready[2])
            self.addresses.append(parse_address(ready[3]))

    def complaints(self):
        """Read without moving the position, which is also where the server writes."""
        number = self.errors.fileno()
        return os.pread(number, os.fstat(number).st_size, 0).decode(errors="replace")

    def stats_lines(self):
        return [line for line in self.complaints().splitlines(keepends=True)
                if line.startswith("{") and line.endswith("\n")]

    def stats(self):
        """What the server has counted so far (SIGUSR1)."""
        before = len(self.stats_lines())
        self.process.send_signal(signal.SIGUSR1)
        wait_until(lambda: len(self.stats_lines()) > before, "the line with the stats")
        return json.loads(self.stats_lines()[-1])

    def check_complaints(self):
        assert not COMPLAINT.search(self.complaints()), self.complaints()

    def connect(self, **options):
        return Connection(self.address, **options)

    def get(self, target, method="GET", fields=(), **options):
        """One request on a connection of its own; anything after the response is an error."""
        with self.connect() as connection:
            fields = [*fields, ("Connection", "close")]
            connection.send(build_request(target, method, fields, **options))
            response = connection.read_response(method)
            connection.expect_close()
            return response

    def signal(self, number):
        self.told_to_stop = True
        if self.process.poll() is None:
            os.kill(self.pid, number)

    def wait(self, timeout=STOP_SECONDS):
        """The exit status, or an error that says that there is none."""
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {timeout} s; {self.complaints()}") from None
        self.output += self.process.stdout.read()
        return status

    def stop(self):
        """Ends the server as an operator would and checks that it leaves in peace."""
        if self.told_to_stop:
            self.kill()  # by a test that has finished it, or has failed on the way
            self.check_complaints()
        else:
            self.signal(signal.SIGTERM)
            self.finish()

    def finish(self, statuses=(0,)):
        """Waits for the exit that was asked for by a signal."""
        try:
            status = self.wait()
        finally:
            self.kill()
        assert status in statuses, f"exit status {status}; {self.complaints()}"
        self.check_complaints()
        lines = self.output.decode().splitlines()
        assert len(lines) == len(self.addresses), f"more than the ready lines: {lines}"

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
