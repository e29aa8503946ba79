# SPDX-License-Identifier: GPL-3.0-or-later
"""mgmtd holds no large bodies for those who may not send them."""
import json
import socket
import ssl

import pytest

from test_sign_in import PASSWORD, change_password

IMPORT = "/api/assets/import"
SIZE = 1 << 20


def context():
    # the certificate is the box's own, made at its first start
    return ssl._create_unverified_context()


def say(lab, head, body=b""):
    """The answer's status, 0 when the connection ends without one."""
    with socket.create_connection(("127.0.0.1", lab.port), timeout=120) as plain, \
            context().wrap_socket(plain) as link:
        lines = [f"POST {IMPORT} HTTP/1.1", "Host: localhost", *head]
        try:
            link.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
            answer = link.recv(4096)
        except OSError:
            return 0
    return int(answer.split()[1]) if answer else 0


@pytest.fixture(name="lab")
def lab_fixture(make_lab):
    return make_lab()


def test_only_who_may_import_sends_much(lab):
    announced = [f"Content-Length: {SIZE}"]
    sessions = {}
    for login, _, first in lab.accounts:
        sessions[login] = change_password(lab, login, first, PASSWORD)
    manager = [f"{k}: {v}" for k, v in sessions["manager"].items()]
    cookie = [line for line in manager if line.startswith("Cookie")]

    # only the head is sent: without an answer these would wait for the body
    assert say(lab, announced) == 401
    assert say(lab, ["Cookie: __Host-sekisho=" + 64 * "a", *announced]) == 401
    assert say(lab, cookie + announced) == 403  # no X-CSRF-Token
    assert say(lab, [f"Content-Length: {SIZE << 10}"]) == 413
    # whose length nobody says
    chunk = b"%x\r\n" % SIZE + bytes(SIZE) + b"\r\n0\r\n\r\n"
    assert say(lab, ["Transfer-Encoding: chunked"], chunk) == 0

    text = "number,name,owner,kind,mac,interface\nPC-9,a,o,business,00163e000009,office0\n"
    body = json.dumps({"check": True, "text": text}).encode() + SIZE * b" "
    assert say(lab, manager + [f"Content-Length: {len(body)}"], body) == 200
