# SPDX-License-Identifier: GPL-3.0-or-later
"""An origin that writes down every byte it receives, and answers what a test wants it to."""
import dataclasses
import socket
import struct
import threading
import time

from . import netns

TUNNEL_OK = b"tunnel is open\n"


class Malformed(Exception):
    pass


@dataclasses.dataclass
class Request:
    method: str
    target: str
    version: str
    fields: list  # (name in lower case, value)
    body: bytes
    head: bytes

    def values(self, name):
        return [v for n, v in self.fields if n == name]


@dataclasses.dataclass
class Reply:
    """How one origin behaves. Without anything it answers each request with 200 and "ok"."""
    replies: tuple = ()  # bytes for the first, second, ... request; then the default again
    greet: bytes = b""  # sent as soon as the connection is there, before any request
    late: tuple = ()  # (seconds, bytes) sent after the first reply, unasked
    after: str = "keep"  # after the reply: "keep", "close" or "reset"
    raw: bool = False  # no HTTP: the replies (or TUNNEL_OK) as bytes come, then silence
    parting: bytes = b""  # sent when the client has ended its side
    hold: float = 0.0  # seconds before the first reply
    on_head: bool = False  # answer as soon as the head is there, without waiting for a body
    echo: object = None  # function of a Request: (answer, whether the connection ends with it)


@dataclasses.dataclass
class Arrival:
    """One connection as the origin saw it."""
    address: str
    port: int
    peer: tuple
    at: float
    data: bytearray = dataclasses.field(default_factory=bytearray)
    ended: str = ""  # "", "close" or "reset"
    trap: str = ""  # the machine, where nothing may arrive at all


def parse_fields(lines):
    fields = []
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or not name or name != name.strip() or b" " in name or b"\t" in name:
            raise Malformed(f"field line {line!r}")
        fields.append((name.decode("latin-1").lower(), value.strip(b" \t").decode("latin-1")))
    return fields


def take_chunked(data, at):
    """Returns (body, end), or None when it is not whole yet."""
    body = b""
    while True:
        end = data.find(b"\r\n", at)
        if end < 0:
            return None
        size = data[at:end].split(b";")[0]
        if not size or size.strip(b"0123456789abcdefABCDEF"):
            raise Malformed(f"chunk size {size!r}")
        count, at = int(size, 16), end + 2
        if count == 0:
            break
        if len(data) < at + count + 2:
            return None
        if data[at + count:at + count + 2] != b"\r\n":
            raise Malformed("no CRLF behind a chunk")
        body, at = body + data[at:at + count], at + count + 2
    while True:  # trailers
        end = data.find(b"\r\n", at)
        if end < 0:
            return None
        line, at = data[at:end], end + 2
        if not line:
            return body, at
        parse_fields([line])


