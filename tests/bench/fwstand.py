# SPDX-License-Identifier: GPL-3.0-or-later
"""Three namespaces in a row, and sekisho-gated in the middle one.

    inside 10.70.0.0/16 -- lan0 --- lan0 gateway wan0 --- wan0 -- outside 45.113.8.0/24

Packets are made by bench_flood on inside's lan0. What arrives outside is counted at the
interface; nothing there answers.
"""
import json
import os
import pathlib
import shutil
import subprocess
import time

import net
import procs

REPO = pathlib.Path(__file__).resolve().parents[2]
ACCOUNT = "sekisho-gate"
SOURCE = "10.70.1.0"
TARGET = "45.113.8.10"
PORT, DENIED_PORT = 1024, 7000  # the first is also bench_flood's first source port


def policy(admission="off", extra_groups="", extra_flows=""):
    return f"""\
version: 1
site: {{ name: bench }}
zones:
  office:
    kind: office
    interfaces: [lan0]
    networks: [10.70.0.0/16]
    admission: {admission}
  closed:
    kind: closed
    interfaces: [wan0]
    networks: [45.113.8.0/24]
networks:
  everybody: [10.70.0.0/16]
{extra_groups}services:
  bench: [udp/1024-1099]
flows:
  - id: office-bench
    from: office
    to: closed
    source: [everybody]
    services: [bench]
{extra_flows}"""


def permit(number, mac, zone="office", interface="lan0"):
    return {"id": f"p{number:016d}", "number": number, "device": f"d{number:016d}", "mac": mac,
            "interface": interface, "zone": zone, "user": "", "group": "", "destinations": []}


def mark(number):
    """REVISION_MARK_FULL and the permit's number."""
    return 0x01000000 | number


