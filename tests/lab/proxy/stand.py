# SPDX-License-Identifier: GPL-3.0-or-later
"""client -- gateway with a real proxyd -- origin, in namespaces of their own."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

from lab.lab import SLOW

from . import names, netns, origin, wire

REPO = pathlib.Path(__file__).resolve().parents[3]
PROXY = ("10.30.0.1", 3128)
CLIENT, GATEWAY, INSIDE = "10.30.0.10", "45.113.7.1", "45.113.9.10"
DNS4, DNS6 = "45.113.7.53", "2a0e:5a4d:7::53"
DENIED = "denied.example.com"  # resolves, is served, and is on no list
DENIED_AT = "45.113.7.99"
BLACKHOLE4, BLACKHOLE6 = "45.113.31.9", "2a0e:5a4d:31::9"  # swallowed on the way
SILENT = "45.113.7.98"  # no way leads there, and the proxy learns so at once
PORTS = (80, 443, 8080)
SANITIZER = re.compile(r"AddressSanitizer|LeakSanitizer|ThreadSanitizer|runtime error:")

# Where the origin sits too, so that a proxy that dialled them would be seen to.
FORBIDDEN4 = ("10.99.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16",
              "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
              "203.0.113.0/24", "240.0.0.0/4", "45.113.9.0/24", "192.31.196.0/24",
              "192.52.193.0/24", "192.175.48.0/24")
FORBIDDEN6 = ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/23", "2001:db8::/32",
              "fd99::/16", "fec0::/10", "3fff::/20", "100::/64", "2620:4f:8000::/48", "4000::/16")

POLICY = f"""# SPDX-License-Identifier: GPL-3.0-or-later
version: 1
site: {{ name: 検査台 }}
zones:
  office:
    kind: office
    interfaces: [lan0]
    networks: [10.30.0.0/24, "fd30::/64"]
    admission: "off"
  inside:
    kind: closed
    interfaces: [inside0]
    networks: [45.113.9.0/24, "2a0e:5a4d:9::/64"]
  internet:
    kind: internet
    interfaces: [wan0]
proxy:
  zones: [office]
  via: internet
  resolvers: [{DNS4}]
