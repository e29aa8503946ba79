# SPDX-License-Identifier: GPL-3.0-or-later
"""The firewall's measurements. Each takes a Stand and the options and returns figures."""
import json
import pathlib
import statistics
import subprocess
import time

import fwstand

MAC2 = "02:00:00:00:00:02"


def grown(after, before, kind, key="records"):
    return after.get(kind, {}).get(key, 0) - before.get(kind, {}).get(key, 0)


def settle(stand, kind, key, want, before, seconds=5.0):
    """Wait until the spool holds it, or time is over; returns what it holds then."""
    until = time.monotonic() + seconds
    while True:
        now = stand.records()
        if grown(now, before, kind, key) >= want or time.monotonic() > until:
            return now
        time.sleep(0.2)


def flows(stand, o):
    """New flows at a rate: every one recorded at its beginning and at its end?"""
    stand.start(o.gated, fwstand.policy())
    figures = {}
    for name, rate, count in (("offered", 20000, int(20000 * o.seconds)),
                              ("flat out", 0, int(40000 * o.seconds))):
        before, cpu = stand.records(), stand.cpu()
        sent = stand.flood(rate, count)
        after = settle(stand, "flow-open", "records", count, before)
        used = stand.cpu() - cpu
        stand.forget()
        after = settle(stand, "flow-close", "records", count, before)
        figures[name] = {
            "rate": sent["sent"] / sent["seconds"], "flows": sent["sent"],
            "passed": sent["arrived"], "opened": grown(after, before, "flow-open"),
            "closed": grown(after, before, "flow-close"),
            "bytes": grown(after, before, "flow-close", "bytes_up"),
            "gaps": grown(after, before, "gap", "count"),
            "cpu_us": 1e6 * used / count}
    stand.stop()
    return figures


def denied(stand, o):
    """Refused packets at a rate: every one counted? With new permitted flows beside them?"""
    stand.start(o.gated, fwstand.policy())
    figures = {}
    for name, rate, new in (("denied", 200000, 0), ("denied and new flows", 100000, 5000)):
        count, before, cpu = int(rate * o.seconds), stand.records(), stand.cpu()
        opens = int(new * o.seconds)
        beside = None
        if opens:
            beside = subprocess.Popen(
                ["ip", "netns", "exec", stand.names["inside"],
                 *[str(a) for a in stand.flood_argv(new, opens, cpu="0")]],
                stdout=subprocess.DEVNULL)
        sent = stand.flood(rate, count, port=fwstand.DENIED_PORT, ports=100)
        if beside:
            beside.wait()
        settle(stand, "flow-deny", "count", count, before)
        after = settle(stand, "flow-open", "records", opens, before)
        figures[name] = {
            "rate": sent["sent"] / sent["seconds"], "packets": sent["sent"],
            "counted": grown(after, before, "flow-deny", "count"),
            "records": grown(after, before, "flow-deny"),
            "flows": opens, "opened": grown(after, before, "flow-open"),
            "gaps": grown(after, before, "gap", "count"),
            "cpu_us": 1e6 * (stand.cpu() - cpu) / (count + opens)}
    stand.stop()
    return figures


# --- what a packet costs ---

TRACKED = """\
table inet bench {
	chain forward {
		type filter hook forward priority filter; policy drop;
		ct state established,related accept
		iifname "lan0" oifname "wan0" udp dport 1024-1099 accept
	}
}
"""


class Packet:
    """Nanoseconds a forwarded packet of an established flow takes, generator and all; of the
    quickest quarter, because others are busy on the machine."""

    def __init__(self, stand, o):
        self.stand, self.count = stand, int(100000 * o.seconds)

    def measure(self, to_nobody=False):
        argv = self.stand.flood_argv(0, self.count, sources=1, ports=1)
        if to_nobody:
            argv[len(self.stand.first) + 5] = "02:00:00:00:00:99"
        before = self.stand.arrived()
        out = json.loads(self.stand.on("inside", *argv).stdout)
        passed = self.stand.arrived() - before
        if passed < self.count and not to_nobody:
            raise RuntimeError(f"{passed} of {self.count} packets passed")
        return out["ns"]

    def established(self):
        self.stand.forget()
        self.stand.flood(1000, 1, sources=1, ports=1)
        self.stand.answer()
        return self.measure()


