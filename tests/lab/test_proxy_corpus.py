# SPDX-License-Identifier: GPL-3.0-or-later
"""The corpus of hostile requests and responses, over real sockets: tests/lab/proxy/corpus.

All cases are played first, many at a time, each in one write and byte by byte; then each
way of each case is a test of its own.
"""
import os
import socket

import pytest

from lab.lab import wait_for
from proxy import case as cases
from proxy import netns
from proxy.corpus import CASES, addresses
from proxy.stand import DENIED_AT, Stand

ENTRIES = ("*.corpus.example.jp 80,443,8080", "exact.example.jp 80,443",
           "*.tlsany.example.jp 80,443 tls=any", "45.113.7.77 80,443",
           "*.path.example.jp 80,443 path=/ok", "*.read.example.jp 80,443 method=GET,HEAD",
           "*.plain.example.jp 80,443 scheme=http", "*.secret.example.jp 80,443 scheme=https")
WAYS = [(c, w) for c in CASES for w in (("whole", "bytes") if c.twice else ("whole",))]


def reachable(address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.settimeout(2)
        try:
            sock.connect((address, 80))
        except OSError:
            return False
    return True


class Played:
    def __init__(self, stand):
        self.stand = stand
        # the path works without the proxy's judgement: nothing but that keeps it from there
        control = (*addresses.CONTROL, DENIED_AT)
        self.unreachable = netns.inside(stand.gw, lambda: [
            a for a in control if not reachable(a)])
        self.seen = wait_for(lambda: stand.arrived() >= len(control) - len(self.unreachable), 20)
        stand.forget()
        self.results = cases.play_all(stand, CASES)
        self.alive = stand.proxy.poll() is None
        stand.stop_proxy()  # every close record is written
        self.by_host = {}
        for record in stand.records():
            self.by_host.setdefault(record["host"], []).append(record)


@pytest.fixture(name="played", scope="module")
def played_fixture():
    stand = Stand(f"pc{os.getpid()}", ENTRIES)
    with stand.running():
        yield Played(stand)


def test_corpus_is_large_enough_and_ids_are_unique():
    assert len(CASES) >= 220
    assert len({c.id for c in CASES}) == len(CASES)


def test_forbidden_addresses_are_reachable_from_the_gateway(played):
    assert not played.unreachable
    assert played.seen


def test_proxy_lives(played):
    assert played.alive, played.stand.log()[-3000:]


def test_what_no_list_names_was_never_contacted_nor_looked_up(played):
    assert not played.stand.origin.at(DENIED_AT)
    assert not [n for n, _ in played.stand.names.asked if n.startswith("denied.")]


def test_nothing_arrived_on_the_gateway_or_in_the_zone(played):
    assert not [(t.trap, a.address, a.port, bytes(a.data[:80]))
                for t in played.stand.traps for a in t.arrivals]


@pytest.mark.parametrize("case,way", WAYS, ids=[f"{c.id}-{w}" for c, w in WAYS])
def test_case(played, case, way):
    result = played.results[case.id, way]
    wrong = cases.judge(case, result, played.by_host.get(result.host, []))
    assert not wrong, f"RFC {case.rfc}: " + "; ".join(wrong)
