import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


@pytest.fixture
def write(tmp_path):
    """Writes a file below tmp_path."""

    def write_file(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write_file


@pytest.fixture
def run():
    """Runs a script of scripts/: its exit status and the lines it printed."""

    def run_script(name, *arguments):
        done = subprocess.run([sys.executable, "-B", SCRIPTS / name, *arguments],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=30)
        assert not done.stderr
        return done.returncode, done.stdout.splitlines()

    return run_script