def packet(stand, o):
    """The same flood by turns: to nobody, without rules, with two of nft's, with ours."""
    work = Packet(stand, o)
    seen = {"nobody": [], "empty": [], "tracked": [], "ours": [], "ours, admission": []}
    stand.on("gateway", "sysctl", "-qw", "net.ipv4.ip_forward=1")
    for _ in range(o.rounds):
        stand.on("gateway", "nft", "flush", "ruleset")
        seen["nobody"].append(work.measure(to_nobody=True))
        seen["empty"].append(work.measure())
        stand.on("gateway", "nft", "-f", "-", input=TRACKED)
        seen["tracked"].append(work.established())
        stand.on("gateway", "nft", "flush", "ruleset")
        stand.start(o.gated, fwstand.policy())
        seen["ours"].append(work.established())
        stand.load(fwstand.policy("enforce"), [fwstand.permit(1, stand.mac("inside", "lan0"))])
        seen["ours, admission"].append(work.established())
        stand.stop()
        stand.on("gateway", "nft", "flush", "ruleset")
    figures = {name: {"ns": statistics.median(v), "least": min(v), "most": max(v)}
               for name, v in seen.items()}
    for name in seen:
        against = lambda base, less: statistics.median(
            (a - n * less) / (b - n * less)
            for a, b, n in zip(seen[name], seen[base], seen["nobody"]))
        figures[name]["x_empty"] = against("empty", 0)
        if name != "nobody":
            figures[name]["x_empty_without_generator"] = against("empty", 1)
            figures[name]["x_tracked_without_generator"] = against("tracked", 1)
    return figures


# --- loading ---

def grid(rows, columns):
    """A policy whose one more flow makes rows * columns rules."""
    groups = ("  rows: [" + ", ".join(f"10.70.{i}.0/24" for i in range(rows)) + "]\n"
              "  columns: [" + ", ".join(f"45.113.8.{i}" for i in range(1, columns + 1)) + "]\n")
    flow = ("  - id: grid\n    from: office\n    to: closed\n    source: [rows]\n"
            "    destination: [columns]\n    services: [bench]\n")
    return fwstand.policy(extra_groups=groups, extra_flows=flow)


def nft_ms(stand, text):
    """The nft tool, given the whole ruleset as text, in a namespace without rules."""
    path = stand.dir / "rules.nft"
    path.write_text(text, encoding="utf-8")
    stand.on("outside", "nft", "flush", "ruleset")
    begun = time.monotonic()
    stand.on("outside", *stand.first, "nft", "-f", path)
    taken = 1000 * (time.monotonic() - begun)
    stand.on("outside", "nft", "flush", "ruleset")
    return taken


def compared(ours, nft):
    return {"ms": statistics.median(ours), "least": min(ours), "most": max(ours),
            "nft_ms": statistics.median(nft)}


def elements(permits):
    """The permits' elements as text for nft (which takes minutes to list so many)."""
    into = ", ".join(f'"lan0" . {p["mac"]} : {fwstand.mark(p["number"]):#x}' for p in permits)
    live = ", ".join(f'{fwstand.mark(p["number"]):#x}' for p in permits)
    return ("table inet bench {\n\tmap permits { type ifname . ether_addr : mark; flags timeout; "
            f"elements = {{ {into} }} }}\n"
            f"\tset live {{ type mark; flags timeout; elements = {{ {live} }} }}\n}}\n")


