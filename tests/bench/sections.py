# SPDX-License-Identifier: GPL-3.0-or-later
"""The measurements. Each takes a running contender and returns figures as a dict."""
import json
import os
import pathlib
import subprocess
import threading
import time

import contenders
import net
import procs
from contenders import Refused

DISTURBED = 0.10  # of one CPU, used by programs that are not part of the bench
DENIED = f"denied.{net.DOMAIN}"


def all_names(count):
    return [f"n{i:07d}.{net.DOMAIN}" for i in range(count)]


def asked_names(count):
    """16 names spread evenly through the list."""
    return [f"n{(2 * i + 1) * count // 32:07d}.{net.DOMAIN}" for i in range(16)]


class Bench:
    """The fixed parts: origin, name server, and how a load is run."""

    def __init__(self, scratch, programs, files, options):
        self.dir = pathlib.Path(scratch)
        self.programs = programs
        self.files = files
        self.options = options
        self.fixed = []
        self.kept_disturbed = self.repeated = 0

    def up(self):
        self.fixed.append(procs.Process([self.programs / "bench_origin"],
                                        self.dir / "origin.log", "1", self.files))
        lines = [f"address=/{net.DOMAIN}/{net.origin(0)}"]
        for count in (100, 10_000, 1_000_000):
            lines += [f"address=/{n}/{net.origin(i)}" for i, n in enumerate(asked_names(count))]
        (self.dir / "dnsmasq.conf").write_text("\n".join(lines + [
            "no-resolv", "no-hosts", "local-ttl=60", f"listen-address={net.RESOLVER}",
            "bind-interfaces", "user=root", "pid-file=", "dns-forward-max=10000", ""]),
            encoding="ascii")
        self.fixed.append(procs.Process(
            ["dnsmasq", "-k", "-C", self.dir / "dnsmasq.conf"], self.dir / "dns.log", "1", 4096))

    def down(self):
        for process in self.fixed:
            process.end()

    def names_file(self, count):
        path = self.dir / f"asked-{count}"
        path.write_text("".join(f"{n}\n" for n in asked_names(count)), encoding="ascii")
        return path

    def load(self, words, count=100, direct=False, **more):
        """Start bench_load; its window begins and ends with a line of output."""
        target = (["--direct", net.origin(0)] if direct
                  else ["--proxy", f"{net.PROXY}:{net.PORT}"])
        return procs.Process(
            [self.programs / "bench_load", *target, "--names", self.names_file(count),
             "--denied", DENIED, "--sources", f"{net.SOURCES}/{net.SOURCE_COUNT}", *words],
            self.dir / "load.log", "1", self.files, stdout=subprocess.PIPE, text=True, **more)

    def others(self, contender, load):
        """Seconds of CPU used on this machine by programs outside the bench."""
        ours = [load.pid, os.getpid()] + [p.pid for p in self.fixed]
        return procs.machine_busy() - procs.cpu_seconds(ours) - contender.cpu()

    def _window(self, contender, words, warm, seconds, count):
        contender.tidy()
        load = self.load(["--warm", str(int(warm * 1000)), "--time", str(int(seconds * 1000)),
                          *words], count)
        samples = []
        for line in load.popen.stdout:
            if line.strip() in ("begin", "end"):
                samples.append((time.monotonic(), procs.busy(0), self.others(contender, load),
                                procs.cpu_seconds([load.pid, self.fixed[0].pid])))
            else:
                streams = json.loads(line)
        load.popen.wait()
        if load.popen.returncode != 0 or len(samples) != 2:
            raise Refused(f"the load generator ended with {load.popen.returncode}: "
                          + (self.dir / "load.log").read_text(encoding="utf-8")[-200:])
        (t0, c0, o0, g0), (t1, c1, o1, g1) = samples
        figures = {"streams": streams, "cpu_s": c1 - c0, "wall_s": t1 - t0,
                   "foreign": (o1 - o0) / (t1 - t0), "generator": (g1 - g0) / (t1 - t0)}
        figures["disturbed"] = figures["foreign"] > DISTURBED
        return figures

    def window(self, contender, words, warm=0.5, seconds=None, count=100):
        """Run once; again when others were busy on this machine."""
        seconds = seconds or self.options.seconds
        best = None
        for attempt in range(1 + self.options.repeats):
            if attempt:
                self.repeated += 1
            figures = self._window(contender, words, warm, seconds, count)
            if best is None or figures["foreign"] < best["foreign"]:
                best = figures
            if not best["disturbed"]:
                break
        self.kept_disturbed += best["disturbed"]
        return best


