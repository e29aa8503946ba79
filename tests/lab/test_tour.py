# SPDX-License-Identifier: GPL-3.0-or-later
"""The tour passes; and it fails when a promise is broken on purpose."""
import json

from lab import probes, topology as topo, tour as tours

from conftest import bin_dir


def guide(lab, *only):
    tour = tours.Tour(lab, set(only) if only else None)
    tour.run()
    return tour


def failed_about(tour, text):
    return [f for f in tour.failures if text in f]


def nft(lab, *words, text_in=None):
    done = lab.on(topo.GW, "nft", *words, text_in=text_in)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_whole_tour_passes(make_lab):
    lab = make_lab(start=False)
    tour = guide(lab)
    assert tour.failures == []
    assert tour.passed > 80


def test_tour_notices_default_accept(make_lab):
    lab = make_lab()
    assert not guide(lab, "core").failures
    lab.kill("gated", hold=True)  # or it would put its rules back
    lines = []
    for item in json.loads(nft(lab, "-j", "list", "ruleset"))["nftables"]:
        chain = item.get("chain", {})
        if "hook" in chain:
            name = f"{chain['family']} {chain['table']} {chain['name']}"
            lines += [f"flush chain {name}", f"add chain {name} {{ policy accept; }}"]
    nft(lab, "-f", "-", text_in="\n".join(lines) + "\n")
    tour = guide(lab, "core")
    assert failed_about(tour, "core-pc → internet (IPv4)")
    assert failed_about(tour, "core-pc → internet (IPv6)")


def permit_elements(lab, mac):
    """(set name, element text without its timeout) of what a device's permit is made of."""
    found, mark = [], None
    items = [i[k] for i in json.loads(nft(lab, "-j", "list", "ruleset"))["nftables"]
             for k in ("map", "set") if k in i]
    for item in items:
        for element in item.get("elem", []):
            key, value = element if isinstance(element, list) else (element, None)
            inner = key.get("elem", key) if isinstance(key, dict) else key
            concat = inner.get("val", inner) if isinstance(inner, dict) else inner
            parts = concat.get("concat", []) if isinstance(concat, dict) else []
            if mac in parts:
                mark = value
                name = f"{item['family']} {item['table']} {item['name']}"
                found.append((name, " . ".join(f'"{p}"' if p != mac else p for p in parts),
                              f" : {mark}"))
    for item in items:
        for element in item.get("elem", []):
            inner = element.get("elem", element) if isinstance(element, dict) else element
            value = inner.get("val", inner) if isinstance(inner, dict) else inner
            if mark is not None and value == mark and not isinstance(element, list):
                found.append((f"{item['family']} {item['table']} {item['name']}",
                              str(mark), ""))
    return found


def tour_with_permits_without_timeout(lab, before):
    class Sabotage(tours.Tour):
        def part_contractor(self):
            super().part_contractor()
            elements = permit_elements(lab, topo.MAC[topo.CONTRACTOR])
            assert len(elements) >= 2, "the permit's elements are in the kernel"
            before()
            lines = [f"delete element {name} {{ {key} }}\nadd element {name} {{ {key}{value} }}"
                     for name, key, value in elements]
            nft(lab, "-f", "-", text_in="\n".join(lines) + "\n")

    tour = Sabotage(lab, {"contractor", "expiry"})
    tour.run()
    return tour


def test_tour_notices_permits_without_timeout(make_lab):
    lab = make_lab()  # nobody is there to undo it
    tour = tour_with_permits_without_timeout(lab, lambda: lab.kill("gated", hold=True))
    assert failed_about(tour, "contractor-pc (expired)")
    assert not failed_about(tour, "before approval")


def test_permits_without_timeout_get_it_back(make_lab):
    tour = tour_with_permits_without_timeout(make_lab(), lambda: None)
    assert not tour.failures


def test_tour_notices_a_proxy_without_address_check(make_lab):
    lab = make_lab(replace={"sekisho-proxyd": bin_dir() / "proxyd-no-address-check"})
    tour = guide(lab, "office")
    assert failed_about(tour, "a name that leads inwards")
    assert not failed_about(tour, "allowed.example.jp")


def test_tour_notices_recordd_that_stays_away(make_lab, monkeypatch):
    monkeypatch.setattr(tours, "RECORDS_WAIT", 3)
    lab = make_lab()
    lab.kill("recordd", hold=True)
    tour = guide(lab, "core", "records", "status")
    assert failed_about(tour, "all is well")
    assert [f for f in tour.failures if "on record" in f or "records ended early" in f]
    assert not failed_about(tour, "core-pc → claims by HTTPS")  # a dead recordd stops no work


def test_probes_name_what_a_record_holds():
    probe = probes.Probe(topo.CORE, "dns", topo.DNS6)
    assert probe.record() == {"kind": "flow-deny", "src": "fd10::10", "dst": topo.DNS6,
                              "proto": 17, "dst_port": 53}
    ping = probes.Probe(topo.ROGUE, "ping", topo.DNS4, via="10.30.0.10")
    assert ping.record() == {"kind": "flow-deny", "src": "10.30.0.10", "dst": topo.DNS4,
                             "proto": 1}
