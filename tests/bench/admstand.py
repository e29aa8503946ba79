# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab of image/lab with all daemons, a ledger of any size, and people who sign in.

    office-pc (admitted, traffic)  --+
    rogue-pc (the device measured) --+-- office0 -- gw -- claims0 -- claims (bench_pulse)
                                                    +---- wan0 ----- internet (bench_pulse)
"""
import http.client
import json
import os
import pathlib
import secrets
import socket
import sqlite3
import ssl
import struct
import sys
import tempfile
import time

import procs

REPO = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPO / "image"))

# pylint: disable=wrong-import-position
from lab import lab as lab_module  # noqa: E402
from lab import sites as site  # noqa: E402
from lab import supervisor  # noqa: E402
from lab import topology as topo  # noqa: E402

PORT = 9000
TUNNEL = f"{site.WWW}:{PORT}"
DEVICE = topo.ROGUE
FLOW = """\
  - id: office-bench
    from: office
    to: claims
    destination: [claims-servers]
    services: [bench]
"""


def policy():
    text = lab_module.POLICY.read_text(encoding="utf-8")
    text = text.replace("services:\n", f"services:\n  bench: [udp/{PORT}, tcp/{PORT}]\n", 1)
    return text.replace("\nproxy:\n", "\n" + FLOW + "\nproxy:\n", 1)


class Person:
    """Somebody with an account, at the management page's door, on one kept connection."""

    def __init__(self, port, login, password):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.door = http.client.HTTPSConnection("127.0.0.1", port, timeout=120, context=context)
        self.head = {"Content-Type": "application/json"}
        self.sent = 0  # monotonic nanoseconds when the last request went off
        new = secrets.token_urlsafe(24) + "-a1"
        self._sign_in(login, password)
        self.ask("POST", "/api/password", {"old": password, "new": new})
        self._sign_in(login, new)

    def _sign_in(self, login, password):
        answer = self.ask("POST", "/api/session", {"login": login, "password": password})
        self.head["X-CSRF-Token"] = answer["csrf"]

    def ask(self, method, path, body=None):
        self.sent = time.monotonic_ns()
        self.door.request(method, path, json.dumps(body) if body is not None else None,
                          self.head)
        answer = self.door.getresponse()
        data = answer.read()
        cookie = answer.getheader("Set-Cookie")
        if cookie:
            self.head["Cookie"] = cookie.partition(";")[0]
        if answer.status != 200:
            raise RuntimeError(f"{method} {path}: HTTP {answer.status} {data[:300]!r}")
        return json.loads(data)


class Root:
    """The same on the socket of the command line."""

    def __init__(self, path):
        self.door = http.client.HTTPConnection("localhost", timeout=300)
        self.door.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.door.sock.settimeout(300)
        self.door.sock.connect(str(path))

    def ask(self, method, path, body=None, raw=False):
        self.door.request(method, path, json.dumps(body) if body is not None else None,
                          {"Content-Type": "application/json"})
        answer = self.door.getresponse()
        data = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{method} {path}: HTTP {answer.status} {data[:300]!r}")
        return data if raw else json.loads(data)


class Pulses:
    """What bench_pulse wrote: (id, nanoseconds), read on from where we were."""

    def __init__(self, path):
        self.path = path
        path.touch()

    def after(self, moment, number):
        """Times of that id's messages that came after the moment, ascending."""
        data = self.path.read_bytes()
        return [at for found, at in struct.iter_unpack("=Qq", data)
                if found == number and at > moment]

    def forget(self):
        os.truncate(self.path, 0)  # writers append


