# SPDX-License-Identifier: GPL-3.0-or-later
"""What the proxy serves itself, through the real daemons: configuration, page, form, numbers."""
import json
import re
import subprocess

from lab import sites as site, topology as topo
from lab.lab import proxy_url, wait_for

PAGE = "http://sekisho.internal/"
HERE, THERE = topo.OFFICE, topo.CONTRACTOR
ONE, TWO = "news.example.com", "games.example.com"
PURPOSE = "年末調整の資料"


def look(lab, machine, *more):
    status, _, body = lab.curl(machine, PAGE, *more, proxy=proxy_url())
    assert status == 200, body
    return body


def refuse(lab, machine, host):
    assert lab.curl(machine, f"https://{host}/", proxy=proxy_url())[0] == 403


def token_in(page):
    return re.search(r'name="token" value="([0-9a-f]{64})"', page).group(1)


def ask(lab, machine, token, host, port=443):
    fields = {"token": token, "host": host, "port": port, "purpose": PURPOSE}
    words = [w for k, v in fields.items() for w in ("--data-urlencode", f"{k}={v}")]
    return lab.curl(machine, PAGE + "request", *words, proxy=proxy_url(), seconds=8)


def entries(lab, host):
    listed = json.loads(lab.cli("--json", "allow", "list").stdout)
    return [e for e in (listed["entries"] if isinstance(listed, dict) else listed)
            if e["host"] == host]


def metrics(lab):
    done = subprocess.run(["curl", "-sS", "-m", "5", "--unix-socket",
                           str(lab.root / "run/sekisho/proxyd-metrics.sock"),
                           "http://localhost/metrics"], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("# EOF\n")
    return {k: int(v) for k, v in re.findall(r"^(\w+(?:\{[^}]*\})?) (\d+)$", done.stdout, re.M)}


def admit(lab, machine):
    lab.cli("device", "approve", topo.MAC[machine], "--kind", "business", "--owner", "受付 / desk",
            "--reason", "窓口 / front desk", "--interface", "office0")


def test_configuration(make_lab):
    lab = make_lab()
    for version, shown in ((4, topo.PROXY4), (6, f"[{topo.PROXY6}]")):
        for name in ("proxy.pac", "wpad.dat"):
            status, _, body = lab.curl(HERE, f"{proxy_url(version)}/{name}")
            assert status == 200
            assert f'"PROXY {shown}:{topo.PROXY_PORT}"' in body
            assert "10.30.0.0" in body and "10.10.0.0" not in body  # its own zone, no other
    status, _, body = lab.curl(HERE, PAGE + "proxy.pac", proxy=proxy_url())
    assert status == 200 and "FindProxyForURL" in body
    assert lab.curl(HERE, f"{proxy_url()}/")[0] == 400
    assert lab.curl(topo.ROGUE, f"{proxy_url()}/proxy.pac")[0] in (0, 403)  # no permit


def test_page_form_and_numbers(make_lab):
    lab = make_lab()
    admit(lab, THERE)
    assert wait_for(lambda: lab.curl(THERE, PAGE, proxy=proxy_url())[0] == 200, 20)
    before = metrics(lab)
    refuse(lab, HERE, ONE)
    refuse(lab, THERE, TWO)

    # each sees its own refusals and nothing of the other's
    mine, theirs = look(lab, HERE), look(lab, THERE)
    assert ONE in mine and TWO not in mine
    assert TWO in theirs and ONE not in theirs
    assert '<html lang="ja">' in look(lab, HERE, "-H", "Accept-Language: ja")
    assert "http://sekisho.internal/" in lab.curl(HERE, f"http://{ONE}/", proxy=proxy_url())[2]

    # a form of another device, or for what was not refused here, files nothing
    assert ask(lab, HERE, token_in(theirs), ONE)[0] == 403
    assert ask(lab, HERE, token_in(mine), TWO)[0] == 403
    assert ask(lab, HERE, token_in(mine), site.ALLOWED)[0] == 403
    assert entries(lab, ONE) == entries(lab, TWO) == []

    # one's own is filed once, and opens nothing before somebody approves
    status, _, body = ask(lab, HERE, token_in(mine), ONE)
    assert status == 200 and "The request was filed." in body, body
    status, _, body = ask(lab, HERE, token_in(mine), ONE)
    assert status == 200 and "asked for already" in body
    entry, = entries(lab, ONE)
    assert entry["state"] == "requested" and entry["ports"] == [443]
    assert entry["requested_by"].startswith("device:d")
    assert entry["purpose"].startswith(f"{PURPOSE} ({topo.ADDRESS[HERE][0]}, office, ")
    refuse(lab, HERE, ONE)
    changes = wait_for(lambda: lab.records("--kind", "change", "--text", ONE), 10)
    assert [c["user"] for c in changes] == [entry["requested_by"]]

    # without mgmtd the page says so, and nobody waits for ever
    lab.kill("mgmtd", hold=True)
    status, _, body = ask(lab, THERE, token_in(theirs), TWO)
    assert status == 503 and "could not be filed" in body
    lab.release("mgmtd")

    # what was served was not dialled, and the numbers say what happened
    assert not [r for r in lab.records() if r.get("host") == "sekisho.internal"]
    after = metrics(lab)
    grown = {k: after[k] - before[k] for k in after if k in before}
    assert grown['sekisho_proxy_refused_total{reason="not-listed"}'] >= 4
    assert grown["sekisho_proxy_connections_accepted_total"] >= 12
    assert after["sekisho_proxy_allowlist_entries"] > 0
    assert after["sekisho_proxy_records_lost_total"] == 0


def test_question_is_answered_like_a_request(make_lab):
    lab = make_lab()
    for host, allowed in ((site.ALLOWED, True), (ONE, False)):
        status = lab.curl(HERE, f"https://{host}/", proxy=proxy_url())[0]
        assert (status == 200) is allowed
        done = lab.cli("--json", "allow", "test", f"https://{host}/", "--from", topo.MAC[HERE],
                       check=False)
        assert json.loads(done.stdout)["allowed"] is allowed, done.stdout + done.stderr
