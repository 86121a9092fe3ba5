"""Reading multipart/byteranges (RFC 9110 §14.6, RFC 2046 §5.1.1), with no byte to spare."""

import re

from support.client import ProtocolError, parse_head

CONTENT_TYPE = re.compile(r"multipart/byteranges; ?boundary=([0-9A-Za-z'()+_,./:=?-]{1,70})")
CONTENT_RANGE = re.compile(r"bytes ([0-9]+)-([0-9]+)/([0-9]+)")


def boundary_of(response):
    content_type = CONTENT_TYPE.fullmatch(response.field("content-type"))
    if not content_type:
        raise ProtocolError(f"bad Content-Type {response.field('content-type')!r}")
    return content_type[1].encode()


def parse_content_range(value):
    """(first, last, size)"""
    content_range = CONTENT_RANGE.fullmatch(value)
    if not content_range:
        raise ProtocolError(f"bad Content-Range {value!r}")
    return tuple(int(number) for number in content_range.groups())


def parts_of(response):
    """[(first, last, size, media type, content)]; the length of a part is its range's."""
    delimiter = b"--" + boundary_of(response)
    body, parts, position = response.body, [], 0
    while True:
        line = delimiter if position == 0 else b"\r\n" + delimiter
        if body[position:position + len(line)] != line:
            raise ProtocolError(f"no boundary at {position}: {body[position:][:80]!r}")
        position += len(line)
        if body[position:] == b"--\r\n":
            return parts
        end = body.find(b"\r\n\r\n", position) + 4
        # The head of a part is that of a message without its first line.
        head = parse_head(b"HTTP/1.1 206 " + body[position:end])
        if {name for name, _ in head.fields} != {"content-type", "content-range"}:
            raise ProtocolError(f"fields of a part: {head.fields}")
        first, last, size = parse_content_range(head.field("content-range"))
        position = end + last - first + 1
        content = body[end:position]
        parts.append((first, last, size, head.field("content-type"), content))
