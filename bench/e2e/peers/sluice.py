"""sluice as scripts/build makes it, with its defaults and one thread."""

import pathlib

from . import version_from

TITLE = "sluice"

PROGRAM = str(pathlib.Path(__file__).resolve().parents[3] / "build/release/sluice")


def command(place):
    return [PROGRAM, "serve", str(place.root), "--listen", f"127.0.0.1:{place.port}",
            "--threads", "1", "--quiet"]


def version():
    return version_from("sluice", PROGRAM, "--version")
