"""A server under test: started on its core, known to serve the right bytes, ended by pid."""

import contextlib
import http.client
import time

import peers
import processes
from errors import BenchError

START_SECONDS = 10


class Server:
    def __init__(self, label, title, port, core, child):
        self.label = label
        self.title = title
        self.port = port
        self.core = core
        self.child = child

    def url(self, file):
        return f"http://127.0.0.1:{self.port}/{file.name}"

    def pids(self):
        pids = processes.session_pids(self.child.pid)
        if self.child.poll() is not None or not pids:
            raise BenchError(f"{self.label} ended by itself, status {self.child.returncode}")
        return pids

    def cpu_seconds(self):
        return sum(processes.cpu_seconds(pid) for pid in self.pids())

    def memory_kib(self):
        """The memory of all processes of the server, added up."""
        parts = [processes.memory_kib(pid) for pid in self.pids()]
        return {name: sum(part[name] for part in parts) for name in ("VmHWM", "VmRSS", "RssAnon")}

    def stays_on_core(self):
        return all(processes.allowed_cores(pid) == {str(self.core)} for pid in self.pids())

    def check(self, file):
        """Fetches `file` once and compares every byte."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        with contextlib.closing(connection):
            connection.request("GET", f"/{file.name}")
            response = connection.getresponse()
            if response.status != 200 or response.read() != file.read_bytes():
                raise BenchError(f"{self.label} answered {response.status} or wrong bytes "
                                 f"for {file.name}")


@contextlib.contextmanager
def running(label, name, root, scratch, port, core):
    """Runs the peer `name` as a Server for the length of a with block."""
    peer = peers.load(name)
    scratch.mkdir(mode=0o755)
    argv = peer.command(peers.Place(root, port, scratch))
    log = scratch / "output"
    with log.open("wb") as output:
        child = processes.spawn(argv, core, stdout=output, stderr=output)
    try:
        wait_until_it_accepts(label, child, port, log)
        yield Server(label, label.replace(name, peer.TITLE), port, core, child)
    finally:
        processes.end(child)


def wait_until_it_accepts(label, child, port, log):
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and child.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
        with contextlib.closing(connection), contextlib.suppress(OSError):
            connection.connect()
            return
        time.sleep(0.02)
    said = log.read_text(errors="replace")[-2000:].strip()
    raise BenchError(f"{label} did not start; it said: {said or 'nothing'}")
