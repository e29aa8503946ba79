# SPDX-License-Identifier: GPL-3.0-or-later
"""Two namespaces: the proxy's, and the one of clients, origin and name server.

    clients 10.60.0.0/16 -- lan0 10.59.0.2 --- 10.59.0.1 lan0 --+
                                                              proxy
    origin  45.113.8.0/24 - wan0 45.113.9.2 -- 45.113.9.1 wan0 -+

The origin's addresses look public, because sekisho-proxyd refuses documentation ranges, and
lie outside the proxy's namespace, because it never dials the gateway's own. All contenders
run like this.
"""
import ctypes
import os
import pathlib
import subprocess

PROXY = "10.59.0.1"
PORT = 3128
SOURCES, SOURCE_COUNT = "10.60.1.0", 256
PROBE_SOURCE = "10.60.250.1"
ORIGIN_NET = "45.113.8."
ORIGIN_FIRST, ORIGIN_COUNT = 10, 16
RESOLVER = ORIGIN_NET + "53"
DOMAIN = "bench.example"

SYSCTL = {
    "net/ipv4/ip_local_port_range": "1024 65535",
    "net/ipv4/tcp_tw_reuse": "1",
    "net/ipv4/tcp_max_tw_buckets": "16384",
    "net/ipv4/tcp_max_syn_backlog": "8192",
    "net/core/somaxconn": "8192",
    "net/ipv4/conf/all/rp_filter": "0",
    "net/ipv4/conf/default/rp_filter": "0",
}


def origin(number):
    return f"{ORIGIN_NET}{ORIGIN_FIRST + number % ORIGIN_COUNT}"


def ip(*args, stdin=None):
    subprocess.run(["ip", *args], input=stdin, text=True, check=True, capture_output=True)


class Net:
    def __init__(self):
        self.proxy = f"bench{os.getpid()}-proxy"
        self.outside = f"bench{os.getpid()}-outside"
        self.made = []

    def up(self):
        for name in (self.proxy, self.outside):
            ip("netns", "add", name)
            self.made.append(name)
        for name, lines in ((self.proxy, [
                f"link add lan0 type veth peer name lan0 netns {self.outside}",
                f"link add wan0 type veth peer name wan0 netns {self.outside}",
                "link set lo up", f"addr add {PROXY}/30 dev lan0",
                "addr add 45.113.9.1/30 dev wan0", "link set lan0 up", "link set wan0 up",
        ]), (self.outside, [
                "link set lo up", "addr add 10.59.0.2/30 dev lan0",
                "addr add 45.113.9.2/30 dev wan0", "link set lan0 up", "link set wan0 up",
                f"addr add {RESOLVER}/32 dev lo",
                f"route add local {ORIGIN_NET}0/24 dev lo",
                "route add local 10.60.0.0/16 dev lo",
        ]), (self.proxy, [
                f"route add {ORIGIN_NET}0/24 via 45.113.9.2",
                "route add 10.60.0.0/16 via 10.59.0.2",
        ])):
            ip("-netns", name, "-batch", "-", stdin="\n".join(lines) + "\n")
        for name in (self.proxy, self.outside):
            self._enter(name)
            for key, value in SYSCTL.items():
                self._write(pathlib.Path("/proc/sys", key), value)
            self._congestion()
        # this process stays outside: its sockets, and its children's, are the clients'

    def down(self):
        for name in self.made:
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)

    @staticmethod
    def _enter(name):
        libc = ctypes.CDLL(None, use_errno=True)
        fd = os.open(f"/run/netns/{name}", os.O_RDONLY)
        if libc.setns(fd, 0x40000000) != 0:
            raise OSError(ctypes.get_errno(), f"cannot enter {name}")
        os.close(fd)

    @staticmethod
    def _write(path, value):
        if path.exists():
            path.write_text(value, encoding="ascii")

    @staticmethod
    def _congestion():
        """Not one that paces: its timers would be in the figures. reno is always allowed."""
        pathlib.Path("/proc/sys/net/ipv4/tcp_congestion_control").write_text(
            "reno", encoding="ascii")
