# SPDX-License-Identifier: GPL-3.0-or-later
"""
Runs on a machine of the lab:

    flood.py send ADDRESS PORT SECONDS RATE   numbered datagrams; prints how many (RATE 0: as
                                              many as it can)
    flood.py count PORT...                    until end of input; prints "FAMILY PORT COUNT
                                              DISTINCT"
"""
import selectors
import socket
import struct
import sys
import time

ROUND = 20  # datagrams between two looks at the clock


def send(address, port, seconds, rate):
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET,
                         socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 22)
    sock.connect((address, port))
    sent, began = 0, time.monotonic()
    pack, put = struct.Struct("=I").pack, sock.send
    while True:
        now = time.monotonic() - began
        if now >= seconds:
            break
        if rate and sent > now * rate:
            time.sleep(0.0005)
            continue
        for _ in range(ROUND):
            try:
                put(pack(sent))
            except OSError:  # an answer that nobody listens, or no room
                continue
            sent += 1
    print(sent)


def listen(family, port):
    sock = socket.socket(socket.AF_INET if family == 4 else socket.AF_INET6, socket.SOCK_DGRAM)
    if family == 6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    sock.setsockopt(socket.SOL_SOCKET, 33, 1 << 26)  # SO_RCVBUFFORCE
    sock.setblocking(False)
    sock.bind(("", port))
    return sock


def count(ports):
    sel, seen, total = selectors.DefaultSelector(), {}, {}
    for way in ((family, port) for family in (4, 6) for port in ports):
        sel.register(listen(*way), selectors.EVENT_READ, way)
        seen[way], total[way] = set(), 0
    sel.register(sys.stdin, selectors.EVENT_READ, None)
    print("ready", flush=True)
    ended = False
    while not ended:
        for key, _ in sel.select(1):
            ended = ended or key.data is None
            while key.data is not None:
                try:
                    data = key.fileobj.recv(64)
                except BlockingIOError:
                    break
                total[key.data] += 1
                seen[key.data].add(data)
    for way, number in total.items():
        print(*way, number, len(seen[way]))


if __name__ == "__main__":
    if sys.argv[1] == "send":
        send(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5]))
    else:
        count([int(word) for word in sys.argv[2:]])
