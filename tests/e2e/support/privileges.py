"""Running the server as somebody to whom file permissions apply."""

import os
import subprocess

import pytest

from support.server import BINARY

NOBODY = 65534
AS_NOBODY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")


def unprivileged_prefix():
    """Root may read everything, so root's server runs as nobody; other users' as themselves."""
    if os.geteuid() != 0:
        return ()
    tried = subprocess.run([*AS_NOBODY, BINARY, "--version"], capture_output=True, check=False)
    if tried.returncode != 0:
        pytest.skip(f"nobody may not execute {BINARY}, and root is never refused a file")
    return AS_NOBODY
