# SPDX-License-Identifier: GPL-3.0-or-later
"""Transparent zones through the real daemons: on, while a revision changes, and off again.

Nobody has the addresses that the clients ask for: whoever gets a connection got the proxy.
Which address the proxy then sees is tested by tests/unit/fw/check_transparent.py."""
import json
import subprocess

from lab import lab as lab_module, sites as site, topology as topo
from proxy import hello

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
            assert lab.tcp(topo.OFFICE, address, port, lab_module.LATE)
    assert nobody_gets_through(lab, topo.OFFICE, 8443)
    for stranger in (topo.CONTRACTOR, topo.ROGUE):  # neither has a permit here
        assert nobody_gets_through(lab, stranger, 80, 443)
    assert nobody_gets_through(lab, topo.CORE, 443)

    # a connection that was led to the proxy is none that a flow permits; it stays all the same
    held = lab.start_on(topo.OFFICE, "nc", NOWHERE[0], "443", stdin=subprocess.PIPE)
    try:
        assert lab_module.wait_for(lambda: is_tracked(lab, NOWHERE[0]), 20)
        apply(lab, tmp_path, ON + MORE)
        assert is_tracked(lab, NOWHERE[0])
    finally:
        held.kill()
        held.wait()
    apply(lab, tmp_path, POLICY)
    assert nobody_gets_through(lab, topo.OFFICE, 80, 443)


def ask(lab, url, address, *more, machine=topo.OFFICE):
    """A program that knows no proxy, and takes this address for the site's."""
    host = url.split("/")[2]
    port = 443 if url.startswith("https") else 80
    at = f"[{address}]" if ":" in address else address
    return lab.curl(machine, url, "--resolve", f"{host}:{port}:{at}", *more)


def test_the_name_counts_and_not_the_address(make_lab, tmp_path):
    lab = make_lab()
    apply(lab, tmp_path, ON)
    for address in NOWHERE:
        for scheme in ("http", "https"):
            status, code, body = ask(lab, f"{scheme}://{site.ALLOWED}/", address)
            assert (status, code, body) == (200, 0, f"hello from {site.ALLOWED}\n"), lab.log("proxyd")
    # an address of a site that is allowed does not help one that is not
    blocked = topo.WAN4 + str(site.SITES[site.BLOCKED])
    good = topo.WAN4 + str(site.SITES[site.ALLOWED])
    assert ask(lab, f"http://{site.BLOCKED}/", good)[0] == 403
    assert ask(lab, f"https://{site.BLOCKED}/", good)[0] == 0
    assert ask(lab, f"https://{site.ALLOWED}/", blocked)[2] == f"hello from {site.ALLOWED}\n"
    # two requests over one connection, another Host in the second
    both = ask(lab, f"http://{site.ALLOWED}/", good, "-H", f"Host: {site.BLOCKED}")
    assert both[0] == 403
    # what has no name, or is not TLS, gets nowhere
    assert lab.curl(topo.OFFICE, f"https://{good}/", "-k")[0] == 0
    plain = lab.on(topo.OFFICE, "nc", "-w", "2", good, "443", text_in="GET / HTTP/1.1\r\n\r\n")
    assert "HTTP/1.1 200" not in plain.stdout
    assert not lab.sites.arrivals()

    def found():
        rows = [r for r in lab.records() if "transparent" in r.get("detail", "")]
        return {(r["kind"], r.get("reason_name"), r.get("host", "")) for r in rows}

    want = {("proxy-open", "entry", site.ALLOWED), ("proxy-deny", "not-listed", site.BLOCKED),
            ("proxy-deny", "sni", ""), ("proxy-deny", "not-tls", "")}
    assert lab_module.wait_for(lambda: want <= found(), 20), (want, found())
    # the rules may be behind for a moment: proxyd itself knows which zones are transparent
    tunnel = lab.start_on(topo.OFFICE, "openssl", "s_client", "-quiet", "-servername", site.ALLOWED,
                          "-connect", f"{NOWHERE[0]}:443", stdin=subprocess.PIPE,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        def relays():
            rows = json.loads(lab.cli("--json", "proxy", "connections").stdout)["connections"]
            return [r for r in rows if r["state"] == "relay" and r["transparent"]]

        assert lab_module.wait_for(relays, 20)
        apply(lab, tmp_path, POLICY)
        assert tunnel.wait(20) is not None
    finally:
        tunnel.kill()
        tunnel.wait()
    assert lab_module.wait_for(lambda: [r for r in lab.records("--kind", "proxy-close")
                                        if r["reason_name"] == "withdrawn"], 20)


STRAY = """table ip stray {
  chain to_proxy {
    type nat hook prerouting priority -101;
    iifname "office0" ip daddr 198.51.100.99 tcp dport { 80, 443 } redirect to :3128
  }
}
"""


def test_a_redirected_connection_of_another_zone_is_refused(make_lab, tmp_path):
    """proxyd does not trust that only the ruleset redirects, and only what it should."""
    lab = make_lab()
    apply(lab, tmp_path, POLICY.replace("  zones: [office]\n",
                                        "  zones: [office, claims]\n  transparent: [claims]\n"))
    assert lab.on(topo.GW, "nft", "-f", "-", text_in=STRAY).returncode == 0
    assert ask(lab, f"http://{site.ALLOWED}/", NOWHERE[0])[0] == 403
    assert ask(lab, f"https://{site.ALLOWED}/", NOWHERE[0])[0] == 0
    assert lab.curl(topo.OFFICE, f"http://{site.ALLOWED}/", proxy=lab_module.proxy_url())[0] == 200

    def refused():
        return sorted(r["method"] for r in lab.records("--kind", "proxy-deny")
                      if r["reason_name"] == "zone" and r["host"] == site.ALLOWED)

    assert lab_module.wait_for(lambda: refused() == ["CONNECT", "GET"], 20), refused()


SAYS_HELLO = ("import socket, sys; s = socket.create_connection((sys.argv[1], 443), 5); "
              "s.sendall(bytes.fromhex(sys.argv[2])); print(s.recv(7).hex())")
DENIED = "15030300020231"  # a TLS alert: access_denied


def test_encrypted_hello_is_refused_where_the_policy_says_so(make_lab, tmp_path):
    lab = make_lab()

    def answer(more):
        data = hello.hello(site.ALLOWED.encode(), more=more)
        return lab.on(topo.OFFICE, "python3", "-c", SAYS_HELLO, NOWHERE[0],
                      data.hex()).stdout.strip()

    apply(lab, tmp_path, ON)
    # the site answers, with a message or an alert of its own
    assert answer(hello.ECH_OUTER) not in ("", DENIED)
    apply(lab, tmp_path, ON.replace("  transparent:", "  ech: refuse\n  transparent:"))
    assert answer(hello.ECH_OUTER) == DENIED
    assert answer(b"") not in ("", DENIED)

    def refused():
        return [r["detail"] for r in lab.records("--kind", "proxy-deny")
                if r["reason_name"] == "sni" and r["host"] == site.ALLOWED]

    assert lab_module.wait_for(lambda: refused() == ["transparent, ECH"], 20), refused()