def common(w, stream, done):
    return {"per_s": done / stream["seconds"] if stream["seconds"] else 0.0,
            "cpu_us": w["cpu_s"] * 1e6 / done if done else None,
            "p50_us": stream["p50_us"], "p99_us": stream["p99_us"],
            "proxy_cpu": w["cpu_s"] / w["wall_s"], "generator_cpu": w["generator"],
            "disturbed": w["disturbed"], "errors": stream["errors"]}


def closed_loop(bench, contender, kind, count=100, how="", **more):
    w = bench.window(contender, [f"{kind}:64{how}"], count=count, **more)
    stream = w["streams"][0]
    figures = common(w, stream, stream["done"])
    figures["through"] = stream["through"]
    figures["reconnects"] = stream["reconnects"] / stream["done"] if stream["done"] else 0
    return figures


def connect(bench, contender):
    return closed_loop(bench, contender, "tunnel")


def offered(bench, contender):
    w = bench.window(contender, [f"tunnel:2048:rate={bench.options.rate}"])
    stream = w["streams"][0]
    figures = common(w, stream, stream["done"])
    figures["head_p50_us"] = stream["head_p50_us"]
    return figures


def http(bench, contender):
    return closed_loop(bench, contender, "http")


def http_stay(bench, contender):
    return closed_loop(bench, contender, "http", how=":stay")


def deny(bench, contender):
    return closed_loop(bench, contender, "deny")


def bulk(bench, contender):
    w = bench.window(contender, ["bulk:16"])
    stream = w["streams"][0]
    gib = stream["bytes"] / 2 ** 30
    return {"gbit_s": stream["bytes"] * 8e-9 / stream["seconds"],
            "cpu_s_gib": w["cpu_s"] / gib if gib else None,
            "proxy_cpu": w["cpu_s"] / w["wall_s"], "generator_cpu": w["generator"],
            "disturbed": w["disturbed"], "errors": stream["errors"]}


def verify(bench, contender):
    """80 MiB of the stream, compared byte by byte."""
    load = bench.load(["--warm", "1", "--time", "20000", "verify:1"])
    out = load.popen.stdout.read()
    load.popen.wait()
    stream = json.loads(out.splitlines()[-1])[0]
    return {"right": stream["done"] == 1, "errors": stream["errors"]}


def settle(contender):
    """Memory, once it does not move any more."""
    last = contender.pss()
    for _ in range(20):
        time.sleep(0.1)
        now = contender.pss()
        if abs(now - last) <= last // 500:
            return now
        last = now
    return last


def records(_bench, contender):
    size = contender.records()
    return {"bytes": size} if size > 1000 else {"na": "nothing was recorded"}


