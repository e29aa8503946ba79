# SPDX-License-Identifier: GPL-3.0-or-later
"""A real server that asks a real client for a second ClientHello (RFC 8446 4.1.4)."""
import os
import subprocess

import pytest

from lab.lab import wait_for
from proxy import netns
from proxy.names import at
from proxy.stand import PROXY, Stand

HOST, ADDRESS, PORT = "again.example.jp", "45.113.16.10", 8443


@pytest.fixture(name="stand")
def stand_fixture():
    stand = Stand(f"pt{os.getpid()}", [f"{HOST} {PORT}"])
    stand.names.names[HOST] = at(ADDRESS)
    with stand.running():
        yield stand


@pytest.fixture(name="server")
def server_fixture(stand):
    cert, key = stand.root / "cert.pem", stand.root / "key.pem"
    netns.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
               "-nodes", "-days", "2", "-subj", f"/CN={HOST}", "-addext",
               f"subjectAltName=DNS:{HOST}", "-keyout", str(key), "-out", str(cert)])
    # the client begins with X25519, which this one does not have
    argv = ["openssl", "s_server", "-accept", str(PORT), "-cert", cert, "-key", key, "-www",
            "-groups", "P-384", "-tls1_3", "-msg"]
    log = stand.root / "server.log"
    with open(log, "wb") as out:
        process = subprocess.Popen(  # pylint: disable=consider-using-with
            netns.command(stand.net, argv), stdout=out, stderr=out, stdin=subprocess.DEVNULL)
    assert wait_for(lambda: b"ACCEPT" in log.read_bytes(), 20), log.read_text(encoding="utf-8")
    yield log
    process.kill()
    process.wait()


def test_retry(stand, server):
    done = netns.run(netns.command(stand.client, [
        "curl", "-sS", "-m", "10", "-x", f"http://{PROXY[0]}:{PROXY[1]}", "--cacert",
        stand.root / "cert.pem", "--curves", "X25519:P-384", f"https://{HOST}:{PORT}/"]))
    assert "TLSv1.3" in done.stdout
    seen = server.read_text(encoding="utf-8", errors="replace")
    assert seen.count("ClientHello") == 2, seen[-2000:]
    stand.stop_proxy()
    ends = [(r["reason"], r["detail"]) for r in stand.records() if r["kind"] == "proxy-close"]
    assert ends == [("closed", "TLS 1.3")]
