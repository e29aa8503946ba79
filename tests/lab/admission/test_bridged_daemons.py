# SPDX-License-Identifier: GPL-3.0-or-later
"""The office's switch is the gateway's bridge: permits by the daemons, ends without them."""
import json
import re
import subprocess
import time

import pytest

from lab import lab as lab_module, sites as site, topology as topo
from lab.lab import DAEMONS, LATE, proxy_url, wait_for

PORTS = {topo.OFFICE: "p1", topo.CONTRACTOR: "p2", topo.ROGUE: "p3"}
POLICY = lab_module.POLICY.read_text(encoding="utf-8").replace(
    "    interfaces: [office0]\n", "    interfaces: [br0]\n    ports: [p1, p2, p3]\n")
OFF = POLICY.replace("    networks: [10.30.0.0/24, \"fd30::/64\"]\n    admission: enforce\n",
                     "    networks: [10.30.0.0/24, \"fd30::/64\"]\n    admission: off\n")
FRIEND = topo.ADDRESS[topo.CONTRACTOR]


def be_the_switch(lab):
    """The machines of the office, each at a port of the gateway's own."""
    def batch(name, lines):
        topo.run(["ip", "-netns", lab.net.ns(name), "-batch", "-"],
                 text_in="\n".join(lines) + "\n")

    batch(topo.GW, ["link del office0", "link add br0 type bridge"])
    for name, port in PORTS.items():
        v4, v6 = topo.ADDRESS[name]
        batch(name, ["link del eth0"])
        batch(topo.GW, [f"link add {port} type veth peer name eth0 address {topo.MAC[name]} "
                        f"netns {lab.net.ns(name)}", f"link set {port} master br0 up"])
        batch(name, [f"addr add {v4}/24 dev eth0", f"addr add {v6}/64 dev eth0 nodad",
                     "link set eth0 up", f"route add default via {topo.PROXY4}",
                     f"route add default via {topo.PROXY6}"])
    batch(topo.GW, ["link set br0 up", f"addr add {topo.PROXY4}/24 dev br0",
                    f"addr add {topo.PROXY6}/64 dev br0 nodad"])


@pytest.fixture(name="lab")
def lab_fixture(make_lab, tmp_path):
    lab = make_lab(prepare=be_the_switch, provision=False)
    apply(lab, tmp_path, POLICY)
    lab.cli("allow", "add", site.ALLOWED, "--reason", "a test")
    return lab


def apply(lab, folder, text):
    path = folder / "policy.yaml"
    path.write_text(text, encoding="utf-8")
    lab.cli("policy", "apply", str(path), "--reason", "a test")


def approve(lab, name, *more):
    lab.cli("device", "approve", topo.MAC[name], "--kind", "business", "--owner", "x",
            "--reason", "a test", "--interface", PORTS[name], *more)


def proxied(lab, name):
    return lab.curl(name, f"https://{site.ALLOWED}/", proxy=proxy_url())[0] == 200


def pings(lab, name, address):
    return lab.start_on(name, "ping", "-n", "-D", "-i", "0.02", address,
                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def last(child):
    child.terminate()
    times = re.findall(r"^\[(\d+\.\d+)\] \d+ bytes", child.communicate(timeout=20)[0], re.M)
    assert times
    return float(times[-1])


def test_permits_by_port(lab, tmp_path, record_property):
    apply(lab, tmp_path, OFF)
    assert lab.ping(topo.OFFICE, FRIEND[0], LATE) and proxied(lab, topo.ROGUE)
    apply(lab, tmp_path, POLICY)
    assert not lab.ping(topo.OFFICE, FRIEND[0]) and not proxied(lab, topo.ROGUE)
    approve(lab, topo.OFFICE)
    approve(lab, topo.CONTRACTOR)
    assert all(lab.ping(topo.OFFICE, a, LATE) for a in FRIEND)
    assert proxied(lab, topo.OFFICE) and not proxied(lab, topo.ROGUE)
    # refused frames are on record, with their port
    lab.ping(topo.ROGUE, topo.PROXY4)

    def refused():
        return [r for r in lab.records("--kind", "flow-deny")
                if r.get("mac") == topo.MAC[topo.ROGUE] and "port p3" in r.get("detail", "")]

    assert wait_for(refused, 20, 0.5), lab.records("--kind", "flow-deny")
    assert refused()[0]["reason_name"] == "not-admitted" and refused()[0]["zone"] == "office"
    # withdrawn in the middle
    child = pings(lab, topo.OFFICE, FRIEND[0])
    time.sleep(LATE)
    lab.cli("device", "revoke", topo.MAC[topo.CONTRACTOR], "--reason", "a test")
    gone = time.time()
    time.sleep(LATE + 1)
    late = last(child) - gone
    record_property("revoke_ms", round(late * 1000))
    print(f"last packet {late:+.3f} s after the command had ended")
    assert late < LATE


def test_an_end_with_every_daemon_dead(lab, record_property):
    approve(lab, topo.OFFICE)
    asked = time.time()
    approve(lab, topo.CONTRACTOR, "--for", "20s")
    shown = json.loads(lab.cli("--json", "device", "list").stdout)
    print(shown)
    began = time.time()
    child = pings(lab, topo.OFFICE, FRIEND[0])
    for name in DAEMONS:
        lab.kill(name, hold=True)
    dead = time.time()
    time.sleep(max(0, began + 20 + LATE + 1 - time.time()))
    end = last(child)
    record_property("end_s", round(end - began, 2))
    print(f"dead after {dead - began:.2f} s, last packet after {end - began:.2f} s of 20")
    assert dead < end and asked + 20 - LATE < end < began + 20 + LATE
    assert not lab.ping(topo.CONTRACTOR, topo.ADDRESS[topo.OFFICE][0])


def test_what_others_delete_comes_back(lab):
    approve(lab, topo.OFFICE)
    approve(lab, topo.CONTRACTOR)
    assert lab.ping(topo.OFFICE, FRIEND[0], LATE)
    for table in ("sekisho", "sekisho-guard"):
        assert lab.on(topo.GW, "nft", "delete", "table", "bridge", table).returncode == 0
        assert wait_for(lambda t=table: lab.on(
            topo.GW, "nft", "list", "table", "bridge", t).returncode == 0, 20)
    assert lab.ping(topo.OFFICE, FRIEND[0], LATE) and not lab.ping(topo.ROGUE, FRIEND[0])
    assert wait_for(lambda: any("rules changed and put back" in r.get("detail", "")
                                for r in lab.records("--kind", "service")), 10)
