"""Child processes: started on one core, measured, and ended by process id.

Every child leads a session of its own, so that the workers it starts can be found. CPU time comes
from the process CPU-time clock (clock_getcpuclockid(3)): it counts nanoseconds over all threads of
a process, the live and the exited ones. io_uring's io-wq workers are such threads. The sum of
/proc/PID/task/*/schedstat would lose the workers that have exited; utime and stime of
/proc/PID/stat have them, but in steps of 10 ms.
"""

import ctypes
import os
import pathlib
import signal
import subprocess
import time

LIBC = ctypes.CDLL(None)
STOP_SECONDS = 12


def spawn(argv, core, **popen_options):
    """Starts `argv` on `core`; it is told to end if the benchmark dies before it."""
    prefix = ["setpriv", "--pdeathsig", "TERM", "taskset", "-c", str(core)]
    return subprocess.Popen(prefix + argv, start_new_session=True,
                            stdin=subprocess.DEVNULL, **popen_options)


def end(child):
    """Asks `child` to end, waits for its whole session, and kills what does not go."""
    if child.poll() is None:
        child.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    while session_pids(child.pid) and time.monotonic() < deadline:
        child.poll()
        time.sleep(0.01)
    for pid in session_pids(child.pid):
        signal_if_alive(pid, signal.SIGKILL)
    child.wait()


def signal_if_alive(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def session_pids(leader):
    """The living processes of the session that `leader` leads."""
    return [int(entry.name) for entry in pathlib.Path("/proc").iterdir()
            if entry.name.isdigit() and session_of(entry) == leader]


def session_of(process):
    try:
        # The name, in parentheses, may hold anything; after it: state, parent, group, session.
        fields = (process / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] == "Z" else int(fields[3])


def cpu_seconds(pid):
    """CPU time that the process has used since it started, all its threads together."""
    clock = ctypes.c_int()
    error = LIBC.clock_getcpuclockid(pid, ctypes.byref(clock))
    if error:
        raise OSError(error, os.strerror(error))
    return time.clock_gettime(clock.value)


def memory_kib(pid):
    """The memory lines of /proc/PID/status that are counted in KiB: {"VmRSS": 1234, …}."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return {line.split(":")[0]: int(line.split()[1]) for line in lines if line.endswith(" kB")}


def allowed_cores(pid):
    """The cores that the threads of the process may run on: {"0"} if all are pinned to core 0."""
    found = set()
    for thread in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            lines = (thread / "status").read_text().splitlines()
        except (FileNotFoundError, ProcessLookupError):
            continue
        found |= {line.split()[1] for line in lines if line.startswith("Cpus_allowed_list")}
    return found
