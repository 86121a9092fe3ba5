"""The servers that can be compared: one module each, named as `--servers` names it.

A module defines
    TITLE              the name in the tables
    command(place)     writes what configuration the server needs into `place.scratch` and returns
                       its command line. The server must stay in the foreground, use one thread or
                       worker, write no access log, and never limit requests per connection.
    version()          "nginx 1.2.3"
"""

import dataclasses
import importlib
import pathlib
import pkgutil
import re
import subprocess


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a server works: the directory it serves, its port, a directory for its own files."""

    root: pathlib.Path
    port: int
    scratch: pathlib.Path


def names():
    return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(__path__))


def load(name):
    return importlib.import_module(f"{__name__}.{name.replace('-', '_')}")


def version_from(name, *argv):
    """`name` and the first thing that looks like a version in what `argv` prints."""
    printed = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    found = re.search(r"\d+\.\d+(\.\d+)?", printed.stdout)
    return f"{name} {found.group()}" if found else name
