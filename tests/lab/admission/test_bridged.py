# SPDX-License-Identifier: GPL-3.0-or-later
"""A bridge of the gateway's whose ports are open for admitted devices only."""
import pathlib
import re
import time

from admission import bridgestand as bs
from lab.lab import LATE, wait_for

A, B, C, D = bs.PORTS  # D is a port that the policy does not name


def mac(port):
    return bs.mac_bytes(bs.MACS[port])


def both(bridge, *more):
    return bridge.load((A, bs.MACS[A]), (B, bs.MACS[B]), *more)


def probes(source):
    """What begins a contact: broadcast, multicast of both families, unicast to a neighbour."""
    return [bs.frame(source, target) for target in
            (bs.BROADCAST, bytes.fromhex("01005e0000fb"), bytes.fromhex("333300000001"),
             mac(A), mac(B))]


def test_without_rules_everybody_meets(bridge):
    for target in (B, C, D):
        assert bridge.answers(A, bs.ADDRESS4[target]) and bridge.answers(A, bs.ADDRESS6[target])
    assert bridge.heard(C, *probes(mac(C))) == {A, B, D}
    assert bridge.answers(C, bs.GATEWAY4) and bridge.answers(C, bs.SERVER4)
    assert bridge.fdb()[bs.MACS[C]] == C


def test_the_file_of_the_boot_closes_the_ports(bridge):
    """Until rules come, and for as long as none do; a policy without ports opens them again."""
    file = pathlib.Path(__file__).resolve().parents[3] / "conf/nftables/sekisho-guard.nft"
    bridge.list("-f", str(file))
    bridge.forget()
    for port in (A, D):
        assert bridge.heard(port, *probes(mac(port))) == set()
    assert not bridge.ping(A, bs.ADDRESS4[B], seconds=0.3)
    before = bridge.list("list", "table", "bridge", "sekisho-guard")
    both(bridge)
    assert bridge.answers(A, bs.ADDRESS4[B]) and bridge.heard(C, *probes(mac(C))) == set()
    assert bridge.list("list", "table", "bridge", "sekisho-guard") == before
    bridge.load(policy=bs.POLICY.replace("    ports: [p1, p2, p3]\n", ""), admission="off")
    assert bridge.heard(C, bs.frame(mac(C))) == {A, B, D}
    assert "bridge" not in bridge.list("list", "tables")


def test_admitted_devices_meet_and_are_routed(bridge):
    both(bridge)
    assert bridge.answers(A, bs.ADDRESS4[B]) and bridge.answers(A, bs.ADDRESS6[B])
    assert not bridge.ping(A, bs.GATEWAY6)
    assert bridge.answers(A, bs.SERVER4) and bridge.answers(B, bs.SERVER6)
    assert bridge.heard(A, bs.frame(mac(A))) == {B}
    assert bridge.heard(A, bs.frame(mac(A), mac(B))) == {B}


def test_a_stranger_meets_nobody(bridge):
    bridge.load()
    bridge.forget()
    both(bridge)
    assert bridge.answers(A, bs.ADDRESS4[B])
    for port in (C, D):
        bridge.forget()
        assert bridge.heard(port, *probes(mac(port))) == set()
        for address in (bs.ADDRESS4[A], bs.ADDRESS6[A], bs.GATEWAY4, bs.SERVER4):
            assert not bridge.ping(port, address, seconds=0.3)
        # not even the answer to "who has"
        assert bs.MACS[A] not in bridge.fdb() or bridge.fdb()[bs.MACS[A]] == A
        assert bs.MACS[port] not in bridge.fdb()
        neigh = bs.netns.run(["ip", "-netns", bridge.ns(port), "neigh"]).stdout
        assert "lladdr" not in neigh


def test_a_port_without_a_device_hears_nothing(bridge):
    both(bridge)
    ears = {p: bs.Ear(bridge.ns(p)) for p in (C, D)}
    bridge.forget()  # so that everybody asks for everybody
    assert bridge.answers(A, bs.ADDRESS4[B]) and bridge.answers(B, bs.ADDRESS6[A])
    assert bridge.answers(A, bs.SERVER4)
    bridge.send(A, *probes(mac(A)), bs.frame(mac(A), mac(C)),
                bs.frame(mac(A), bytes.fromhex("020000000999")))
    bs.netns.run(bs.netns.command(bridge.gw, ["ping", "-c", "1", "-W", "0.3", bs.ADDRESS4[C]]),
                 check=False)
    time.sleep(0.3)
    heard = {p: ear.close() for p, ear in ears.items()}
    assert heard == {C: [], D: []}