"""


class Stand:
    def __init__(self, prefix, entries, policy=POLICY, origin_ports=PORTS):
        self.bin = pathlib.Path(os.environ.get("SEKISHO_BIN", REPO / "build/asan/bin"))
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="sekisho-proxy-", dir="/tmp"))
        self.client, self.gw, self.net = (f"{prefix}-{n}" for n in ("client", "gw", "origin"))
        self.names = names.NameServer([DNS4, DNS6])
        self.origin = origin.Origin()
        self.traps = [origin.Origin(trap="gateway"), origin.Origin(trap="client")]
        self.entries, self.policy, self.number = list(entries), policy, 0
        self.origin_ports = origin_ports
        self.proxy = None

    # --- up and down ---

    def up(self):
        self.root.chmod(0o755)
        netns.run([str(REPO / "image/setup-accounts"), str(self.root)])
        shutil.copy(self.bin / "sekisho-proxyd", self.root / "sekisho-proxyd")
        self._links()
        self.names.names[DENIED] = names.at(DENIED_AT)
        self.names.start(self.net)
        self.origin.start(self.net, self.origin_ports)
        for trap, place in zip(self.traps, (self.gw, self.client)):
            trap.start(place, PORTS)
        self.publish()
        self.start_proxy()

    def down(self):
        self.stop_proxy()
        for part in (self.names, self.origin, *self.traps):
            part.stop()
        for name in (self.client, self.gw, self.net):
            netns.run(["ip", "netns", "del", name], check=False)
        shutil.rmtree(self.root, ignore_errors=True)

    def end(self):
        """Down, and no sanitizer has found anything."""
        log, report = self.log(), self.sanitizer_report()
        self.down()
        print(log[-3000:])  # pytest shows it when the test failed
        assert not report, report

    @contextlib.contextmanager
    def running(self):
        try:
            self.up()
            yield self
        finally:
            self.end()

    def _links(self):
        for name in (self.client, self.gw, self.net):
            netns.run(["ip", "netns", "add", name])
            netns.sysctl(name, {"net.ipv6.conf.all.accept_dad": 0, "net.ipv4.conf.all.rp_filter": 0,
                                "net.ipv6.conf.default.accept_dad": 0,
                                "net.ipv4.conf.default.rp_filter": 0})
        netns.batch(self.gw, [f"link add lan0 type veth peer name eth0 netns {self.client}",
                              f"link add wan0 type veth peer name eth0 netns {self.net}",
                              "link set lo up", "link set lan0 up", "link set wan0 up",
                              "addr add 10.30.0.1/24 dev lan0", "addr add fd30::1/64 dev lan0 nodad",
                              f"addr add {GATEWAY}/24 dev wan0",
                              "addr add 2a0e:5a4d:7::1/64 dev wan0 nodad"])
        netns.batch(self.client, ["link set lo up", "link set eth0 up",
                                  f"addr add {CLIENT}/24 dev eth0",
                                  "addr add fd30::10/64 dev eth0 nodad"])
        lines = ["link set lo up", "link set eth0 up", "addr add 45.113.7.10/24 dev eth0",
                 f"addr add {DNS4}/24 dev eth0", f"addr add {DENIED_AT}/24 dev eth0",
                 "addr add 45.113.7.77/24 dev eth0",
                 "addr add 2a0e:5a4d:7::10/64 dev eth0 nodad", f"addr add {DNS6}/64 dev eth0 nodad",
                 "route add local 45.113.16.0/21 dev lo",
                 "route add local 2a0e:5a4d:16::/48 dev lo",
                 f"route add blackhole {BLACKHOLE4}/32", f"route add blackhole {BLACKHOLE6}/128"]
        lines += [f"route add local {n} dev lo" for n in FORBIDDEN4 + FORBIDDEN6]
        netns.batch(self.net, lines)
        netns.batch(self.gw, ["route add default via 45.113.7.10",
                              "route add default via 2a0e:5a4d:7::10",
                              f"route add unreachable {SILENT}/32"])

    def publish(self, entries=None):
        """Sign a new revision; proxyd is not told."""
        if entries is not None:
            self.entries = list(entries)
        self.number += 1
        policy, lines = self.root / "policy.yaml", self.root / "entries"
        policy.write_text(self.policy, encoding="utf-8")
        lines.write_text("\n".join(self.entries) + "\n", encoding="utf-8")
        netns.run([str(self.bin / "make_root"), str(self.root), str(self.number),
                   str(policy), str(lines)])

    def start_proxy(self):
        log = open(self.root / "proxyd.log", "ab")  # pylint: disable=consider-using-with
        account = "sekisho-proxy"
        argv = ["setpriv", f"--reuid={account}", f"--regid={account}", "--init-groups",
                "--inh-caps=-all", "--ambient-caps=-all", "--bounding-set=-all", "--no-new-privs",
                "--", self.root / "sekisho-proxyd", "--root", self.root]
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8",
               "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=0:exitcode=99",
               "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1"}
        # the process stays the same through nsenter and setpriv, so that its pid is proxyd's
        self.proxy = subprocess.Popen(netns.command(self.gw, argv), env=env, stdout=log,
                                      stderr=log, stdin=subprocess.DEVNULL)
        log.close()
        self.wait_proxy()

    def wait_proxy(self, seconds=15):
        until = time.monotonic() + seconds * SLOW
        while time.monotonic() < until:
            try:
                netns.inside(self.client, lambda: wire.Client(PROXY).close())
                return
            except OSError:
                if self.proxy.poll() is not None:
                    break
                time.sleep(0.02)
        raise RuntimeError(f"proxyd does not listen\n{self.log()}")

    def stop_proxy(self):
        if self.proxy is not None and self.proxy.poll() is None:
            self.proxy.terminate()
            try:
                self.proxy.wait(10)
            except subprocess.TimeoutExpired:
                self.proxy.kill()
                self.proxy.wait()
        self.proxy = None

    def kill_proxy(self):
        self.proxy.kill()
        self.proxy.wait()

    # --- asking ---

    def connect(self, slow=False):
        """For threads that are in the client's namespace."""
        return wire.Client(PROXY, slow)

    def on_client(self, call):
        return netns.inside(self.client, call)

    def open_tunnel(self, host):
        """A client whose tunnel to host is granted."""
        client = self.on_client(self.connect)
        client.send(b"CONNECT %s:443 HTTP/1.1\r\nHost: %s\r\n\r\n" % ((host.encode(),) * 2))
        assert client.response(5, head_only=True).status == 200
        return client

    def tunnel(self, host, first):
        """The same, and it has sent first and was answered by the origin."""
        client = self.open_tunnel(host)
        client.send(first)
        assert client.read_until(lambda b: len(b) >= len(origin.TUNNEL_OK), 5)
        return client

    def log(self):
        path = self.root / "proxyd.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def sanitizer_report(self):
        log = self.log()
        return log if SANITIZER.search(log) else ""

    def records(self):
        done = netns.run([str(self.bin / "spool_dump"),
                          str(self.root / "var/lib/sekisho/spool/proxyd")])
        return [json.loads(line) for line in done.stdout.splitlines()]

    def arrived(self):
        return sum(len(place.arrivals) for place in (self.origin, *self.traps))

    def forget(self):
        """Begin to write down arrivals anew."""
        for place in (self.origin, *self.traps):
            with place.lock:
                place.arrivals.clear()
