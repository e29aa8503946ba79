# SPDX-License-Identifier: GPL-3.0-or-later
"""Admission's measurements. Each takes a Stand and the options and returns figures."""
import json
import statistics
import subprocess
import sys
import time

import admstand
import procs
from lab import topology as topo
from lab.lab import wait_for

EVERY_US = 500  # the measured device sends as often
UDP, TCP, TUNNEL = 1, 2, 3
CLAIMS4 = topo.ADDRESS[topo.CLAIMS][0]
QUIET_S = 0.15  # nothing for so long: it was the last one
CARD = {"mac": topo.MAC[admstand.DEVICE], "interface": "office0"}
WANTED = {"kind": "business", "owner": "測定", "reason": "bench"}


def spread(values):
    values = sorted(values)
    at = lambda part: values[min(len(values) - 1, int(len(values) * part))]
    return {"p50": statistics.median(values), "p99": at(0.99), "max": values[-1],
            "events": len(values)}


class Site:
    """10,000 admitted devices, one of them busy, and one that comes and goes."""

    def __init__(self, stand, o):
        self.stand = stand
        stand.fill(o.permits, o.permits)
        stand.apply()
        stand.hurry()
        self.admin, self.manager = stand.people()
        self.log = {name: stand.pulses(name) for name in ("claims", "internet", "device")}
        stand.run(topo.CLAIMS, "claims", "bench_pulse", "receive", admstand.PORT,
                  self.log["claims"].path)
        stand.run(topo.INTERNET, "internet", "bench_pulse", "receive", admstand.PORT,
                  self.log["internet"].path)
        self.traffic(o)
        self.device = stand.root().ask("POST", "/api/devices", CARD)["id"]
        self.run("udp", UDP)

    def traffic(self, o):
        log = self.stand.pulses("beside").path
        self.stand.run(topo.OFFICE, "beside", "bench_pulse", "udp", CLAIMS4, admstand.PORT, 0,
                       1000000 // o.rate, log)
        for number in range(o.tunnels):
            self.stand.run(topo.OFFICE, f"tunnel{number}", "bench_pulse", "tunnel", topo.PROXY4,
                           topo.PROXY_PORT, 0, 50000, log, admstand.TUNNEL)

    def run(self, kind, number):
        where = [topo.PROXY4, topo.PROXY_PORT] if kind == "tunnel" else [CLAIMS4, admstand.PORT]
        target = [admstand.TUNNEL] if kind == "tunnel" else []
        return self.stand.run(admstand.DEVICE, f"device-{kind}", "bench_pulse", kind, *where,
                              number, EVERY_US, self.log["device"].path, *target)

    def path(self, verb):
        return f"/api/devices/{self.device}/{verb}"

    def first(self, moment):
        """Milliseconds from moment to the first message that got through."""
        found = []
        if not wait_for(lambda: found.extend(self.log["claims"].after(moment, UDP)) or found,
                        5, 0.001):
            raise RuntimeError("an approved device does not get through")
        return (found[0] - moment) / 1e6

    def last(self, moment):
        """{what: milliseconds from moment to the last message from or to the device}"""
        where = (("udp", UDP, "claims"), ("tcp", TCP, "claims"), ("tunnel", TUNNEL, "internet"))
        late = {}
        until = time.monotonic() + 5
        silent = 0.0
        while silent < QUIET_S:
            late = {what: max(self.log[there].after(moment, number) +
                              self.log["device"].after(moment, number), default=moment)
                    for what, number, there in where}
            silent = (time.monotonic_ns() - max(late.values())) / 1e9
            if time.monotonic() > until:
                raise RuntimeError("a revoked device gets through")
            time.sleep(QUIET_S / 4)
        return {what: (at - moment) / 1e6 for what, at in late.items()}

    def open(self):
        """A TCP connection and a tunnel of the device that speak."""
        made = [self.run("tcp", TCP), self.run("tunnel", TUNNEL)]
        moment = time.monotonic_ns()
        if not wait_for(lambda: self.log["device"].after(moment, TCP) and
                        self.log["device"].after(moment, TUNNEL), 10, 0.005):
            raise RuntimeError("an admitted device has no connections")
        return made

    def close(self, made):
        for one in made:
            one.popen.terminate()
            one.popen.wait()
            self.stand.running.remove(one)
        for log in self.log.values():
            log.forget()


def collect(into, figures):
    for what, ms in figures.items():
        into.setdefault(what, []).append(ms)


def change(stand, o):
    """Approved and revoked again: to the first packet, and to the last of three kinds."""
    site = Site(stand, o)
    first, answered, last = [], [], {}
    before = stand.lab.log("gated").count("loaded as a whole")
    for _ in range(o.events):
        request = site.admin.ask("POST", site.path("request"), WANTED)
        site.manager.ask("POST", site.path("approve"), {"permit": request["request"]["id"]})
        answered.append((time.monotonic_ns() - site.manager.sent) / 1e6)
        first.append(site.first(site.manager.sent))
        made = site.open()
        site.manager.ask("POST", site.path("revoke"), {"reason": "bench"})
        collect(last, site.last(site.manager.sent))
        site.close(made)
    figures = {"first packet": spread(first), "approval answered": spread(answered)}
    figures |= {f"last packet, {what}": spread(v) for what, v in last.items()}
    held, back = {}, []
    root = stand.root()
    root.ask("POST", site.path("approve"), WANTED)
    for _ in range(o.events // 2):
        site.first(time.monotonic_ns())
        made = site.open()
        site.manager.ask("POST", site.path("quarantine"), {"reason": "bench"})
        collect(held, site.last(site.manager.sent))
        site.close(made)
        moment = time.monotonic_ns()
        root.ask("POST", site.path("release"), {"reason": "bench"})
        back.append(site.first(moment))
    figures |= {f"quarantine, {what}": spread(v) for what, v in held.items()}
    figures["released"] = spread(back)
    figures["whole loads"] = {"count": stand.lab.log("gated").count("loaded as a whole") - before}
    stand.quiet()
    return figures



# --- the sensor ---

NOBODY = "02:00:00:00:00:99"
IMPOSTOR = "02:00:00:66:00:01"
ARP_RATE = 1000

# answers for the gateway's address: an event that counts its frames
ARPS = """
import socket, sys, time
mac, count, rate = bytes.fromhex(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
ip = socket.inet_aton(sys.argv[4])
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("eth0", 0))
frame = (b"\\xff" * 6 + mac + bytes.fromhex("0806" "0001" "0800" "06" "04" "0002") +
         mac + ip + b"\\xff" * 6 + ip).ljust(60, b"\\0")
begun = time.monotonic()
for n in range(count):
    time.sleep(max(0, begun + n / rate - time.monotonic()))
    s.send(frame)
"""


def flood(stand, rate, count):
    """Frames to somebody else, from core-pc."""
    return stand.run(topo.CORE, "flood", "bench_flood", "eth0", NOBODY, "10.10.0.100", 100, 1000,
                    CLAIMS4, 443, rate, count, stdout=subprocess.PIPE, text=True)


def told(one):
    """What bench_flood says at its end."""
    return json.loads(one.popen.communicate()[0])


def impostor_count(stand):
    """How many frames of the impostor's the sensor has counted; it tells a mgmtd that is new."""
    stand.lab.restart("mgmtd")
    count = 0

    def grown():
        nonlocal count
        alarms = stand.root().ask("GET", "/api/alarms")["alarms"]
        last, count = count, max((a["count"] for a in alarms if a["mac"] == IMPOSTOR), default=0)
        return count > 1 and count == last

    wait_for(grown, 15, 1)
    return count


def sensor(stand, o):
    """ARP beside a flood that is none of the sensor's business: all of it seen?"""
    if not wait_for(lambda: "listening on core0" in stand.lab.log("sensord"), 15):
        raise RuntimeError("sensord does not listen")
    stand.lab.wait_ready("sensord")
    stand.hurry()
    idle = [told(flood(stand, 0, o.flood))["ns"] for _ in range(o.rounds)]
    arps = int(ARP_RATE * o.seconds)
    pid, begun = stand.pid("sensord"), time.monotonic()
    cpu = procs.cpu_seconds([pid])
    beside = flood(stand, o.packets, int(o.packets * o.seconds))
    sent = subprocess.run(
        stand.lab.net.enter(topo.CORE) + [sys.executable, "-c", ARPS, IMPOSTOR.replace(":", ""),
                                          str(arps), str(ARP_RATE), "10.10.0.1"], check=False)
    if sent.returncode != 0:
        raise RuntimeError("ARP cannot be sent")
    said = told(beside)
    share = (procs.cpu_seconds([pid]) - cpu) / (time.monotonic() - begun)
    lost = next(p["lost"] for p in stand.root().ask("GET", "/api/status")["parts"]
                if p["name"] == "sensord")
    seen = impostor_count(stand)
    stand.lab.kill("sensord", hold=True)
    away = [told(flood(stand, 0, o.flood))["ns"] for _ in range(o.rounds)]
    stand.lab.release("sensord")
    stand.quiet()
    return {"arp": {"sent": arps, "seen": seen, "missed": arps - seen, "lost": lost,
                    "packets": said["sent"], "rate": said["sent"] / said["seconds"],
                    "cpu_percent": 100 * share},
            "packet": {"ns": min(idle), "ns_without": min(away)}}


# --- the register ---

def timed(figures, name, function):
    begun = time.monotonic()
    done = function()
    figures[name] = 1000 * (time.monotonic() - begun)
    return done


def rows(first, count):
    """A CSV file of devices."""
    lines = ["number,name,owner,kind,mac,interface"]
    for i in range(first, first + count):
        mac = ":".join(f"{i >> shift & 255:02x}" for shift in (32, 24, 16, 8, 0))
        lines.append(f"I-{i:06},端末 {i},係 {i % 97},business,06:{mac},office0")
    return "\n".join(lines) + "\n"


def register(stand, o):
    """100,000 devices: start, memory, lists."""
    figures = {}
    answer = timed(figures, "import_ms", lambda: stand.root().ask(
        "POST", "/api/assets/import", {"text": rows(1 << 24, o.imported)}))
    if answer["added"] != o.imported:
        raise RuntimeError(f"{answer['added']} of {o.imported} rows were imported")
    stand.fill(o.devices, o.devices // 2, 3)
    stand.hurry()
    figures["apply_ms"] = 1000 * stand.apply()
    starts = []
    for _ in range(o.rounds):
        stand.lab.kill("mgmtd", hold=True)
        starts.append(1000 * stand.start("mgmtd"))
    stand.hurry()
    figures["start"] = statistics.median(starts)
    figures["start_max"] = max(starts)
    pid = stand.pid("mgmtd")
    figures["pss_kib"] = procs.pss_kib([pid])
    root = stand.root()
    for name, path in (("devices_ms", "/api/devices"),
                       ("devices_1000_ms", "/api/devices?limit=1000"),
                       ("search_ms", "/api/devices?text=nobody"),
                       ("assets_ms", "/api/assets"),
                       ("assets_search_ms", "/api/assets?text=nobody"),
                       ("requested_ms", "/api/devices?requested=true")):
        timed(figures, name, lambda p=path: root.ask("GET", p))
    figures["pss_used_kib"] = procs.pss_kib([pid])
    ledger = stand.lab.root / "var/lib/sekisho/ledger"
    figures["ledger_mib"] = sum(f.stat().st_size for f in ledger.glob("ledger.db*")) / 2 ** 20
    figures |= {"devices": o.devices + o.imported, "cards": stand.cards + o.imported,
                "permits": o.devices // 2, "imported": o.imported}
    return {"register": figures}


ALL = {"change": change, "sensor": sensor, "register": register}