def test_a_spoofed_address_at_another_port(bridge):
    both(bridge)
    assert bridge.answers(A, bs.ADDRESS4[B])
    assert bridge.fdb()[bs.MACS[A]] == A
    for port in (C, D, B):
        assert bridge.heard(port, *probes(mac(A))) == set(), port
        assert bridge.fdb()[bs.MACS[A]] == A, "the bridge learnt a lie"
    # LLDP and BPDUs take a way of their own through the bridge
    for last in (0x00, 0x03, 0x0e):
        bridge.send(C, bs.frame(mac(A), bytes.fromhex("0180c20000") + bytes([last])))
    time.sleep(0.1)
    assert bridge.fdb()[bs.MACS[A]] == A
    assert bridge.answers(B, bs.ADDRESS4[A])


def test_an_admitted_device_at_another_port(bridge):
    both(bridge)
    assert bridge.answers(A, bs.ADDRESS4[B])
    bs.netns.batch(bridge.ns(A), ["link set eth0 down"])
    bs.netns.batch(bridge.ns(C), ["link set eth0 down", f"link set eth0 address {bs.MACS[A]}",
                                  "addr flush dev eth0", f"addr add {bs.ADDRESS4[A]}/24 dev eth0",
                                  "link set eth0 up"])
    assert not bridge.ping(C, bs.ADDRESS4[B]) and not bridge.ping(C, bs.GATEWAY4)
    assert bridge.heard(C, *probes(mac(A))) == set()
    # it is the port: with a permit there it works
    both(bridge, (C, bs.MACS[A]))
    assert wait_for(lambda: bridge.answers(C, bs.ADDRESS4[B]), 20)


def test_a_stranger_at_an_admitted_port(bridge):
    both(bridge)
    stranger = bytes.fromhex("020000000666")
    assert bridge.heard(A, *probes(stranger)) == set()
    assert "02:00:00:00:06:66" not in bridge.fdb()
    ear = bs.Ear(bridge.ns(A))
    bridge.send(B, bs.frame(mac(B), stranger))
    time.sleep(0.2)
    assert not [f for f in ear.close() if f[:6] == stranger]


def test_a_permit_comes_and_goes_under_a_ping_and_a_stream(bridge, record_property):
    bridge.load((B, bs.MACS[B]))
    ping = bridge.pings(A, bs.ADDRESS4[B])
    time.sleep(0.5)
    came = time.time()
    both(bridge)
    sink = bridge.stream(A, B)
    time.sleep(LATE)
    gone = time.time()
    bridge.load((B, bs.MACS[B]))
    done = time.time()
    time.sleep(LATE + 1)
    for name, times in (("ping", bs.end(ping)), ("stream", bs.end(sink))):
        assert times, name
        record_property(f"{name}_last_ms", round((times[-1] - gone) * 1000))
        print(f"{name}: {len(times)} arrivals; first {times[0] - came:.3f} s after the permit "
              f"began to be loaded, last {times[-1] - gone:+.3f} s after its end began to be")
        assert times[0] > came and gone - LATE < times[-1] <= done + LATE, name


def held(bridge):
    """The elements of both tables, without what is left of their time."""
    text = "".join(bridge.list("--stateless", "list", "table", family, "sekisho")
                   for family in ("inet", "bridge"))
    text = re.sub(r"expires \w+|timeout \w+", "", text)
    return sorted(re.findall(r'"p\d"[^,}\n]*|"br0"[^,}\n]*|0x[0-9a-f]{8}(?= *[,}\n])', text))


def test_single_elements_are_the_same_as_a_load(bridge):
    sets = [((A, bs.MACS[A]), (B, bs.MACS[B])),
            ((A, bs.MACS[A]), (B, bs.MACS[B], 60), (C, bs.MACS[C])),
            ((A, bs.MACS[A]), (C, bs.MACS[A]), (B, bs.MACS[B], 0, ["vendor.example.jp"])),
            ((A, bs.MACS[A]),), (), ((A, bs.MACS[A]), (B, bs.MACS[B]))]
    now = bridge.load(*sets[0])
    seen = []
    for one in sets[1:]:
        now = bridge.change(now, *one)
        seen.append(held(bridge))
        meet = len(one) > 1 and len(one[-1]) < 4
        assert bridge.ping(A, bs.ADDRESS4[B], seconds=LATE if meet else 0.3) == meet
    for one, elements in zip(sets[1:], seen):
        bridge.load(*one)
        assert held(bridge) == elements, one
    assert seen[0] != seen[1] != seen[2] != seen[3]


