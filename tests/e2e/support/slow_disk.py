"""A file system whose reads take their time (tests/slow_disk)."""

import contextlib
import os
import shutil
import subprocess

import pytest

from support.server import BINARY
from support.waiting import wait_until

PROGRAM = BINARY.parent / "tests/slow_disk/slow_disk"


@contextlib.contextmanager
def mounted(source, mountpoint, delay_ms=0, gate=None):
    """Shows `source` at `mountpoint`; reads wait for `delay_ms`, and for the file `gate`."""
    if not os.access(PROGRAM, os.X_OK) or not shutil.which("fusermount3"):
        pytest.skip("there is no libfuse3")
    if not os.access("/dev/fuse", os.R_OK | os.W_OK) or os.geteuid() != 0:
        pytest.skip("this user may not mount by FUSE")
    command = [PROGRAM, source, mountpoint, str(delay_ms)] + ([gate] if gate else [])
    disk = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    try:
        wait_until(lambda: os.path.ismount(mountpoint) or disk.poll() is not None, "the mount")
        if disk.poll() is not None:
            pytest.skip("FUSE does not work here")
        yield mountpoint
    finally:
        if gate:
            gate.touch()
        subprocess.run(["fusermount3", "-u", "-z", mountpoint], check=False)
        disk.wait(timeout=60)
