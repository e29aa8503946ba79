# SPDX-License-Identifier: GPL-3.0-or-later
"""A name server that answers what a test tells it to: chains, silence, lies, rebinding."""
import dataclasses
import ipaddress
import socket
import struct
import threading

from . import netns

A, CNAME, AAAA = 1, 5, 28
NOERROR, SERVFAIL, NXDOMAIN, REFUSED = 0, 2, 3, 5


@dataclasses.dataclass
class Name:
    """What is said about one name; addresses of both families in one list."""
    addresses: tuple = ()
    chain: tuple = ()  # names that CNAME records lead through, the addresses are the last one's
    code: int = NOERROR
    delay: float = 0.0  # seconds before the answer
    silent: bool = False  # no answer at all
    ttl: int = 60
    then: "Name" = None  # from the second time on that an address was asked for
    lie: str = ""  # "id", "question", "cut", "loop": answers that must not be believed
    delay_family: int = 0  # 4 or 6: delay is for that one alone


def encode(name):
    parts = [p for p in name.split(".") if p]
    return b"".join(bytes([len(p)]) + p.encode() for p in parts) + b"\0"


def decode(data, at):
    labels = []
    while data[at]:
        labels.append(data[at + 1:at + 1 + data[at]].decode("ascii", "replace"))
        at += 1 + data[at]
    return ".".join(labels).lower(), at + 1


def answer_record(owner, kind, ttl, data):
    """owner: a name, or None for the one that was asked for (RFC 1035 4.1.4)."""
    return (encode(owner) if owner else b"\xc0\x0c") + struct.pack("!HHIH", kind, 1, ttl, len(data)) + data


class NameServer:
    def __init__(self, addresses):
        self.addresses = addresses
        self.names = {}  # exact, or ".suffix" -> Name or a function of the name asked for
        self.asked = {}  # (name, kind) -> how often
        self.sockets = []
        self.lock = threading.Lock()

    def start(self, namespace):
        for address in self.addresses:
            self.sockets.append(netns.inside(namespace, lambda a=address: self._bind(a)))
        for sock in self.sockets:
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def stop(self):
        for sock in self.sockets:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            sock.close()

    @staticmethod
    def _bind(address):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_DGRAM)
        sock.bind((address, 53))
        return sock

    def _serve(self, sock):
        while True:
            try:
                data, peer = sock.recvfrom(4096)
            except OSError:
                return
            try:
                self._handle(sock, data, peer)
            except (IndexError, struct.error, OSError):
                pass  # not a question, or the socket went

    def _handle(self, sock, data, peer):
        name, end = decode(data, 12)
        kind = struct.unpack("!H", data[end:end + 2])[0]
        with self.lock:
            count = self.asked[(name, kind)] = self.asked.get((name, kind), 0) + 1
        said = self.find(name)
        if said.then is not None and count > 1:
            said = said.then
        if said.silent:
            return
        reply = self._reply(data, end + 4, kind, said)
        wrong = {4: A, 6: AAAA}.get(said.delay_family, kind)
        if said.delay and wrong == kind:
            threading.Timer(said.delay, self._send, (sock, reply, peer)).start()
        else:
            self._send(sock, reply, peer)

    @staticmethod
    def _send(sock, reply, peer):
        try:
            sock.sendto(reply, peer)
        except OSError:
            pass

    def find(self, name):
        found = self.names.get(name)
        parts = name.split(".")
        for i in range(1, len(parts)):
            if found is not None:
                break
            found = self.names.get("." + ".".join(parts[i:]))
        if found is None:
            return Name(code=NXDOMAIN)
        return found(name) if callable(found) else found

    @staticmethod
    def _reply(data, end, kind, said):
        question, records, owner = data[12:end], [], None
        for target in said.chain:
            records.append(answer_record(owner, CNAME, said.ttl, encode(target)))
            owner = target
        for text in said.addresses:
            address = ipaddress.ip_address(text)
            if kind == {4: A, 6: AAAA}[address.version]:
                records.append(answer_record(owner, kind, said.ttl, address.packed))
        number = data[:2]
        if said.lie == "id":
            number = bytes([data[0] ^ 0xff, data[1]])
        if said.lie == "question":
            question = encode("other.example.jp") + question[-4:]
        head = number + struct.pack("!HHHHH", 0x8180 | said.code, 1, len(records), 0, 0)
        reply = head + question + b"".join(records)
        if said.lie == "cut":
            reply = reply[:-6]
        if said.lie == "loop":  # a name that points at itself (RFC 1035 4.1.4)
            reply = number + struct.pack("!HHHHH", 0x8180, 1, 1, 0, 0) + question + \
                struct.pack("!HHHIH", 0xc000 | len(question) + 12, kind, 1, 60, 4) + b"\0" * 4
        return reply


def at(*addresses, **more):
    return Name(addresses=addresses, **more)
