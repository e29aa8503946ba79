# SPDX-License-Identifier: GPL-3.0-or-later
"""People sign in at the proxy, with the real daemons and accounts."""
import json
import re

from lab import lab as lab_module, sites as site, topology as topo
from lab.lab import proxy_url, wait_for
import web

POLICY = lab_module.POLICY.read_text(encoding="utf-8")
HERE = topo.OFFICE
URL = f"https://{site.ALLOWED}/"
PASSWORD = "Correct:horse-1 馬"


def apply(lab, tmp_path):
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY.replace("  zones: [office]\n",
                                   "  zones: [office]\n  sign_in: [office]\n"), encoding="utf-8")
    lab.cli("policy", "apply", str(path), "--reason", "a test")


def change_password(lab, login, old, new):
    """As the UI does it. Returns the fields of a session's requests."""
    link, headers = web.sign_in(lab, login, old)
    # what a form on another site's page could send signs nobody in
    for foreign in ("text/plain", "application/x-www-form-urlencoded"):
        answer = web.ask(link, "POST", "/api/session", {"login": login, "password": old},
                         {"Content-Type": foreign})
        assert answer.status == 400 and not answer.getheader("Set-Cookie")
    answer = web.ask(link, "POST", "/api/password", {"old": old, "new": new}, headers)
    assert answer.status == 200
    link.close()
    return headers


def fetch(lab, login=None, password=PASSWORD, url=URL, *more):
    who = [] if login is None else ["--proxy-user", f"{login}:{password}"]
    return lab.curl(HERE, url, *who, *more, proxy=proxy_url(), seconds=8)


def records(lab, kind, **fields):
    return [r for r in lab.records("--kind", kind)
            if all(r.get(k) == v for k, v in fields.items())]


def tunnels_of(lab, login):
    rows = json.loads(lab.cli("--json", "proxy", "connections").stdout)["connections"]
    return len([r for r in rows if r["user"] == login and r["state"] == "relay"])


def test_sign_in(make_lab, tmp_path):
    lab = make_lab()
    login, _, first = lab.accounts[0]
    assert fetch(lab)[0] == 200
    apply(lab, tmp_path)

    # without, with a wrong one, and with a first password
    assert fetch(lab)[0] == 407
    assert fetch(lab, login, "wrong")[0] == 407
    status, _, body = fetch(lab, login, first, f"http://{site.ALLOWED}/")
    assert status == 403 and "This is a first password." in body
    assert "FindProxyForURL" in lab.curl(HERE, f"{proxy_url()}/proxy.pac")[2]

    change_password(lab, login, first, PASSWORD)
    assert fetch(lab, login)[0] == 200
    assert fetch(lab, login, url=f"http://{site.ALLOWED}/")[0] == 200
    assert wait_for(lambda: records(lab, "proxy-close", user=login, host=site.ALLOWED), 20)
    assert records(lab, "proxy-open", user=login, host=site.ALLOWED)
    assert records(lab, "proxy-deny", reason_name="sign-in", host=site.ALLOWED)
    assert [r for r in records(lab, "sign-in", user=login)
            if r["detail"].startswith("proxy, zone office: refused")]
    # what is asked for on the local page names who asks
    assert fetch(lab, login, url="https://news.example.com/")[0] == 403
    page = fetch(lab, login, PASSWORD, "http://sekisho.internal/")[2]
    token = re.search(r'name="token" value="([0-9a-f]{64})"', page).group(1)
    fields = f"token={token}&host=news.example.com&port=443&purpose=news"
    assert fetch(lab, login, PASSWORD, "http://sekisho.internal/request", "-d", fields)[0] == 200
    listed = json.loads(lab.cli("--json", "allow", "list").stdout)["entries"]
    by = [e["requested_by"] for e in listed if e["host"] == "news.example.com"]
    assert [b.split(" ")[1:] for b in by] == [[login]] and by[0].startswith("device:d")

    everything = json.dumps(lab.records(), ensure_ascii=False) + lab.logs()
    assert PASSWORD not in everything and first not in everything

    # mgmtd hangs: who is known goes on, nobody else comes in
    lab.kill("mgmtd", hold=True)
    assert fetch(lab, login)[0] == 200
    assert fetch(lab, "somebody")[0] == 503
    lab.release("mgmtd")
    lab.wait_ready("mgmtd")

    # disabled: an open tunnel ends at once, and what was known of the password
    host, port = topo.PROXY4, topo.PROXY_PORT
    tunnel = lab.start_on(HERE, "curl", "-sS", "--cacert", str(lab.sites.ca), "-x",
                          f"http://{host}:{port}", "--proxy-user", f"{login}:{PASSWORD}",
                          "--limit-rate", "1k", "-o", "/dev/null", f"{URL}{site.BIG_FILE}")
    try:
        assert wait_for(lambda: tunnels_of(lab, login) == 1, 20)
        lab.cli("user", "disable", login, "--reason", "left")
        assert tunnels_of(lab, login) == 0
    finally:
        tunnel.kill()
        tunnel.wait()
    assert fetch(lab, login)[0] == 407
    assert wait_for(lambda: records(lab, "proxy-close", user=login, reason_name="withdrawn"), 20), \
        lab.records("--kind", "proxy-close")