class Stand:
    def __init__(self, scratch, programs, daemons):
        self.dir = pathlib.Path(scratch)
        self.programs = programs
        self.daemons = daemons
        self.lab = None
        self.running = []
        self.cards = 0
        self.memory = pathlib.Path(tempfile.mkdtemp(prefix="sekisho-bench-", dir="/dev/shm"))

    def up(self):
        self.lab = lab_module.Lab(self.dir / "root", f"adm{os.getpid()}")
        self.lab.up(self.daemons)
        self.lab.start_daemons()
        self.lab.provision()
        self.lab.cli("allow", "add", site.WWW, "--port", str(PORT), "--tls-any",
                     "--reason", "bench")
        self.apply()

    def down(self):
        self.quiet()
        if self.lab is not None:
            self.lab.down()
        for path in self.memory.glob("*"):
            path.unlink()
        self.memory.rmdir()

    def apply(self):
        """A whole revision of what the ledger holds; returns seconds."""
        path = self.dir / "bench.yaml"
        path.write_text(policy(), encoding="utf-8")
        begun = time.monotonic()
        self.lab.cli("policy", "apply", str(path), "--reason", "bench", seconds=600)
        return time.monotonic() - begun

    def people(self):
        """(administrator, manager), signed in."""
        return [Person(self.lab.port, login, password)
                for login, _, password in self.lab.accounts]

    def root(self):
        return Root(self.lab.root / "run/sekisho/api.sock")

    def pid(self, name):
        return self.lab.state()[name]["pid"]

    def start(self, name):
        """A daemon that was held back; returns seconds until it says that it is ready."""
        begun = time.monotonic()
        supervisor.ask(self.lab.dir, "start", name)
        if not lab_module.wait_for(lambda: self.lab.state()[name]["ready"], 60, 0.002):
            raise RuntimeError(f"{name} does not start: {self.lab.log(name)}")
        return time.monotonic() - begun

    def hurry(self):
        """The daemons go first, as our own programs do: others on this machine wait."""
        for name in lab_module.DAEMONS:
            for pid in procs.tree(self.pid(name)):
                try:
                    for thread in os.listdir(f"/proc/{pid}/task"):
                        os.setpriority(os.PRIO_PROCESS, int(thread), procs.NICE)
                except (FileNotFoundError, ProcessLookupError):
                    pass  # gated's proofs come and go
                procs.hurry(pid)

    # --- programs ---

    def run(self, where, name, *argv, cpus="0,1", **more):
        one = procs.Process(self.lab.net.enter(where) + [str(self.programs / argv[0])] +
                            [str(a) for a in argv[1:]], self.dir / f"{name}.log", cpus, 4096,
                            **more)
        self.running.append(one)
        return one

    def stop(self, one):
        one.end()
        self.running.remove(one)

    def quiet(self):
        for one in list(self.running):
            self.stop(one)

    def pulses(self, name):
        return Pulses(self.memory / name)

    # --- the ledger ---

    def fill(self, devices, permits, second_card=0):
        """
        Business devices of the register into the ledger while nobody has it open: permits of
        them admitted, every second_card-th with a card more.
        """
        self.lab.kill("mgmtd", hold=True)
        path = self.lab.root / "var/lib/sekisho/ledger/ledger.db"
        with sqlite3.connect(path) as db:
            now = int(time.time())
            done = db.execute("SELECT count(*) FROM asset").fetchone()[0]
            cards = self._cards(done, devices, second_card)
            self.cards = len(cards)
            db.executemany(
                "INSERT INTO asset (id, number, name, owner, organisation, kind, zone, note,"
                " state, since, who, why, created, certified) VALUES (?, ?, ?, ?, '例の広域連合',"
                " 'business', 'office', '', ?, ?, 'bench', 'bench', ?, ?)",
                ((f"r{i:016x}", f"B-{i:06}", f"業務端末 {i}", f"係 {i % 97}",
                  "admitted" if i < done + permits else "seen", now, now, now)
                 for i in range(done, done + devices)))
            db.executemany(
                "INSERT INTO asset_history (asset, at, who, was, state, why)"
                " VALUES (?, ?, 'bench', '', ?, 'bench')",
                ((f"r{i:016x}", now, "admitted" if i < done + permits else "seen")
                 for i in range(done, done + devices)))
            db.executemany(
                "INSERT INTO device (id, mac, name, interface, address, first_seen, last_seen,"
                " asset, mac_given) VALUES (?, ?, ?, 'office0', '', 0, 0, ?, '')",
                ((f"d{c:016x}", f"06:{c >> 32 & 255:02x}:{c >> 24 & 255:02x}:"
                  f"{c >> 16 & 255:02x}:{c >> 8 & 255:02x}:{c & 255:02x}", f"PC-{i}",
                  f"r{i:016x}") for c, i in cards))
            first = {}
            for card, asset in cards:
                first.setdefault(asset, card)
            db.executemany(
                "INSERT INTO permit (id, bundle, device, interface, kind, owner, reason,"
                " destinations, until, seconds, state, requested_by, requested_role, requested,"
                " approved_by, approved) VALUES (?, ?, ?, 'office0', 'business', ?, 'bench',"
                " '[]', 0, 0, 'active', 'admin', 'admin', ?, 'manager', ?)",
                ((f"p{c:016x}", f"p{first[i]:016x}", f"d{c:016x}", f"係 {i % 97}", now, now)
                 for c, i in cards if i < done + permits))
        self.lab.release("mgmtd")

    @staticmethod
    def _cards(done, devices, second_card):
        """(card, device) for the new devices; numbers that no other has."""
        cards = []
        for i in range(done, done + devices):
            cards.append((2 * i, i))
            if second_card and i % second_card == 0:
                cards.append((2 * i + 1, i))
        return cards
