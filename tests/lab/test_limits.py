# SPDX-License-Identifier: GPL-3.0-or-later
"""The proxy's limits, its live view, and a restart that refuses nobody, with real daemons."""
import json
import subprocess

from lab import lab as lab_module, sites as site, topology as topo
from lab.lab import proxy_url, wait_for

POLICY = lab_module.POLICY.read_text(encoding="utf-8")
URL = f"https://{site.ALLOWED}/upload"  # answers when it has everything


def apply(lab, tmp_path, limits):
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY.replace("  zones: [office]\n",
                                   f"  zones: [office]\n  limits: {limits}\n"), encoding="utf-8")
    lab.cli("policy", "apply", str(path), "--reason", "a test")


def upload(lab, tmp_path, size, url=URL):
    path = tmp_path / "upload.bin"
    path.write_bytes(b"x" * size)
    return lab.curl(topo.OFFICE, url, "--data-binary", f"@{path}", "-H", "Expect:",
                    proxy=proxy_url(), seconds=10)


def records(lab, kind, **fields):
    return [r for r in lab.records("--kind", kind)
            if all(r.get(k) == v for k, v in fields.items())]


def comes(lab, kind, count=1, **fields):
    return wait_for(lambda: len(records(lab, kind, **fields)) == count, 20), lab.records("--kind", kind)


class Tunnel:
    """An open tunnel to a site; what it says is thrown away."""

    def __init__(self, lab):
        host, port = topo.PROXY4, topo.PROXY_PORT
        self.process = lab.start_on(
            topo.OFFICE, "openssl", "s_client", "-quiet", "-proxy", f"{host}:{port}",
            "-servername", site.ALLOWED, "-connect", f"{site.ALLOWED}:443",
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def connections(lab, state="relay"):
    rows = json.loads(lab.cli("--json", "proxy", "connections").stdout)["connections"]
    return [r for r in rows if r["state"] == state]


def test_upload_ceilings(make_lab, tmp_path):
    lab = make_lab()
    apply(lab, tmp_path, "{ tunnel_upload: 1MiB, device_day_upload: 5MiB }")
    for url in (URL, f"http://{site.ALLOWED}/upload"):
        assert upload(lab, tmp_path, 3 << 20, url)[0] == 200
    for _ in range(2):
        assert upload(lab, tmp_path, 100 << 10)[0] == 200
    good, seen = comes(lab, "proxy-alarm", 2, detail="tunnel-upload", reason_name="limit")
    assert good, seen
    good, seen = comes(lab, "proxy-alarm", 1, detail="device-day-upload")
    assert good, seen
    assert {r["conn"] for r in seen} <= {r["conn"] for r in lab.records("--kind", "proxy-open")}
    assert all(r["device"] and r["host"] == site.ALLOWED for r in seen)

    # from now on it is cut; the day's sum is more than this already
    apply(lab, tmp_path, "{ tunnel_upload: 1MiB, upload_action: cut }")
    assert upload(lab, tmp_path, 32 << 20)[1] != 0
    good, seen = comes(lab, "proxy-close", 1, detail="tunnel-upload", reason_name="limit")
    assert good, seen
    assert all(r["bytes_up"] < 4 << 20 for r in seen if r["reason_name"] == "limit")
    assert upload(lab, tmp_path, 100 << 10)[0] == 200
    apply(lab, tmp_path, "{ device_day_upload: 1MiB, upload_action: cut }")
    assert upload(lab, tmp_path, 10)[0] == 403
    good, seen = comes(lab, "proxy-deny", 1, detail="device-day-upload", reason_name="limit")
    assert good, seen
    # the day goes on when proxyd begins anew
    lab.restart("proxyd")
    assert upload(lab, tmp_path, 10)[0] == 403

    # and a revision with a lower ceiling ends what is over it
    apply(lab, tmp_path, "{ idle_seconds: 300 }")
    with Tunnel(lab) as tunnel:
        assert wait_for(lambda: connections(lab), 20)
        apply(lab, tmp_path, "{ tunnel_upload: 100, upload_action: cut }")
        assert tunnel.process.wait(20) is not None
    apply(lab, tmp_path, "{ idle_seconds: 300 }")
    with Tunnel(lab) as tunnel:
        assert wait_for(lambda: connections(lab), 20)
        apply(lab, tmp_path, "{ idle_seconds: 10 }")
        assert tunnel.process.wait(40) is not None
    good, seen = comes(lab, "proxy-close", 1, reason_name="idle")
    assert good, seen


def test_live_view_and_restart(make_lab):
    lab = make_lab()
    assert connections(lab) == []
    with Tunnel(lab) as one, Tunnel(lab) as other:
        tunnels = (one, other)
        assert wait_for(lambda: len(connections(lab)) == 2, 20)
        row = min(connections(lab), key=lambda r: r["id"])
        assert row["host"] == site.ALLOWED and row["method"] == "CONNECT"
        assert row["src"] == topo.ADDRESS[topo.OFFICE][0] and row["dst_port"] == 443
        assert row["device"] and row["rule"] and row["bytes_up"] > 100 and row["bytes_down"] > 100
        assert site.ALLOWED in lab.cli("proxy", "connections").stdout
        page = json.loads(lab.cli("--json", "proxy", "connections", "--limit", "1").stdout)
        assert page["more"] and [r["id"] for r in page["connections"]] == [row["id"]]
        page = json.loads(lab.cli("--json", "proxy", "connections", "--after",
                                  str(row["id"])).stdout)
        assert not page["more"] and len(page["connections"]) == 1
        lab.cli("proxy", "cut", str(row["id"]), "--reason", "疑わしい通信 / looks wrong")
        later = page["connections"][0]["id"]
        assert wait_for(lambda: [r["id"] for r in connections(lab)] == [later], 20)
        assert wait_for(lambda: [t.process.poll() is None for t in tunnels].count(False) == 1, 20)
        again = lab.cli("proxy", "cut", str(row["id"]), "--reason", "twice", check=False)
        assert again.returncode == 1
        good, seen = comes(lab, "proxy-close", 1, reason_name="cut", detail="by root",
                           conn=row["id"])
        assert good, seen
        assert wait_for(lambda: [r for r in lab.records("--kind", "change")
                                 if r["detail"].startswith("proxy-cut")], 20)

    # who comes while proxyd is away waits for the next one
    lab.kill("proxyd", hold=True)
    waiting = [lab.start_on(topo.OFFICE, "curl", "-sS", "-m", "20", "--cacert", str(lab.sites.ca),
                            "-x", proxy_url(version), "-o", "/dev/null", "-w", "%{http_code}", URL,
                            stdout=subprocess.PIPE, text=True) for version in (4, 6, 4)]
    assert not wait_for(lambda: any(w.poll() is not None for w in waiting), 0.5)
    lab.release("proxyd")
    assert [w.communicate(timeout=20)[0] for w in waiting] == ["200"] * 3