def parse_head(data):
    """(method, target, version, fields, end), or None. As strict as can be: one reading only."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = bytes(data[:end])
    if b"\r" in head.replace(b"\r\n", b"") or b"\n" in head.replace(b"\r\n", b"") or b"\0" in head:
        raise Malformed("bare CR, LF or NUL")
    lines = head.split(b"\r\n")
    words = lines[0].split(b" ")
    if len(words) != 3 or not words[2].startswith(b"HTTP/1."):
        raise Malformed(f"request line {lines[0]!r}")
    fields = parse_fields(lines[1:])
    return (*[w.decode("latin-1") for w in words], fields, end + 4)


def take_request(data):
    """The first request and its length, or (None, 0)."""
    parsed = parse_head(data)
    if parsed is None:
        return None, 0
    method, target, version, fields, end = parsed
    lengths = [v for n, v in fields if n == "content-length"]
    codings = [v for n, v in fields if n == "transfer-encoding"]
    if (lengths and codings) or len(lengths) > 1 or len(codings) > 1:
        raise Malformed("framed in two ways")
    body = b""
    if codings:
        if codings[0].lower() != "chunked":
            raise Malformed(f"transfer coding {codings}")
        taken = take_chunked(bytes(data), end)
        if taken is None:
            return None, 0
        body, end_body = taken
    else:
        length = lengths[0] if lengths else "0"
        if not length.isdigit() or not length.isascii():
            raise Malformed(f"length {length!r}")
        end_body = end + int(length)
        if len(data) < end_body:
            return None, 0
        body = bytes(data[end:end_body])
    return Request(method, target, version, fields, body, bytes(data[:end])), end_body


def requests_in(data):
    """Every request in these bytes, and what is left over."""
    found, data = [], bytes(data)
    while data:
        request, length = take_request(data)
        if request is None:
            break
        found.append(request)
        data = data[length:]
    return found, data


def ok(body=b"ok", close=False, more=b""):
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%s%s\r\n%s" % (
        len(body), b"Connection: close\r\n" if close else b"", more, body)


class Origin:
    def __init__(self, trap=""):
        self.trap = trap
        self.scripts = {}  # address -> Reply
        self.paced = set()  # addresses whose replies go out byte by byte
        self.arrivals = []
        self.lock = threading.Lock()
        self.sockets = []

    def start(self, namespace, ports):
        self.sockets = netns.inside(namespace, lambda: [
            self._bind(f, p) for f in (socket.AF_INET, socket.AF_INET6) for p in ports])
        for sock in self.sockets:
            threading.Thread(target=self._accept, args=(sock,), daemon=True).start()

    def stop(self):
        for sock in self.sockets:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            sock.close()

    @staticmethod
    def _bind(family, port):
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(("", port))
        sock.listen(1024)
        return sock

    def at(self, *addresses):
        """The connections that came to one of these addresses."""
        with self.lock:
            return [a for a in self.arrivals if a.address in addresses]

    def _accept(self, sock):
        while True:
            try:
                conn, peer = sock.accept()
            except OSError:
                return
            address, port = conn.getsockname()[:2]
            arrival = Arrival(address, port, peer[:2], time.monotonic(), trap=self.trap)
            with self.lock:
                self.arrivals.append(arrival)
            threading.Thread(target=self._serve, args=(conn, arrival), daemon=True).start()

    def _serve(self, conn, arrival):
        script = self.scripts.get(arrival.address, Reply())
        conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        conn.settimeout(60)
        try:
            self._send(conn, arrival, script.greet)
            self._converse(conn, arrival, script)
        except (ConnectionError, TimeoutError, OSError):
            arrival.ended = arrival.ended or "reset"
        conn.close()

    def _converse(self, conn, arrival, script):
        done = answered = 0
        while True:
            data = conn.recv(65536)
            if not data:
                arrival.ended = "close"
                self._send(conn, arrival, script.parting)
                return
            arrival.data += data
            if script.raw:
                replies = script.replies or (TUNNEL_OK,)
                if answered < len(replies):
                    self._send(conn, arrival, replies[answered])
                answered += 1
                continue
            while True:
                length, close = self._next(arrival.data[done:], script)
                if not length:
                    break
                done += length
                self._answer(conn, arrival, script, answered, close)
                answered += 1
                if close or script.after != "keep":
                    self._finish(conn, arrival, script)
                    return

    @staticmethod
    def _next(data, script):
        """Length of the next thing to answer, and whether the connection ends with it."""
        try:
            if script.echo is not None:
                request, length = take_request(data)
                return length, request is not None and script.echo(request)[1]
            if script.on_head:
                parsed = parse_head(data)
                return (parsed[4], True) if parsed else (0, False)
            request, length = take_request(data)
        except Malformed:
            return len(data), True
        if request is None:
            return 0, False
        words = ",".join(request.values("connection")).lower().replace(" ", "").split(",")
        return length, "close" in words or request.version == "HTTP/1.0"

    def _answer(self, conn, arrival, script, number, close):
        if script.hold and number == 0:
            time.sleep(script.hold)
        if script.echo is not None:
            reply = script.echo(requests_in(arrival.data)[0][number])[0]
        else:
            reply = script.replies[number] if number < len(script.replies) else ok(close=close)
        self._send(conn, arrival, reply)
        if script.late and number == 0:
            time.sleep(script.late[0])
            self._send(conn, arrival, script.late[1])

    def _send(self, conn, arrival, data):
        if arrival.address not in self.paced:
            conn.sendall(data)
            return
        step = 1 if len(data) < 2048 else max(1, len(data) // 512)
        for i in range(0, len(data), step):
            conn.sendall(data[i:i + step])
            time.sleep(0)

    @staticmethod
    def _finish(conn, arrival, script):
        if script.after == "reset":
            conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            arrival.ended = "reset"
            return
        conn.shutdown(socket.SHUT_WR)
        conn.settimeout(5)
        while True:  # what still comes is written down too
            data = conn.recv(65536)
            if not data:
                arrival.ended = "close"
                return
            arrival.data += data
