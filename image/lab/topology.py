# SPDX-License-Identifier: GPL-3.0-or-later
"""Namespaces, links and addresses. No namespace has a link to the machine it runs on.

                    core-pc            claims
                       |                  |
                     core0             claims0
    office-pc ---+     +------- gw -------+
    contractor --+- switch -- office0   wan0 --- internet
    rogue-pc  ---+
"""
import pathlib
import subprocess

REPO = pathlib.Path(__file__).resolve().parents[2]
SYSCTL_CONF = REPO / "conf/sysctl.d/sekisho.conf"

GW = "gw"
CORE, CLAIMS, OFFICE = "core-pc", "claims", "office-pc"
CONTRACTOR, ROGUE = "contractor-pc", "rogue-pc"
INTERNET, SWITCH = "internet", "switch"
NAMES = (GW, CORE, CLAIMS, OFFICE, CONTRACTOR, ROGUE, INTERNET, SWITCH)
CLIENTS = (OFFICE, CONTRACTOR, ROGUE)

# The internet's addresses look public, because the proxy refuses documentation ranges.
# They exist in these namespaces only.
WAN4, WAN6 = "45.113.7.", "2a0e:5a4d:7::"
DNS4, DNS6 = WAN4 + "53", WAN6 + "53"
PROXY4, PROXY6, PROXY_PORT = "10.30.0.1", "fd30::1", 3128

ADDRESS = {  # (IPv4, IPv6) of a machine's eth0
    CORE: ("10.10.0.10", "fd10::10"),
    CLAIMS: ("10.20.0.10", "fd20::10"),
    OFFICE: ("10.30.0.10", "fd30::10"),
    CONTRACTOR: ("10.30.0.20", "fd30::20"),
    ROGUE: ("10.30.0.30", "fd30::30"),
    INTERNET: (WAN4 + "10", WAN6 + "10"),
}
MAC = {
    CORE: "02:00:00:10:00:10",
    CLAIMS: "02:00:00:20:00:10",
    OFFICE: "02:00:00:30:00:10",
    CONTRACTOR: "02:00:00:30:00:20",
    ROGUE: "02:00:00:30:00:30",
    INTERNET: "02:00:00:77:00:10",
}
SITE_HOSTS = (11, 12, 13, 14, 53)  # further addresses of internet: its sites and its DNS


def run(argv, check=True, text_in=None):
    done = subprocess.run(argv, input=text_in, capture_output=True, text=True, check=False)
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(argv)}: {done.stderr.strip() or done.stdout.strip()}")
    return done


class Topology:
    def __init__(self, prefix):
        self.prefix = prefix

    def ns(self, name):
        return f"{self.prefix}-{name}"

    def enter(self, name):
        """Words that put a command into a machine of the lab; the process stays the same."""
        return ["nsenter", f"--net=/run/netns/{self.ns(name)}", "--"]

    def exists(self):
        return pathlib.Path(f"/run/netns/{self.ns(GW)}").exists()

    def up(self):
        load_modules()
        for name in NAMES:
            run(["ip", "netns", "add", self.ns(name)])
            self._sysctl(name, {
                "net.ipv6.conf.all.disable_ipv6": "0",
                "net.ipv6.conf.default.disable_ipv6": "0",
                "net.ipv6.conf.all.accept_dad": "0",
                "net.ipv6.conf.default.accept_dad": "0",
                "net.ipv6.conf.default.accept_ra": "0",
            })
        self._sysctl(SWITCH, {f"net.bridge.bridge-nf-call-{t}": "0"
                              for t in ("iptables", "ip6tables", "arptables")})
        self._sysctl(GW, read_sysctl_conf())
        self._link(GW, "core0", CORE, "eth0")
        self._link(GW, "claims0", CLAIMS, "eth0")
        self._link(GW, "wan0", INTERNET, "eth0")
        self._link(GW, "office0", SWITCH, "gw")
        for client in CLIENTS:
            self._link(SWITCH, client.split("-")[0], client, "eth0")
        self._switch()
        self._addresses()
        self._sysctl(GW, read_sysctl_conf())  # again: "all" reaches new links too

    def down(self):
        for name in NAMES:
            run(["ip", "netns", "del", self.ns(name)], check=False)

    def forward(self, on):
        """What a router without a firewall would do; later gated decides."""
        value = "1" if on else "0"
        self._sysctl(GW, {"net.ipv4.ip_forward": value,
                          "net.ipv6.conf.all.forwarding": value})

    def _batch(self, name, lines):
        run(["ip", "-netns", self.ns(name), "-batch", "-"], text_in="\n".join(lines) + "\n")

    def _link(self, left, left_dev, right, right_dev):
        self._batch(left, [f"link add {left_dev} type veth peer name {right_dev} "
                           f"netns {self.ns(right)}"])

    def _switch(self):
        ports = ["gw"] + [c.split("-")[0] for c in CLIENTS]
        self._batch(SWITCH, ["link add br0 type bridge", "link set br0 up"] +
                    [f"link set {p} master br0 up" for p in ports])

    def _addresses(self):
        lines = ["link set lo up"]
        for dev, v4, v6 in (("core0", "10.10.0.1", "fd10::1"),
                            ("claims0", "10.20.0.1", "fd20::1"),
                            ("office0", PROXY4, PROXY6),
                            ("wan0", WAN4 + "1", WAN6 + "1")):
            lines += [f"addr add {v4}/24 dev {dev}", f"addr add {v6}/64 dev {dev} nodad",
                      f"link set {dev} up"]
        self._batch(GW, lines)
        for name, (v4, v6) in ADDRESS.items():
            net4, net6 = v4.rpartition(".")[0], v6.rpartition("::")[0]
            lines = ["link set lo up", f"link set eth0 address {MAC[name]}",
                     f"addr add {v4}/24 dev eth0", f"addr add {v6}/64 dev eth0 nodad",
                     "link set eth0 up"]
            if name == INTERNET:
                # the way back to the LANs: a leak would get its answer, and be seen
                lines += [f"addr add {WAN4}{n}/24 dev eth0" for n in SITE_HOSTS]
                lines += [f"addr add {WAN6}{n}/64 dev eth0 nodad" for n in SITE_HOSTS]
                lines += [f"route add 10.0.0.0/8 via {net4}.1",
                          f"route add fd00::/8 via {net6}::1"]
            else:
                lines += [f"route add default via {net4}.1",
                          f"route add default via {net6}::1"]
            self._batch(name, lines)

    def _sysctl(self, name, values):
        """Set what this kernel has."""
        script = "".join(f"[ ! -e {path} ] || echo {value} >{path}\n" for path, value in
                         ((sysctl_path(key), value) for key, value in values.items()))
        run(self.enter(name) + ["sh", "-ec", script])


def sysctl_path(key):
    return "/proc/sys/" + key.replace(".", "/")


def read_sysctl_conf():
    values = {}
    for line in SYSCTL_CONF.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            key, value = line.split("=")
            values[key.strip()] = value.strip()
    return values


def load_modules():
    """Where these are modules, they are not there before somebody asks."""
    for module in ("veth", "bridge", "nf_tables", "nf_conntrack", "nf_conntrack_netlink",
                   "nfnetlink_log"):
        if not pathlib.Path(f"/sys/module/{module}").exists():
            run(["modprobe", "-q", module], check=False)
