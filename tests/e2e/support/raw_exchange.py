"""Sends bytes of which nothing is assumed, and tells exactly what came back.

After the bytes of an exchange a marker request follows on the same connection. Its answer shows
that server and client still agree where requests begin; that there is none shows that the server
closed. Neither needs a wait, so only an exchange that expects silence takes time.
"""

import socket
import time
from dataclasses import dataclass

from support.client import Connection, ProtocolError

QUIET_SECONDS = 0.3
BETWEEN_BYTES_SECONDS = 0.0003
READ_SECONDS = 9  # after 10 s the server gives up, which would look like a refusal
FAULT_LIMIT = 200
MARKER_TARGET = "/marker.txt"
MARKER_BODY = b"the connection is in step\n"
MARKER = (f"GET {MARKER_TARGET} HTTP/1.1\r\nHost: sluice.test\r\n"
          "Connection: close\r\n\r\n").encode()


@dataclass(frozen=True)
class Outcome:
    """`responses` are the final ones, in order, without that to the marker."""
    responses: tuple = ()
    interim: tuple = ()  # statuses of 1xx responses
    closed: bool = False  # by the server, before the marker was answered
    fault: str = ""  # what was received and is not HTTP

    @property
    def statuses(self):
        return [response.status for response in self.responses]

    def __str__(self):
        words = [str(status) for status in [*self.interim, *self.statuses]] or ["nothing"]
        return ", ".join(words) + (", then closed" if self.closed else ", still open")


class RawExchange:
    """One connection, used once.

    `pieces` are bytes to send; numbers, to pause that many seconds; and functions, which wait for
    a response and return the bytes that follow from it. With `incomplete` the bytes leave a request
    unfinished: there is no marker, and the server has QUIET_SECONDS to show that it waits.
    `bytewise` sends every byte by itself.
    """

    def __init__(self, address, pieces, incomplete=False, bytewise=False):
        self.address = address
        self.pieces = pieces
        self.incomplete = incomplete
        self.bytewise = bytewise
        self.to_head = pieces and isinstance(pieces[0], bytes) and pieces[0].startswith(b"HEAD ")
        self.responses = []
        self.interim = []
        self.ended = False

    def run(self):
        fault = ""
        closed = False
        with Connection(self.address, timeout=READ_SECONDS) as connection:
            self.connection = connection
            try:
                self.send_pieces()
                if self.incomplete:
                    self.read_for(QUIET_SECONDS)
                    closed = self.ended
                    self.half_close()
                elif self.responses or self.read_response():
                    connection.send_if_wanted(MARKER)
                while self.read_response():
                    pass
            except ProtocolError as error:
                fault = str(error)[:FAULT_LIMIT]
            except TimeoutError:
                fault = f"silent for {READ_SECONDS} s"
        if not self.incomplete:
            closed = self.ended and not self.take_marker()
        return Outcome(tuple(self.responses), tuple(self.interim), closed, fault)

    def send_pieces(self):
        for piece in self.pieces:
            if self.ended:
                return
            if isinstance(piece, bytes):
                self.send(piece)
            elif callable(piece):
                if self.read_response():
                    self.send(piece(self.responses[-1]))
            else:
                time.sleep(piece)

    def send(self, data):
        if not self.bytewise:
            self.connection.send_if_wanted(data)
            return
        for at in range(len(data)):
            self.connection.send_if_wanted(data[at:at + 1])
            time.sleep(BETWEEN_BYTES_SECONDS)

    def half_close(self):
        try:
            self.connection.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the server was faster

    def read_for(self, seconds):
        """Reads what comes by itself, and finds out whether the server closes."""
        until = time.monotonic() + seconds
        try:
            while (left := until - time.monotonic()) > 0:
                self.connection.socket.settimeout(left)
                if not self.read_response():
                    return
        except TimeoutError:
            pass
        finally:
            self.connection.socket.settimeout(READ_SECONDS)

    def read_response(self):
        """Reads one final response; False at the end of the stream."""
        while True:
            if not self.connection.unread and not self.connection.receive_or_end():
                self.ended = True
                return False
            method = "HEAD" if self.to_head and not self.responses else "GET"
            try:
                response = self.connection.read_response(method)
            except ConnectionResetError:
                raise ProtocolError("the stream was reset inside a response") from None
            if response.status >= 200:
                self.responses.append(response)
                return True
            self.interim.append(response.status)

    def take_marker(self):
        if not self.responses or self.responses[-1].body != MARKER_BODY:
            return False
        self.responses.pop()
        return True
