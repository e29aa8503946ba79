# SPDX-License-Identifier: GPL-3.0-or-later
"""Transparent zones through the real daemons: on, while a revision changes, and off again.

Nobody has the addresses that the clients ask for: whoever gets a connection got the proxy.
Which address the proxy then sees is tested by tests/unit/fw/check_transparent.py."""
import subprocess

from lab import lab as lab_module, topology as topo

POLICY = lab_module.POLICY.read_text(encoding="utf-8")
ON = POLICY.replace("  zones: [office]\n", "  zones: [office]\n  transparent: [office]\n")
MORE = "  - never: { from: claims, to: internet }\n"
NOWHERE = ("198.51.100.99", "2001:db8:99::99")


def apply(lab, tmp_path, text):
    path = tmp_path / "policy.yaml"
    path.write_text(text, encoding="utf-8")
    lab.cli("policy", "apply", str(path), "--reason", "a test")


def nobody_gets_through(lab, machine, *ports):
    return not any(lab.tcp(machine, address, port) for address in NOWHERE for port in ports)


def is_tracked(lab, address):
    done = lab.on(topo.GW, "conntrack", "-L", "-p", "tcp", "--orig-dst", address)
    assert done.returncode == 0, done.stderr
    return "ESTABLISHED" in done.stdout


def test_transparent(make_lab, tmp_path):
    lab = make_lab()
    assert ON != POLICY
    assert nobody_gets_through(lab, topo.OFFICE, 80, 443)
    assert "prerouting" not in lab.on(topo.GW, "nft", "list", "ruleset").stdout
    apply(lab, tmp_path, ON)
    for address in NOWHERE:
        for port in (80, 443):
            assert lab.tcp(topo.OFFICE, address, port)
    assert nobody_gets_through(lab, topo.OFFICE, 8443)
    for stranger in (topo.CONTRACTOR, topo.ROGUE):  # neither has a permit here
        assert nobody_gets_through(lab, stranger, 80, 443)
    assert nobody_gets_through(lab, topo.CORE, 443)

    # a connection that was led to the proxy is none that a flow permits; it stays all the same
    held = lab.start_on(topo.OFFICE, "nc", NOWHERE[0], "443", stdin=subprocess.PIPE)
    try:
        assert lab_module.wait_for(lambda: is_tracked(lab, NOWHERE[0]), 5)
        apply(lab, tmp_path, ON + MORE)
        assert is_tracked(lab, NOWHERE[0])
    finally:
        held.kill()
        held.wait()
    apply(lab, tmp_path, POLICY)
    assert nobody_gets_through(lab, topo.OFFICE, 80, 443)