def load(stand, o):
    """From the request for a revision to its answer: 10,000 rules, 100,000 elements."""
    size = 100 if not o.short else 10
    figures = {}
    stand.start(o.gated, fwstand.policy())
    ours, nft = [], []
    for _ in range(o.rounds):
        ours.append(stand.load(grid(size, size))["ms"])
        nft.append(nft_ms(stand, stand.on("gateway", "nft", "list", "ruleset").stdout))
        stand.load(fwstand.policy())
    figures["rules"] = {"count": size * size, **compared(ours, nft)}
    count = 50000 if not o.short else 500  # each is an element of the map and of the set
    permits = [fwstand.permit(i, f"02:01:{i >> 24:02x}:{i >> 16 & 255:02x}:{i >> 8 & 255:02x}:"
                                 f"{i & 255:02x}") for i in range(1, count + 1)]
    ours, nft = [], []
    for _ in range(o.rounds):
        ours.append(stand.load(fwstand.policy("enforce"), permits)["ms"])
        nft.append(nft_ms(stand, elements(permits)))
        stand.load(fwstand.policy("enforce"))
    figures["elements"] = {"count": 2 * count, **compared(ours, nft)}
    stand.stop()
    return figures


def permit(stand, o):
    """One permit in, one out, among 1,000 devices: a small revision each, and a whole one each."""
    permits = [fwstand.permit(i, f"02:01:00:00:{i >> 8 & 255:02x}:{i & 255:02x}")
               for i in range(1, 1001)]
    stand.start(o.gated, fwstand.policy("enforce"), permits)
    small, stored, whole = [], [], []
    for _ in range(1 if o.short else o.rounds):
        stand.load(fwstand.policy("enforce"), permits)
        for store_ms, ms in stand.small(10 if o.short else 200):
            stored.append(store_ms)
            small.append(ms)
    for _ in range(5 if o.short else 50):
        whole.append(stand.load(fwstand.policy("enforce"), permits[1:])["ms"])
        whole.append(stand.load(fwstand.policy("enforce"), permits)["ms"])
    stand.stop()
    figures = {}
    for name, taken in (("permit", small), ("as a whole", whole)):
        taken.sort()
        figures[name] = {"ms": statistics.median(taken), "changes": len(taken),
                         "p99_ms": taken[max(0, len(taken) * 99 // 100 - 1)]}
    figures["permit"]["store_ms"] = statistics.median(stored)
    return figures


def cut(stand, o):
    """All connections of one device of many: by its mark, and by a revision without its permit."""
    figures = {}
    for mine in (200, 20000):
        figures |= cut_host(stand, o, 120000 if not o.short else 1200,
                            mine if not o.short else mine // 100)
    return figures


def cut_host(stand, o, total, mine):
    first = fwstand.permit(1, stand.mac("inside", "lan0"))
    second = fwstand.permit(2, MAC2)
    figures = {}
    stand.start(o.gated, fwstand.policy("enforce"), [first, second])
    stand.sysctl(nf_conntrack_udp_timeout=600)
    by_mark, by_kernel, by_revision = [], [], []
    bare = lambda word: json.loads(stand.on("gateway", *stand.first, stand.programs / "bench_fw",
                                            word, fwstand.mark(2)).stdout)
    for _ in range(min(o.rounds, 3)):
        for taken, way in ((by_mark, lambda: bare("cut")), (by_kernel, lambda: bare("flush")),
                           (by_revision, lambda: stand.load(fwstand.policy("enforce"), [first]))):
            stand.load(fwstand.policy("enforce"), [first, second])
            stand.forget()
            stand.flood(0, total - mine)
            stand.flood(0, mine, mac=MAC2, port=fwstand.PORT + 1)
            done = way()
            if done["cut"] != mine:
                raise RuntimeError(f"{done['cut']} of {mine} connections were cut")
            taken.append(done["ms"])
    stand.forget()
    stand.sysctl(nf_conntrack_udp_timeout=30)
    stand.stop()
    for name, taken in (("by mark", by_mark), ("by the kernel alone", by_kernel),
                        ("by revision", by_revision)):
        figures[f"{mine} {name}"] = {"ms": statistics.median(taken), "least": min(taken),
                                     "most": max(taken), "connections": total, "cut": mine}
    return figures


def site(zones, flows, devices):
    """A policy and permits of that size: every zone enforces and has both families."""
    lines = ["version: 1", "site: { name: bench }", "zones:"]
    interface = [f"eth{z}" for z in range(zones)]
    interface[:2] = ["lan0", "wan0"]
    lines += [f"  z{z}: {{ kind: office, interfaces: [{interface[z]}], admission: enforce, "
              f"networks: [10.{z + 1}.0.0/16, \"fd{z + 10}::/64\"] }}" for z in range(zones)]
    lines += ["services: { web: [tcp/443], files: [tcp/445, udp/137-139] }", "networks:"]
    lines += [f"  g{i}: [10.{(i + 1) % zones + 1}.{i // 250}.{i % 250 + 1}]" for i in range(flows)]
    lines.append("flows:")
    lines += [f"  - {{ id: f{i}, from: z{i % zones}, to: z{(i + 1) % zones}, destination: [g{i}], "
              f"services: [{'web' if i % 3 else 'files'}] }}" for i in range(flows)]
    permits = [fwstand.permit(i, f"02:01:00:00:{i >> 8:02x}:{i & 255:02x}", f"z{i % zones}",
                              interface[i % zones]) for i in range(1, devices + 1)]
    return "\n".join(lines) + "\n", permits


def prove(stand, o):
    """Reading the rules back and proving them, where the daemon can."""
    figures = {}
    size = (12, 300, 1000) if not o.short else (3, 6, 12)
    for name, text, permits in (("typical", *site(*size)), ("small", grid(10, 10), ()),
                                ("10,000 rules", grid(100, 100), ())):
        stand.start(o.gated, text, permits)
        taken = []
        try:
            for _ in range(o.rounds):
                answer = json.loads(subprocess.run(
                    [*stand.first, stand.programs / "bench_fw", "prove", stand.root], check=True,
                    capture_output=True, text=True).stdout)
                taken.append(answer["ms"])
                said = answer["said"]
            figures[name] = {"ms": statistics.median(taken), "result": said["result"],
                             "rules": said["rules"], "elapsed_ms": said["elapsed_ms"]}
        except (subprocess.CalledProcessError, json.JSONDecodeError):
            figures[name] = {"na": "this build has no proof"}
        stand.stop()
    return figures


def drift(stand, o):
    """A rule of somebody else's in our table: how long is it there?"""
    stand.start(o.gated, fwstand.policy())
    taken, undone = [], True
    for _ in range(o.rounds):
        stand.on("gateway", "nft", "insert", "rule", "inet", "sekisho", "forward", "counter",
                 "accept")
        begun = time.monotonic()
        while "counter packets 0 bytes 0 accept\n" in stand.on(
                "gateway", "nft", "-n", "list", "chain", "inet", "sekisho", "forward").stdout:
            if time.monotonic() - begun > 2:
                undone = False
                break
        taken.append(1000 * (time.monotonic() - begun))
        if not undone:
            break
    stand.stop()
    stand.on("gateway", "nft", "flush", "ruleset")
    return {"drift": {"ms": statistics.median(taken)} if undone
            else {"na": "this build does not undo foreign changes"}}


ALL = {"flows": flows, "denied": denied, "packet": packet, "load": load, "permit": permit,
       "cut": cut, "prove": prove, "drift": drift}


def versions(o):
    said = lambda *argv: subprocess.run(argv, capture_output=True, text=True,
                                        check=False).stdout.strip()
    return {"nft": said("nft", "--version"), "sekisho-gated": said(o.gated, "--version"),
            "commit": said("git", "-C", str(pathlib.Path(__file__).parent), "rev-parse",
                           "--short", "HEAD")}
