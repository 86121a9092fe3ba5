#!/usr/bin/python3
"""Checks that no layer of src/ includes against the arrows of docs/ARCHITECTURE.md.

usage: check_layers.py [ROOT]

Prints file:line and what is wrong, and exits with 1, when
  - a file of src/<layer>/ includes a layer that MAY_INCLUDE does not lead to;
  - a public header (include/sluice/) includes anything but public and standard headers;
  - a header of a third party is included outside of its FENCES;
  - an include of this project does not name its layer: "io/socket.h", never "socket.h".
"""

import re
import sys
from pathlib import Path
from typing import NamedTuple

# The arrows. A layer may also include what the layers it names may include, and <sluice/...>.
MAY_INCLUDE = {
    "cli": {"server"},
    "server": {"files", "transfer", "cache", "rules", "http"},
    "cache": {"transfer", "files", "http"},
    "files": {"io", "http"},
    "transfer": {"io"},
    "io": {"runtime"},
    "runtime": {"ring"},
    "ring": {"base"},
    "rules": {"http"},
    "http": {"base"},
    "base": set(),
}


class Fence(NamedTuple):
    header: re.Pattern
    layers: set
    single_file: bool = False


# Where the headers of third parties may be included.
FENCES = [
    Fence(re.compile(r"liburing(\.h|/)|linux/io_uring\.h"), {"ring", "io"}),
    Fence(re.compile(r"llhttp\.h"), {"http"}, single_file=True),
    Fence(re.compile(r"mimalloc"), {"cli"}),
    Fence(re.compile(r"CLI/|CLI11"), {"cli"}),
    Fence(re.compile(r"toml\+\+|toml\.hpp"), {"cli"}),
    Fence(re.compile(r"xxhash\.h|brotli/|zstd\.h|zlib\.h|crypt\.h"), {"files"}),
    Fence(re.compile(r"nettle/"), {"files", "server"}),
]

# Standard headers and those of the C library and the kernel: lower case, no folder but these.
STANDARD = re.compile(r"[a-z0-9_]+(\.h)?|(sys|linux|netinet|arpa|net|bits)/[a-z0-9_]+\.h")
INCLUDE = re.compile(r'\s*#\s*include\s*(["<])([^">]+)[">]')


class Include(NamedTuple):
    path: Path
    line: int
    quoted: bool
    header: str


def reachable(layer):
    """The layer itself and all that its arrows lead to."""
    found = {layer}
    for below in MAY_INCLUDE[layer]:
        found |= reachable(below)
    return found


def includes_of(root, folder):
    for path in sorted((root / folder).rglob("*")):
        if path.suffix in (".h", ".cc"):
            for number, line in enumerate(path.read_text().splitlines(), 1):
                if match := INCLUDE.match(line):
                    yield Include(path.relative_to(root), number, match[1] == '"', match[2])


def check_public(include):
    if include.header.startswith("sluice/") and not include.quoted:
        return None
    if include.quoted or not STANDARD.fullmatch(include.header):
        return f"a public header includes only <sluice/...> and standard ones, not {include.header}"
    return None


def check_source(include, layer):
    if include.header.startswith("sluice/"):
        return f"a public header is included as <{include.header}>" if include.quoted else None
    target = include.header.split("/")[0]
    if not include.quoted:
        return f'{include.header} is included with "quotes"' if target in MAY_INCLUDE else None
    if "/" not in include.header or target not in MAY_INCLUDE:
        return f'"{include.header}" does not begin with a layer'
    if target not in reachable(layer):
        return f"{layer} may not include {target} ({include.header})"
    return None


def check_fences(include, layer, owners):
    """`owners` remembers the first file that used a fence with room for a single one."""
    for fence in FENCES:
        if not fence.header.match(include.header):
            continue
        if layer not in fence.layers:
            return f"{include.header} may be included only in {', '.join(sorted(fence.layers))}"
        if fence.single_file:
            owner = owners.setdefault(fence.header, include.path)
            if owner != include.path:
                return f"{include.header} may be included in one file, and {owner} does"
    return None


def check(root):
    """Yields "file:line: what is wrong"."""
    owners = {}
    for include in includes_of(root, "include"):
        if problem := check_public(include) or check_fences(include, "include", owners):
            yield f"{include.path}:{include.line}: {problem}"
    for include in includes_of(root, "src"):
        layer = include.path.parts[1]
        if layer not in MAY_INCLUDE:
            problem = "a source belongs to a layer of scripts/check_layers.py"
        else:
            problem = check_source(include, layer) or check_fences(include, layer, owners)
        if problem:
            yield f"{include.path}:{include.line}: {problem}"


def main(arguments):
    root = Path(arguments[0]) if arguments else Path(__file__).resolve().parent.parent
    problems = list(check(root))
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
