# SPDX-License-Identifier: GPL-3.0-or-later
"""The management UI's door as a browser's scripts use it."""
import http.client
import json
import ssl


def ask(link, method, path, body=None, headers=None):
    """The answer, read to its end."""
    link.request(method, path, None if body is None else json.dumps(body), headers or {})
    answer = link.getresponse()
    answer.body = answer.read()
    return answer


def sign_in(lab, login, password):
    """A connection, and the fields that a session's requests bear."""
    # the certificate is the box's own, made at its first start
    link = http.client.HTTPSConnection("127.0.0.1", lab.port, timeout=10,
                                       context=ssl._create_unverified_context())
    headers = {"Content-Type": "application/json"}
    answer = ask(link, "POST", "/api/session", {"login": login, "password": password}, headers)
    assert answer.status == 200, answer.body
    return link, headers | {"Cookie": answer.getheader("Set-Cookie").split(";")[0],
                            "X-CSRF-Token": json.loads(answer.body)["csrf"]}
