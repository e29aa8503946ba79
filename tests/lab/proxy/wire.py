# SPDX-License-Identifier: GPL-3.0-or-later
"""The client's side of a socket: sends raw bytes at a chosen pace, reads answers strictly."""
import dataclasses
import socket
import time

from lab.lab import SLOW

from . import origin


@dataclasses.dataclass
class Response:
    status: int
    fields: list
    body: bytes
    whole: bool  # False: it was cut short, and the client could see that
    head: bytes

    def value(self, name):
        for n, v in self.fields:
            if n == name:
                return v
        return None


class Client:
    """One connection to the proxy; its thread is in the client's namespace."""

    def __init__(self, address, slow=False, source=None):
        self.slow = slow
        self.buffer = b""
        self.end = ""  # "", "close" or "reset"
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.sock = socket.socket(family, socket.SOCK_STREAM)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.settimeout(10)
        if source:
            self.sock.bind((source, 0))
        self.sock.connect(address)

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, data):
        """All of it; False when the proxy did not want to take it."""
        try:
            if not self.slow:
                self.sock.sendall(data)
                return True
            step = 1 if len(data) <= 1024 else len(data) // 512
            for i in range(0, len(data), step):
                self.sock.sendall(data[i:i + step])
                # at first long enough that the proxy surely sees each byte alone
                time.sleep(0.001 if i < 48 or i % 16 == 0 else 0)
            return True
        except OSError:
            return False

    def shut(self):
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def more(self, seconds):
        """Read once. False: nothing came in time, or the end was reached."""
        if self.end:
            return False
        self.sock.settimeout(max(seconds, 0.001))
        try:
            data = self.sock.recv(65536)
        except TimeoutError:
            return False
        except OSError:
            self.end = "reset"
            return False
        if not data:
            self.end = "close"
            return False
        self.buffer += data
        return True

    def read_until(self, ready, seconds):
        """Read until ready(buffer) gives something; what it gave last."""
        until = time.monotonic() + seconds * SLOW
        while True:
            value = ready(self.buffer)
            left = until - time.monotonic()
            if value or left <= 0 or (not self.more(left) and self.end):
                return value or ready(self.buffer)

    def wait_end(self, seconds):
        until = time.monotonic() + seconds * SLOW
        while not self.end and time.monotonic() < until:
            self.more(until - time.monotonic())
        return self.end

    def response(self, seconds=15, head_only=False, interim=None):
        """The next final answer, or None. Interim ones are added to the list interim."""
        while True:
            if not self.read_until(lambda b: b"\r\n\r\n" in b, seconds):
                return None
            response = self._head()
            if response.status >= 200 or response.status == 101:
                break
            if interim is not None:
                interim.append(response)
        self._body(response, seconds, head_only)
        return response

    def _head(self):
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        words = lines[0].split(b" ", 2)
        if words[0] not in (b"HTTP/1.1", b"HTTP/1.0") or not words[1].isdigit():
            raise origin.Malformed(f"status line {lines[0]!r}")
        if b"\n" in head.replace(b"\r\n", b"") or b"\r" in head.replace(b"\r\n", b""):
            raise origin.Malformed(f"bare CR or LF in {head!r}")
        return Response(int(words[1]), origin.parse_fields(lines[1:]), b"", True, head)

    def _body(self, r, seconds, head_only):
        lengths = [v for n, v in r.fields if n == "content-length"]
        codings = [v for n, v in r.fields if n == "transfer-encoding"]
        if (lengths and codings) or len(lengths) > 1 or len(codings) > 1:
            raise origin.Malformed(f"framed in two ways: {r.head!r}")
        if head_only or r.status in (204, 304, 101):
            return
        if codings:
            taken = self.read_until(lambda b: origin.take_chunked(b, 0), seconds)
            r.whole = bool(taken)
            r.body, end = taken if taken else (self.buffer, len(self.buffer))
        elif lengths:
            end = int(lengths[0])
            r.whole = self.read_until(lambda b: len(b) >= end, seconds) if end else True
            r.body = self.buffer[:end]
        else:
            r.whole = self.wait_end(seconds) == "close"
            r.body, end = self.buffer, len(self.buffer)
        self.buffer = self.buffer[end:]