def test_an_end_in_the_kernel_cuts_what_runs(bridge, record_property):
    """No daemon is there at all, and nothing else is done at the end."""
    until = bridge.load((A, bs.MACS[A], 10), (B, bs.MACS[B]))[0]["until"]
    ping = bridge.pings(B, bs.ADDRESS4[A])
    sink = bridge.stream(A, B)
    ear = bs.Ear(bridge.ns(A))
    time.sleep(max(0, until - time.time()) + 2.5 + LATE)
    late = time.time() - 0.3
    bridge.send(B, bs.frame(mac(B)))
    time.sleep(0.2)
    for name, times in (("ping", bs.end(ping)), ("stream", bs.end(sink))):
        record_property(f"{name}_late_ms", round((times[-1] - until) * 1000))
        print(f"{name}: last arrival {times[-1] - until:+.3f} s after the end")
        # the loader here counts from the last whole second; gated counts microseconds
        assert until - LATE < times[-1] < until + 1 + LATE and times[-1] < late, name
    # the port is deaf as well
    assert not [f for f in ear.close() if f[12:14] == bs.TYPE.to_bytes(2, "big")]
    assert '"p1"' not in bridge.list("list", "set", "bridge", "sekisho", "listening")


def test_named_destinations_give_no_neighbours(bridge):
    both(bridge, (C, bs.MACS[C], 0, ["vendor.example.jp"]))
    assert bridge.answers(A, bs.ADDRESS4[B])
    assert bridge.heard(C, *probes(mac(C))) == set()
    assert bridge.heard(A, bs.frame(mac(A)), bs.frame(mac(A), mac(C))) == {B}
    # but it finds the gateway, and the gateway finds it
    bridge.ping(C, bs.GATEWAY4, seconds=0.3)
    neigh = bs.netns.run(["ip", "-netns", bridge.ns(C), "neigh", "show", bs.GATEWAY4]).stdout
    assert "lladdr" in neigh


def test_locked_ports(bridge):
    lock = bs.POLICY.replace("    ports:", "    port_lock: true\n    ports:")
    bridge.send(C, bs.frame(mac(C)))  # known to the bridge before there is a lock
    bridge.load((A, bs.MACS[A]), (B, bs.MACS[B], 60), policy=lock)
    assert bridge.locked() == {A, B, C}
    assert bridge.fdb()[bs.MACS[A]] == A and bridge.fdb()[bs.MACS[B]] == B
    assert bridge.answers(A, bs.ADDRESS4[B]) and bridge.answers(A, bs.SERVER4)
    # the lock holds by itself
    for table in ("sekisho", "sekisho-guard"):
        bridge.nft(f"delete table bridge {table}")
    assert bridge.answers(A, bs.ADDRESS4[B])
    assert bridge.heard(C, *probes(mac(C)), *probes(mac(A))) == set()
    assert bridge.heard(D, bs.frame(mac(D))) == {A, B, C}, "no port of ours: this shows the tables"
    # a withdrawn permit takes its entry with it, and the lock goes with the policy
    bridge.load((B, bs.MACS[B]), policy=lock)
    assert bs.MACS[A] not in bridge.fdb() and bridge.fdb()[bs.MACS[B]] == B
    both(bridge)
    assert bridge.locked() == set() and bridge.answers(A, bs.ADDRESS4[B])


def test_without_admission_the_named_ports_meet(bridge):
    bridge.load(admission="off")
    assert bridge.answers(A, bs.ADDRESS4[C]) and bridge.answers(C, bs.SERVER4)
    assert bridge.heard(A, bs.frame(mac(A))) == {B, C}
    assert bridge.heard(D, *probes(mac(D))) == set()


def test_quarantine_at_free_ports(bridge):
    bridge.load(admission="off")
    assert bridge.answers(A, bs.ADDRESS4[B])
    bridge.nft(f"add element bridge sekisho quarantine {{ {bs.MACS[A]} }}")
    assert bridge.heard(A, *probes(mac(A))) == set() and not bridge.ping(A, bs.GATEWAY4)
    assert bridge.heard(B, bs.frame(mac(B), mac(A))) == set()
    assert bridge.heard(C, bs.frame(mac(C), mac(B))) == {B}


def test_the_guard_holds_when_the_table_is_gone(bridge):
    both(bridge)
    assert bridge.answers(A, bs.ADDRESS4[B])
    bridge.nft("delete table bridge sekisho")
    assert not bridge.ping(A, bs.ADDRESS4[B]) and bridge.heard(C, *probes(mac(C))) == set()
    both(bridge)
    assert bridge.answers(A, bs.ADDRESS4[B])


def test_the_tables_go_with_the_last_port(bridge):
    both(bridge)
    assert "table bridge sekisho" in bridge.list("list", "tables")
    bridge.load(policy=bs.POLICY.replace("    ports: [p1, p2, p3]\n", ""))
    assert "bridge" not in bridge.list("list", "tables")
    assert bridge.answers(A, bs.ADDRESS4[D])
