"""A strict HTTP/1.1 client on a raw socket.

It accepts only what RFC 9112 lets a server send: a sloppy byte fails here, and not in somebody's
browser. Every wait has a timeout.
"""

import hashlib
import re
import socket
import struct
from dataclasses import dataclass

TIMEOUT_SECONDS = 20
HEAD_LIMIT_BYTES = 64 * 1024

STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5][0-9]{2}) ([\t\x20-\x7e]*)")
FIELD_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*")
SINGLE_VALUED = {"content-length", "content-type", "content-range", "date", "etag", "last-modified",
                 "location", "server"}


class ProtocolError(AssertionError):
    """The server sent something that HTTP does not allow."""


@dataclass(frozen=True)
class Response:
    status: int
    reason: str
    fields: tuple
    body: bytes = b""

    def field(self, name):
        values = [value for key, value in self.fields if key == name.lower()]
        return ", ".join(values) if values else None

    @property
    def content_length(self):
        return int(self.field("content-length"))

    @property
    def closes(self):
        return "close" in (self.field("connection") or "").lower()


def parse_head(head):
    if not head.endswith(b"\r\n\r\n"):
        raise ProtocolError(f"head does not end with an empty line: {head!r}")
    lines = head[:-4].split(b"\r\n")
    status_line = STATUS_LINE.fullmatch(lines[0])
    if not status_line:
        raise ProtocolError(f"bad status line {lines[0]!r}")
    fields = []
    for line in lines[1:]:
        field = FIELD_LINE.fullmatch(line)
        if not field:
            raise ProtocolError(f"bad field line {line!r}")
        fields.append((field[1].decode().lower(), field[2].decode("latin-1")))
    check_fields(fields)
    return Response(int(status_line[1]), status_line[2].decode(), tuple(fields))


def check_fields(fields):
    names = [name for name, _ in fields]
    for name in SINGLE_VALUED:
        if names.count(name) > 1:
            raise ProtocolError(f"{name} is there {names.count(name)} times")
    for name, value in fields:
        if name == "content-length" and not re.fullmatch("[0-9]+", value):
            raise ProtocolError(f"bad Content-Length {value!r}")


def has_body(method, status):
    return method != "HEAD" and status >= 200 and status not in (204, 304)


def as_bytes(text):
    return text if isinstance(text, bytes) else text.encode("latin-1")


def build_request(target, method="GET", fields=(), version="HTTP/1.1", host="sluice.test"):
    """The bytes of a head. `fields` are (name, value) pairs; no Host when `host` is None."""
    lines = [b"%s %s %s" % (as_bytes(method), as_bytes(target), as_bytes(version))]
    if host is not None:
        lines.append(b"Host: " + as_bytes(host))
    lines += [b"%s: %s" % (as_bytes(name), as_bytes(value)) for name, value in fields]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def open_socket(address, timeout=TIMEOUT_SECONDS, receive_buffer=None):
    """`address` is (host, port), or the path of a Unix socket."""
    if isinstance(address, str):
        family = socket.AF_UNIX
    else:
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.settimeout(timeout)
        if receive_buffer:  # must be set before the handshake, which announces the window
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        opened.connect(address)
        if family != socket.AF_UNIX:
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        opened.close()
        raise
    return opened


class Connection:
    def __init__(self, address, timeout=TIMEOUT_SECONDS, receive_buffer=None):
        self.address, self.timeout, self.receive_buffer = address, timeout, receive_buffer
        self.ended = False  # the last response to ask() was the last of the connection
        self.open()

    def open(self):
        self.socket = open_socket(self.address, self.timeout, self.receive_buffer)
        self.unread = bytearray()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def reset(self):
        """Vanishes: the peer gets a RST instead of an orderly end."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def send_if_wanted(self, data):
        """Sends, and takes no offence when the server has closed before reading everything."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def receive(self):
        """Appends to `unread`; False at the end of the stream."""
        data = self.socket.recv(256 * 1024)
        self.unread += data
        return bool(data)

    def take(self, count):
        taken = bytes(self.unread[:count])
        del self.unread[:count]
        return taken

    def read_head(self):
        while (end := self.unread.find(b"\r\n\r\n")) < 0:
            if len(self.unread) > HEAD_LIMIT_BYTES:
                raise ProtocolError("response head without an end")
            if not self.receive():
                raise ProtocolError(f"stream ended in a response head: {bytes(self.unread)!r}")
        return parse_head(self.take(end + 4))

    def read_exactly(self, count):
        while len(self.unread) < count:
            if not self.receive():
                raise ProtocolError(f"stream ended {count - len(self.unread)} bytes too early")
        return self.take(count)

    def read_response(self, method="GET"):
        """Reads one response, no byte more."""
        head = self.read_head()
        if not has_body(method, head.status):
            return head
        if head.field("content-length") is None:
            raise ProtocolError(f"no Content-Length in {head}")
        body = self.read_exactly(head.content_length)
        return Response(head.status, head.reason, head.fields, body)

    def read_digest(self, count):
        """The SHA-256 of the next `count` bytes, which need not fit into memory."""
        digest = hashlib.sha256(first := self.take(count))
        count -= len(first)
        buffer = memoryview(bytearray(1 << 20))
        while count:
            received = self.socket.recv_into(buffer, min(count, len(buffer)))
            if not received:
                raise ProtocolError(f"stream ended {count} bytes too early")
            digest.update(buffer[:received])
            count -= received
        return digest.hexdigest()

    def ask(self, target, method="GET", fields=(), **options):
        """As browsers do, on a new connection where the server has said that it ends this one."""
        if self.ended:
            self.close()
            self.open()
        self.send(build_request(target, method, fields, **options))
        response = self.read_response(method)
        self.ended = response.field("connection") == "close"
        return response

    def read_rest(self):
        """Everything up to the end of the stream, orderly or not."""
        try:
            while self.receive():
                pass
        except ConnectionResetError:
            pass
        return self.take(len(self.unread))

    def expect_close(self):
        """The server ends the stream, and sends nothing more before that."""
        rest = self.read_rest()
        if rest:
            raise ProtocolError(f"junk before the end of the stream: {rest[:200]!r}")

    def read_responses_until_close(self):
        """All responses, none of them to HEAD, until the server ends the stream."""
        responses = []
        while self.unread or self.receive_or_end():
            responses.append(self.read_response())
        return responses

    def receive_or_end(self):
        try:
            return self.receive()
        except ConnectionResetError:
            return False
