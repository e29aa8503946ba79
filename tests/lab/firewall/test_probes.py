# SPDX-License-Identifier: GPL-3.0-or-later
"""Packets of our own: what they find is what real ones would, and nobody else hears of them."""
import json
import socket
import struct

from lab import topology as topo
from lab.lab import wait_for

PROBE, TEXT = 19, 102


def probe(lab):
    """What gated answers; asked at its own door, so that nothing comes between."""
    text = b""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as conn:
        conn.settimeout(20)
        conn.connect(str(lab.root / "run/sekisho/gated.sock"))
        conn.send(struct.pack("=HHI", PROBE, 1, 0))
        while True:
            kind, _, _, last, length = struct.unpack_from("=HHIII", data := conn.recv(65536))
            assert kind == TEXT
            text += data[16:16 + length]
            if last:
                return json.loads(text)


def test_all_as_expected(make_lab):
    lab = make_lab()
    assert wait_for(lambda: lab.tcp(topo.CORE, topo.ADDRESS[topo.CLAIMS][0], 443), 5)
    found = probe(lab)
    print(json.dumps(found, indent=1))
    assert found["result"] == "good", found