class Stand:
    def __init__(self, scratch, programs, first=False):
        self.dir = pathlib.Path(scratch)
        self.programs = programs
        self.first = ["chrt", "-f", "10"] if first else []
        self.names = {n: f"fwb{os.getpid()}-{n}" for n in ("inside", "gateway", "outside")}
        self.made = []
        self.gated = None
        self.root = self.dir / "root"
        self.number = 0

    def up(self):
        for name in self.names.values():
            net.ip("netns", "add", name)
            self.made.append(name)
        inside, gateway, outside = (self.names[n] for n in ("inside", "gateway", "outside"))
        for name, lines in (
                (gateway, [f"link add lan0 type veth peer name lan0 netns {inside}",
                           f"link add wan0 type veth peer name wan0 netns {outside}",
                           "link set lo up", "addr add 10.70.0.1/16 dev lan0",
                           "addr add 45.113.8.1/24 dev wan0", "link set lan0 up",
                           "link set wan0 up"]),
                (inside, ["link set lo up", "link set lan0 up"]),
                (outside, ["link set lo up", "link set wan0 up"])):
            net.ip("-netns", name, "-batch", "-", stdin="\n".join(lines) + "\n")
        net.ip("-netns", gateway, "neigh", "replace", TARGET, "dev", "wan0", "lladdr",
               self.mac("outside", "wan0"), "nud", "permanent")

    def down(self):
        self.stop()
        for name in self.made:
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)

    def on(self, where, *argv, **more):
        more.setdefault("capture_output", True)
        more.setdefault("check", True)
        return subprocess.run(["ip", "netns", "exec", self.names[where],
                               *[str(a) for a in argv]], text=True, **more)

    def mac(self, where, interface):
        found = json.loads(self.on(where, "ip", "-j", "link", "show", "dev", interface).stdout)
        return found[0]["address"]

    def sysctl(self, **values):
        for key, value in values.items():
            self.on("gateway", "sysctl", "-qw", f"net.netfilter.{key}={value}")

    def arrived(self):
        found = json.loads(self.on("outside", "ip", "-j", "-s", "link", "show", "dev",
                                   "wan0").stdout)
        return found[0]["stats64"]["rx"]["packets"]

    def flood_argv(self, rate, count, sources=200, ports=60000, port=PORT, mac=None, cpu="1"):
        return [*self.first, "taskset", "-c", cpu, self.programs / "bench_flood", "lan0",
                self.mac("gateway", "lan0"), SOURCE, sources, ports, TARGET, port, rate, count,
                *([mac] if mac else [])]

    def flood(self, rate, count, **more):
        """Send; returns what bench_flood says and how many arrived outside."""
        before = self.arrived()
        figures = json.loads(self.on("inside", *self.flood_argv(rate, count, **more)).stdout)
        time.sleep(0.05)
        figures["arrived"] = self.arrived() - before
        return figures

    def answer(self, port=PORT):
        """One packet back: the first flow of a flood to that port is established then."""
        self.on("outside", self.programs / "bench_flood", "wan0", self.mac("gateway", "wan0"),
                TARGET, 1, 1, SOURCE, port, 1000, 1)

    def forget(self):
        """End every connection. What has run out goes when it is looked at."""
        for _ in range(3):
            self.on("gateway", "conntrack", "-D", check=False)

    # --- sekisho-gated ---

    def revision(self, text, permits=()):
        self.number += 1
        (self.dir / "policy.yaml").write_text(text, encoding="utf-8")
        (self.dir / "permits.json").write_text(json.dumps(list(permits)), encoding="utf-8")
        (self.dir / "names").write_text("", encoding="ascii")
        subprocess.run([self.programs / "make_root", self.root, str(self.number),
                        self.dir / "policy.yaml", self.dir / "names",
                        self.dir / "permits.json"], check=True, capture_output=True, text=True)

    def load(self, text, permits=()):
        """A new revision; returns milliseconds from the request to the answer, and the cut."""
        self.revision(text, permits)
        return self.ask("load", str(self.number))

    def small(self, count):
        """
        As many small revisions, a permit in and out; milliseconds of each: until it is signed
        and on disk, and from the request to the answer.
        """
        done = self.ask("permits", str(self.number), str(count))["changes"]
        self.number += count
        return done

    def start(self, binary, text, permits=(), cpus="0,1"):
        shutil.rmtree(self.root, ignore_errors=True)
        subprocess.run([REPO / "image/setup-accounts", str(self.root)], check=True,
                       capture_output=True)
        for folder in (self.dir, self.root):
            folder.chmod(0o755)
        shutil.copy(binary, self.dir / "sekisho-gated")
        self.number = 0
        self.revision(text, permits)
        caps = "-all,+net_admin"
        self.gated = procs.Process(
            [*self.first, "ip", "netns", "exec", self.names["gateway"], "setpriv",
             f"--reuid={ACCOUNT}", f"--regid={ACCOUNT}", "--init-groups", f"--inh-caps={caps}",
             f"--ambient-caps={caps}", f"--bounding-set={caps}", "--no-new-privs", "--",
             self.dir / "sekisho-gated", "--root", self.root],
            self.dir / "gated.log", cpus, 4096)
        until = time.monotonic() + 10
        while time.monotonic() < until:
            try:
                if self.ask("status")["ok"]:
                    return
            except subprocess.CalledProcessError:
                pass
            time.sleep(0.05)
        raise RuntimeError("sekisho-gated does not start: " +
                           (self.dir / "gated.log").read_text(encoding="utf-8"))

    def stop(self):
        if self.gated is not None:
            self.gated.end()
            self.gated = None

    def ask(self, *words):
        done = subprocess.run([*self.first, self.programs / "bench_fw", words[0], self.root,
                               *words[1:]], check=True, capture_output=True, text=True)
        return json.loads(done.stdout)

    def records(self):
        done = subprocess.run([self.programs / "bench_fw", "records",
                               self.root / "var/lib/sekisho/spool/gated"], check=True,
                              capture_output=True, text=True)
        return json.loads(done.stdout)

    def cpu(self):
        return procs.cpu_seconds(self.gated.pids())
