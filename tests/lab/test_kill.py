# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9, again and again: enforcement never stops, and everything comes back."""
from lab import probes, sites as site, topology as topo, tour as tours
from lab.lab import DAEMONS, proxy_url, wait_for


def closed(lab):
    return not probes.run_all(lab, probes.to_internet(topo.CORE, 4) +
                              probes.to_internet(topo.ROGUE, 6))


def test_all_dead_is_closed_and_all_come_back(make_lab):
    lab = make_lab()
    for name in DAEMONS:
        lab.kill(name, hold=True)
    assert closed(lab)
    # the kernel lets nothing new pass that nobody can record
    assert wait_for(lambda: not lab.tcp(topo.CORE, topo.ADDRESS[topo.CLAIMS][0], 443), 20)
    for name in reversed(list(DAEMONS)):
        lab.release(name)
    assert wait_for(lambda: lab.cli("status", check=False).returncode == 0, 15)
    assert wait_for(lambda: lab.tcp(topo.CORE, topo.ADDRESS[topo.CLAIMS][0], 443), 10)
    assert lab.curl(topo.OFFICE, f"https://{site.ALLOWED}/", proxy=proxy_url())[0] == 200
    assert closed(lab)


def test_kill_loop_loses_no_answered_request(make_lab):
    lab = make_lab()
    clients = tours.Clients(lab)
    clients.start()
    try:
        for _ in range(3):
            for name in DAEMONS:
                lab.kill(name)
                lab.wait_ready(name, seconds=15)
    finally:
        clients.stop()
    assert clients.hosts and clients.ports
    assert lab.on(topo.GW, "conntrack", "-F").returncode == 0  # their end, sooner

    def missing():
        rows = lab.records()
        hosts = {r.get("host") for r in rows if r["kind"] == "proxy-open"}
        ports = {r.get("src_port") for r in rows if r["kind"] in tours.FLOW}
        return [h for h in clients.hosts if h not in hosts] + \
               [p for p in clients.ports if p not in ports]

    assert wait_for(lambda: not missing(), 20, 0.5), missing()
    assert lab.cli("record", "verify", check=False).returncode == 0
    assert closed(lab)


def test_flows_of_the_seconds_without_gated_are_recorded_at_their_end(make_lab):
    lab = make_lab()
    ports = [30001, 30002, 30003]
    lab.kill("gated", hold=True)
    answered = [p for p in ports if lab.curl(
        topo.CORE, f"https://{site.CLAIMS_NAME}/", "--resolve",
        f"{site.CLAIMS_NAME}:443:10.20.0.10", "--local-port", str(p))[0] == 200]
    assert wait_for(lambda: not lab.tcp(topo.CORE, "10.20.0.10", 443), 20)
    lab.release("gated")
    assert wait_for(lambda: lab.tcp(topo.CORE, "10.20.0.10", 443), 20)
    assert lab.on(topo.GW, "conntrack", "-F").returncode == 0  # their end, sooner

    def missing():
        found = {r.get("src_port") for r in lab.records("--kind", "flow-open", "--kind",
                                                        "flow-close")}
        return [p for p in answered if p not in found]

    assert wait_for(lambda: not missing(), 15), missing()