def idle(bench, contender, tunnels):
    wanted = tunnels
    tunnels = min(wanted, (contender.nofile - 1000) // 2)  # two descriptors each
    before = settle(contender)
    load = bench.load(["--hold", f"echo:{tunnels}"], stdin=subprocess.PIPE)
    try:
        opened = json.loads(load.popen.stdout.readline())[0]
        if opened["opened"] == 0:
            return {"na": f"none opened: {opened['errors']}"}
        after = settle(contender)
        cpu = contender.cpu()
        time.sleep(1.0)
        cpu = contender.cpu() - cpu
        sample = min(200, tunnels)
        load.popen.stdin.write(f"{sample}\n")
        load.popen.stdin.flush()
        good = json.loads(load.popen.stdout.readline())[0]["done"]
    finally:
        load.end()
    return {"wanted": wanted, "tried": tunnels, "open": opened["opened"],
            "errors": opened["errors"],
            "pss_before_mib": before / 1024, "pss_mib": after / 1024,
            "kib_tunnel": (after - before) / opened["opened"], "idle_cpu": cpu,
            "good": good, "sample": sample}


def sizes(bench, contender, count):
    """The contender is stopped; it is started with a list of that size."""
    if count >= 1_000_000 and contender.too_large:
        return {"na": contender.too_large}
    names = all_names(count)
    asked = asked_names(count)
    contender.prepare(names)
    compiled = contender.compiled_in
    try:
        contender.start(asked[-1], patience=120)
        figures = closed_loop(bench, contender, "tunnel", count=count,
                              seconds=min(bench.options.seconds, 2))
        pss = contender.pss()
        extra = f"added.{net.DOMAIN}"
        begun = time.monotonic()
        contender.reload(names + [extra])
        while contenders.ask(extra) != 200:
            if time.monotonic() - begun > 60:
                begun = None
                break
            time.sleep(0.005)
        took = None if begun is None else time.monotonic() - begun
        return {"compiled_s": compiled, "start_s": contender.started_in, "pss_mib": pss / 1024,
                "pss_after_mib": contender.pss() / 1024, "per_s": figures["per_s"],
                "reload_s": took, "errors": figures["errors"],
                "disturbed": figures["disturbed"]}
    finally:
        contender.stop()


RELOADS, RELOAD_PAUSE, RELOAD_PATIENCE = 3, 1.0, 12.0


class Exchange(threading.Thread):
    """Exchange the list a few times: each time one name comes and one is withdrawn."""

    def __init__(self, contender, names):
        super().__init__()
        self.contender, self.names = contender, names
        self.took, self.wrong, self.problem = [], 0, ""

    def _moving(self, number):
        return f"moving{number}.{net.DOMAIN}"

    def run(self):
        try:
            for number in range(1, RELOADS + 1):
                time.sleep(RELOAD_PAUSE)
                begun = time.monotonic()
                self.contender.reload(self.names + [self._moving(number)])
                if self._wait(number, begun):
                    self.took.append(time.monotonic() - begun)
                    for _ in range(20):  # withdrawn is withdrawn, in every process
                        self.wrong += contenders.ask(self._moving(number - 1)) == 200
        except (Refused, OSError, subprocess.SubprocessError) as why:
            self.problem = str(why)

    def _wait(self, number, begun):
        while time.monotonic() - begun < RELOAD_PATIENCE:
            if (contenders.ask(self._moving(number)) == 200
                    and contenders.ask(self._moving(number - 1)) not in (0, 200)):
                return True
            time.sleep(0.005)
        return False


def reload(bench, contender):
    """The contender is stopped; it is started with 10,000 names and "moving0"."""
    names = all_names(10_000)
    contender.prepare(names + [f"moving0.{net.DOMAIN}"])
    try:
        contender.start(asked_names(10_000)[-1], patience=60)
        words = ["echo:100:every=50", "http:8:every=40", "tunnel:512:rate=200",
                 "deny:128:rate=50"]
        seconds = RELOADS * RELOAD_PAUSE + (22 if contender.name == "trafficserver" else 2)
        exchange = Exchange(contender, names)
        load = bench.load(["--warm", "1000", "--time", str(int(seconds * 1000)), *words],
                          10_000)
        for line in load.popen.stdout:
            if line.strip() == "begin":
                exchange.start()
            elif line.strip() != "end":
                streams = {s["kind"]: s for s in json.loads(line)}
        load.popen.wait()
        exchange.join()
        return {"took_effect": len(exchange.took), "of": RELOADS,
                "effect_s": sorted(exchange.took)[len(exchange.took) // 2]
                if exchange.took else None,
                "errors": {kind: s["errors"] for kind, s in streams.items() if s["errors"]},
                "done": {kind: s["done"] for kind, s in streams.items()},
                "through": streams["deny"]["through"] + exchange.wrong,
                "slowest_ms": {kind: s["max_us"] / 1000 for kind, s in streams.items()},
                "problem": exchange.problem, "alive": contender.process.alive()}
    finally:
        contender.stop()
