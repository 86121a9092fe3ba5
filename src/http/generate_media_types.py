#!/usr/bin/env python3
"""Writes the table of media types that media_type.cc includes.

usage: generate_media_types.py MIME_TYPES OVERRIDES OUTPUT

Both inputs have the format of mime.types: a type, then its extensions. The first
line that claims an extension has it, and OVERRIDES goes before MIME_TYPES.
"""

import re
import sys

TYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+")
EXTENSION = re.compile(r"[!-~]+")


def read_types(path):
    """Yields (extension, type) in the order of the file, in lower case."""
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            words = line.split("#", 1)[0].lower().split()
            if not words:
                continue
            if not TYPE.fullmatch(words[0]):
                sys.exit(f"{path}:{number}: not a media type: {words[0]}")
            for extension in words[1:]:
                if not EXTENSION.fullmatch(extension):
                    sys.exit(f"{path}:{number}: not an extension: {extension}")
                yield extension, words[0]


def content_type(media_type):
    """The value of Content-Type: text is UTF-8 today."""
    is_text = media_type.startswith("text/")
    return media_type + "; charset=utf-8" if is_text else media_type


def quoted(text):
    """A C++ string literal of printable ASCII."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def main(mime_types, overrides, output):
    table = {}
    for path in (overrides, mime_types):
        for extension, media_type in read_types(path):
            table.setdefault(extension, media_type)
    # media_type() looks at what follows the last dot.
    table = {extension: kind for extension, kind in table.items() if "." not in extension}
    with open(output, "w", encoding="utf-8") as out:
        out.write("// Made by generate_media_types.py. Not to be edited.\n")
        out.write(f"constexpr size_t kLongestExtension = {max(map(len, table))};\n")
        out.write("constexpr MediaTypeEntry kMediaTypes[] = {\n")
        for extension, media_type in sorted(table.items()):
            out.write(f"    {{{quoted(extension)}, {quoted(content_type(media_type))}}},\n")
        out.write("};\n")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
