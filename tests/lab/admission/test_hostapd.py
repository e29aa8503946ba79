# SPDX-License-Identifier: GPL-3.0-or-later
"""hostapd takes our configuration, and follows the register while it runs.

Without a radio it runs with its driver "none": what is shown is that every line of the
configuration is understood and that the list of accepted cards changes, not the air.
"""
import os
import pathlib
import shutil
import socket
import subprocess

import pytest

from lab.lab import wait_for

CONF = pathlib.Path(__file__).resolve().parents[3] / "conf/hostapd"
HELD = "02:00:00:00:00:01 VLAN_ID=10\n02:00:00:00:00:02 VLAN_ID=30\n"


def configure(tmp_path, *more):
    """Our configuration, for this machine and with more changes."""
    if not shutil.which("hostapd"):
        pytest.skip("hostapd is not installed")
    accept, control = tmp_path / "accept", tmp_path / "run"
    accept.write_text("02:00:00:00:00:01 10\n02:00:00:00:00:02 30\n", encoding="utf-8")
    text = (CONF / "hostapd.conf").read_text(encoding="utf-8")
    for old, new in (*more, ("driver=nl80211", "driver=none"), ("interface=wlan0", "interface=lo"),
                     ("/var/lib/sekisho/switch/hostapd.accept", str(accept)),
                     ("/etc/hostapd/", f"{CONF}/"), ("/run/hostapd", str(control))):
        assert old in text
        text = text.replace(old, new)
    conf = tmp_path / "hostapd.conf"
    conf.write_text(text, encoding="utf-8")
    return conf, accept, control, text


@pytest.fixture(name="radio")
def radio_fixture(tmp_path):
    conf, accept, control, text = configure(tmp_path, ("wpa_passphrase=CHANGE",
                                                       "wpa_passphrase=a passphrase of a test"))
    log = tmp_path / "log"
    with subprocess.Popen(["unshare", "-n", "hostapd", "-d", "-f", log, conf]) as child:
        try:
            assert wait_for((control / "lo").exists, 10)
            yield accept, control, text
        finally:
            child.terminate()
    assert "unknown configuration item" not in log.read_text(encoding="utf-8")


def held(control):
    done = subprocess.run(["hostapd_cli", "-p", control, "-i", "lo", "accept_acl", "SHOW"],
                          capture_output=True, text=True, check=True)
    return done.stdout


def follow(accept, control, **more):
    env = {**os.environ, "STATE_DIRECTORY": str(accept.parent), **more}
    return subprocess.run([CONF / "radio-permits", accept, control], env=env,
                          check=False).returncode


def test_needs_a_passphrase(tmp_path):
    """As it is shipped nobody knows how to join: hostapd does not begin."""
    conf = configure(tmp_path)[0]
    done = subprocess.run(["timeout", "-k", "1", "5", "unshare", "-n", "hostapd", conf],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "passphrase length" in done.stdout, done


def test_settings(radio):
    _, control, text = radio
    lines = text.splitlines()
    for line in ("ignore_broadcast_ssid=1", "ap_isolate=1", "macaddr_acl=1", "wpa=2",
                 "wpa_key_mgmt=WPA-PSK-SHA256 SAE", "ieee80211w=1", "sae_require_mfp=1"):
        assert line in lines
    assert held(control) == HELD


def test_follows(radio):
    accept, control, _ = radio
    assert follow(accept, control) == 0
    assert held(control) == HELD
    # one goes, one changes its VLAN, one is new
    accept.write_text("02:00:00:00:00:02 31\n02:00:00:00:00:03 10\n", encoding="utf-8")
    assert follow(accept, control) == 0
    assert held(control) == "02:00:00:00:00:02 VLAN_ID=31\n02:00:00:00:00:03 VLAN_ID=10\n"
    accept.write_text("", encoding="utf-8")
    assert follow(accept, control) == 0
    assert held(control) == ""


def test_more_than_are_shown(radio):
    """hostapd shows the first 141 cards only: one behind them goes all the same."""
    accept, control, _ = radio
    cards = [f"02:00:00:00:{n // 256:02x}:{n % 256:02x}" for n in range(1, 251)]
    accept.write_text("".join(f"{card} 10\n" for card in cards), encoding="utf-8")
    assert follow(accept, control) == 0
    assert held(control).count("\n") < len(cards)
    accept.write_text("".join(f"{card} 10\n" for card in cards[:-1]), encoding="utf-8")
    assert follow(accept, control) == 0
    accept.write_text("".join(f"{card} 10\n" for card in cards[-50:-1]), encoding="utf-8")
    assert follow(accept, control) == 0
    assert held(control) == "".join(f"{card} VLAN_ID=10\n" for card in cards[-50:-1])


def test_dead_radio(radio):
    """A socket that nobody listens at, and one that nobody reads, are told of; others follow."""
    accept, control, _ = radio
    names = [control / "aaa0", control / "bbb0"]
    sockets = [socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in names]
    for name, link in zip(names, sockets):
        link.bind(str(name))
    sockets[0].close()
    accept.write_text("02:00:00:00:00:01 10\n", encoding="utf-8")
    assert follow(accept, control) == 1
    assert held(control) == "02:00:00:00:00:01 VLAN_ID=10\n"
    sockets[1].close()
    for name in names:
        name.unlink()
    assert follow(accept, control) == 0


def test_change_on_the_way(radio, tmp_path):
    """What is withdrawn while hostapd is being told is withdrawn too."""
    accept, control, _ = radio
    tools = tmp_path / "tools"
    tools.mkdir()
    late = tools / "hostapd_cli"
    late.write_text(f"#!/bin/sh\n{shutil.which('hostapd_cli')} \"$@\"\n: >'{accept}'\n",
                    encoding="utf-8")
    late.chmod(0o755)
    accept.write_text("02:00:00:00:00:03 10\n", encoding="utf-8")
    assert follow(accept, control, PATH=f"{tools}:{os.environ['PATH']}") == 0
    assert held(control) == ""


def test_no_radio(tmp_path):
    accept = tmp_path / "accept"
    accept.write_text("", encoding="utf-8")
    assert follow(accept, tmp_path / "nowhere") == 0
