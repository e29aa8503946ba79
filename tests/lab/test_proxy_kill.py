# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 of proxyd under load, again and again: what reached an origin is in the records."""
import os
import threading
import time

import pytest

from proxy import hello, netns, origin, wire
from proxy.stand import PROXY, Stand
from proxy.names import at

ZONE, ADDRESS = "load.example.jp", "45.113.16.1"
TUNNEL_ZONE, TUNNEL_ADDRESS = "tunnel.example.jp", "45.113.16.2"
ROUNDS, CLIENTS = 12, 6


@pytest.fixture(name="stand")
def stand_fixture():
    stand = Stand(f"pk{os.getpid()}", [f"*.{ZONE} 80,443", f"*.{TUNNEL_ZONE} 443"])
    stand.names.names[f".{ZONE}"] = at(ADDRESS)
    stand.names.names[f".{TUNNEL_ZONE}"] = at(TUNNEL_ADDRESS)
    stand.origin.scripts[TUNNEL_ADDRESS] = origin.Reply(raw=True)
    with stand.running():
        yield stand


class Load:
    """Clients that ask as fast as they can, each request with a path of its own."""

    def __init__(self, stand):
        self.stand, self.over = stand, False
        self.answered, self.failed = 0, []
        self.threads = [threading.Thread(target=self._client, args=(i,)) for i in range(CLIENTS)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over = True
        for thread in self.threads:
            thread.join()

    def _client(self, number):
        netns.enter(self.stand.client)
        serial = 0
        while not self.over:
            try:
                with wire.Client(PROXY) as client:
                    while not self.over and not client.end:
                        serial += 1
                        if not self._one(client, f"r{number}-{serial}", number % 3):
                            break
            except origin.Malformed as error:
                self.failed.append(str(error))
            except OSError:
                time.sleep(0.01)  # it is being killed

    def _one(self, client, name, kind):
        """True when the same connection can carry another request."""
        if kind == 0:
            return self._tunnel(client, name)
        host = f"{name.partition('-')[0]}.{ZONE}".encode()
        body = b"x" * 2000 if kind == 2 else b""
        client.send(b"POST http://%s/%s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n%s" %
                    (host, name.encode(), host, len(body), body))
        response = client.response(5)
        self.answered += response is not None
        return response is not None and response.value("connection") != "close"

    def _tunnel(self, client, name):
        host = f"{name}.{TUNNEL_ZONE}".encode()
        client.send(b"CONNECT %s:443 HTTP/1.1\r\nHost: %s:443\r\n\r\n" % (host, host))
        response = client.response(5, head_only=True)
        if response is not None and response.status == 200:
            client.send(hello.hello(host))
            client.read_until(lambda b: len(b) >= len(origin.TUNNEL_OK), 5)
            self.answered += client.buffer == origin.TUNNEL_OK
        return False


def reached(stand):
    """(paths, names in hellos) that the origin has received, whole or cut."""
    paths, names = set(), set()
    for arrival in stand.origin.at(ADDRESS):
        for word in bytes(arrival.data).split(b"POST ")[1:]:
            path, space, _ = word.partition(b" ")
            if space:
                paths.add(path.decode())
    for arrival in stand.origin.at(TUNNEL_ADDRESS):
        data = bytes(arrival.data)
        end = data.find(b"." + TUNNEL_ZONE.encode())
        if end > 0:
            begin = data.rindex(b"r", 0, end)
            names.add(f"{data[begin:end].decode()}.{TUNNEL_ZONE}")
    return paths, names


def test_every_request_that_reached_an_origin_has_a_record(stand):
    with Load(stand) as load:
        for i in range(ROUNDS):
            time.sleep(0.15 + 0.07 * (i % 4))
            stand.kill_proxy()
            stand.start_proxy()
        time.sleep(0.3)
    stand.stop_proxy()
    assert not load.failed
    opened = [r for r in stand.records() if r["kind"] == "proxy-open"]
    paths, names = reached(stand)
    assert len(paths) > 50 and len(names) > 20, (len(paths), len(names))
    assert load.answered > 50
    missing = paths - {r["detail"] for r in opened}
    assert not missing, f"{len(missing)} of {len(paths)} requests are in no record: {missing}"
    missing = names - {r["host"] for r in opened}
    assert not missing, f"{len(missing)} of {len(names)} tunnels are in no record: {missing}"


def test_records_are_in_order_and_join(stand):
    with Load(stand) as load:
        for _ in range(3):
            time.sleep(0.4)
            stand.kill_proxy()
            stand.start_proxy()
        time.sleep(0.4)
    stand.stop_proxy()
    assert load.answered
    records = stand.records()
    numbers = [r["seq"] for r in records]
    assert numbers == sorted(set(numbers))
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    starts = [i for i, r in enumerate(records) if r["detail"] == "proxyd: started"]
    assert len(starts) == 4
    for begin, end in zip(starts, starts[1:] + [len(records)]):
        opened = set()
        for record in records[begin:end]:
            if record["kind"] == "proxy-open":
                opened.add(record["conn"])
            if record["kind"] == "proxy-close":
                assert record["conn"] in opened, record
