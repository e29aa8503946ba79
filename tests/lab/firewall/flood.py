# SPDX-License-Identifier: GPL-3.0-or-later
"""
Runs on a machine of the lab:

    flood.py send ADDRESS PORT SECONDS RATE   numbered datagrams; prints how many (RATE 0: as
                                              many as it can)
    flood.py count PORT...                    until end of input; prints "PORT COUNT DISTINCT"
"""
import selectors
import socket
import struct
import sys
import time

ROUND = 20  # datagrams between two looks at the clock


def send(address, port, seconds, rate):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
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


def count(ports):
    sel, seen, total = selectors.DefaultSelector(), {}, {}
    for port in ports:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, 33, 1 << 26)  # SO_RCVBUFFORCE
        sock.setblocking(False)
        sock.bind(("", port))
        sel.register(sock, selectors.EVENT_READ, port)
        seen[port], total[port] = set(), 0
    sel.register(sys.stdin, selectors.EVENT_READ, 0)
    print("ready", flush=True)
    ended = False
    while not ended:
        for key, _ in sel.select(1):
            ended = ended or key.data == 0
            while key.data:
                try:
                    data = key.fileobj.recv(64)
                except BlockingIOError:
                    break
                total[key.data] += 1
                seen[key.data].add(data)
    for port in ports:
        print(port, total[port], len(seen[port]))


if __name__ == "__main__":
    if sys.argv[1] == "send":
        send(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5]))
    else:
        count([int(word) for word in sys.argv[2:]])
