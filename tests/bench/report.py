# SPDX-License-Identifier: GPL-3.0-or-later
"""Medians, ratios within rounds, the goals, and tables (Markdown) of all that."""
import datetime
import os
import pathlib
import platform
import statistics

OURS = "sekisho-proxyd"
COPY, SPLICE = "relay-copy", "relay-splice"
LIMITS = (COPY, SPLICE)
STEADY = ("connect", "offered", "http", "http_stay", "bulk", "deny")
TITLES = {
    "connect": "New CONNECT tunnels, 64 at a time",
    "offered": "New CONNECT tunnels, {rate} a second offered (Poisson, from the scheduled start)",
    "http": "Plain HTTP, 64 kept connections, each to 16 sites in turn",
    "http_stay": "Plain HTTP, 64 kept connections, each to one site",
    "bulk": "Bulk, 16 tunnels",
    "deny": "Denied CONNECT, 64 at a time",
}


def machine():
    model = next((line.partition(":")[2].strip()
                  for line in pathlib.Path("/proc/cpuinfo").read_text("utf-8").splitlines()
                  if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2 ** 30
    release = pathlib.Path("/etc/debian_version").read_text("ascii").strip()
    return (f"{os.cpu_count()} CPUs ({model}), {memory:.0f} GiB, Linux {platform.release()}, "
            f"Debian {release}")


def collect(run):
    result = {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "machine": machine(), "rounds": run.args.rounds, "seconds": run.args.seconds,
        "rate": run.args.rate, "short": run.args.short, "descriptors": run.files,
        "windows_repeated": run.bench.repeated,
        "windows_kept_disturbed": run.bench.kept_disturbed,
        "contenders": [c.name for c in run.list],
        "versions": {c.name: list(c.version()) for c in run.list},
        "reloaded_by": {c.name: c.how_reloaded for c in run.list if c.filters},
        "results": run.results,
    }
    result["goals"] = Goals(result).all()
    return result


class Figures:
    """The results by section, contender and round; a disturbed window counts only where
    fewer than half of the rounds were clean."""

    def __init__(self, result):
        self.rows = result["results"]
        self.names = result["contenders"]
        self.rivals = [n for n in self.names if n != OURS and n not in LIMITS]
        self.rounds = range(result["rounds"])

    def rounds_of(self, section, name, key):
        """{round: value}, and whether disturbed windows are among them."""
        rows = {r["round"]: r for r in self.rows
                if r["section"] == section and r["contender"] == name
                and r.get(key) is not None}
        clean = {n: r for n, r in rows.items() if not r.get("disturbed")}
        use = clean if 2 * len(clean) >= len(rows) else rows
        return {n: r[key] for n, r in use.items()}, use is not clean

    def median(self, section, name, key):
        values, _ = self.rounds_of(section, name, key)
        return statistics.median(values.values()) if values else None

    def spread(self, section, name, key, digits):
        values, disturbed = self.rounds_of(section, name, key)
        if not values:
            return "-"
        values = values.values()
        text = number(statistics.median(values), digits)
        if len(values) > 1:
            text += f" ({number(min(values), digits)}–{number(max(values), digits)})"
        return text + ("*" if disturbed else "")

    def ratio(self, section, key, name, other):
        """Median of the ratios within rounds; other: a name, or max or min over the rivals."""
        mine, _ = self.rounds_of(section, name, key)
        if callable(other):
            theirs = {}
            for rival in self.rivals:
                if rival != name:
                    for n, v in self.rounds_of(section, rival, key)[0].items():
                        theirs[n] = other(v, theirs[n]) if n in theirs else v
        else:
            theirs, _ = self.rounds_of(section, other, key)
        ratios = [mine[n] / theirs[n] for n in mine if theirs.get(n)]
        if not ratios and mine and theirs:  # no round in which both were clean
            ratios = [statistics.median(mine.values()) / statistics.median(theirs.values())]
        return statistics.median(ratios) if ratios else None

    def na(self, section, name):
        return next((r["na"] for r in self.rows if r["section"] == section
                     and r["contender"] == name and r.get("na")), None)

    def of(self, section, name):
        return [r for r in self.rows if r["section"] == section and r["contender"] == name
                and not r.get("na")]


def number(value, digits=None):
    if value is None:
        return "-"
    if digits is None:
        digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |",
             "|---|" + "---:|" * (len(head) - 1)]
    return "\n".join(lines + ["| " + " | ".join(r) + " |" for r in rows])


class Goals:
    """What issue and design ask for, each met, missed or not measured."""

    def __init__(self, result):
        self.f = Figures(result)
        self.out = []

    def _goal(self, name, figure, limit, at_least=False, unit=""):
        verdict = ("not measured" if figure is None else
                   "met" if (figure >= limit if at_least else figure <= limit) else "missed")
        self.out.append({"goal": name, "figure": figure, "limit": limit,
                         "want": "at least" if at_least else "at most", "unit": unit,
                         "verdict": verdict})

    def all(self):
        f, g = self.f, self._goal
        g("new tunnel: CPU, times the copy relay's",
          f.ratio("connect", "cpu_us", OURS, COPY), 1.15)
        g("new tunnels: rate, times the best rival's",
          f.ratio("connect", "per_s", OURS, max), 1.15, True)
        g("new tunnels: rate, times Squid's",
          f.ratio("connect", "per_s", OURS, "squid"), 1.9, True)
        g("HTTP: CPU a request, times the copy relay's",
          f.ratio("http", "cpu_us", OURS, COPY), 1.5)
        g("HTTP: rate, times the best rival's", f.ratio("http", "per_s", OURS, max), 1.4, True)
        g("bulk: CPU a GiB, times the splice relay's",
          f.ratio("bulk", "cpu_s_gib", OURS, SPLICE), 1.1)
        g("1,000 tunnels/s: p50, times the best rival's",
          f.ratio("offered", "p50_us", OURS, min), 1.0)
        g("1,000 tunnels/s: p99, times the best rival's",
          f.ratio("offered", "p99_us", OURS, min), 1.0)
        g("idle tunnel: own memory", f.median(self._idle(), OURS, "kib_tunnel"), 1.0,
          unit="KiB")
        self._open_at_once()
        g("denial: CPU, times the cheapest rival's", f.ratio("deny", "cpu_us", OURS, min), 0.8)
        self._million()
        self._reload()
        return self.out

    def _open_at_once(self):
        """Not judged where this machine's limits end before the goal does."""
        got = self.f.of("idle-20000", OURS)
        limited = bool(got) and got[-1]["open"] == got[-1]["tried"] < 20000
        self._goal("idle tunnels open at once" + (
            f" (this machine's limits: {got[-1]['tried']:,}, all open)" if limited else ""),
                   got[-1]["open"] if got and not limited else None, 20000, True)

    def _idle(self):
        """The largest number of tunnels that was tried and held."""
        sizes = sorted((int(r["section"][5:]) for r in self.f.rows
                        if r["section"].startswith("idle-") and not r.get("na")
                        and r["contender"] == OURS), reverse=True)
        return f"idle-{sizes[0]}" if sizes else "idle"

    def _million(self):
        f, g = self.f, self._goal
        few, many = (f.median(f"sizes-{n}", OURS, "per_s") for n in (100, 1_000_000))
        g("1,000,000 names: rate, times that with 100", many / few if few and many else None,
          0.98, True)
        g("1,000,000 names: compiled", f.median("sizes-1000000", OURS, "compiled_s"), 2.0,
          unit="s")
        few, many = (f.median(f"sizes-{n}", OURS, "start_s") for n in (100, 1_000_000))
        g("1,000,000 names: mapped (start, beyond that with 100)",
          many - few if few and many else None, 0.05, unit="s")
        g("1,000,000 names: memory in all", f.median("sizes-1000000", OURS, "pss_mib"), 64,
          unit="MiB")

    def _reload(self):
        rows = self.f.of("reload", OURS)
        failed = sum(sum(e.values()) for r in rows for e in r["errors"].values())
        self._goal("list exchanged under load: failed requests", failed if rows else None, 0)
        self._goal("list exchanged under load: withdrawn or denied names let through",
                   sum(r["through"] for r in rows) if rows else None, 0)


# --- text ---

def steady_table(f, section):
    if section == "bulk":
        keys = (("Gbit/s", "gbit_s", None), ("CPU s/GiB", "cpu_s_gib", 3))
    elif section == "offered":
        keys = (("p50 µs", "p50_us", 0), ("p99 µs", "p99_us", 0), ("CPU µs each", "cpu_us", 1))
    else:
        keys = (("a second", "per_s", 0), ("CPU µs each", "cpu_us", 1))
    rate, cost = keys[0][1], keys[-1][1]
    best = min if section == "offered" else max
    word = {"offered": "p50"}.get(section, "rate")
    head = ([""] + [k[0] for k in keys] + [f"{word} × best rival"]
            + [f"CPU × {n}" for n in LIMITS if section != "deny"]
            + ["CPU × best rival", "CPUs: proxy / load"] + (["errors"]))
    rows = []
    for name in f.names:
        why = f.na(section, name)
        if not f.of(section, name):
            if why:
                rows.append([name, "n/a: " + why] + [""] * (len(head) - 2))
            continue
        errors = {}
        for r in f.of(section, name):
            for kind, count in r["errors"].items():
                errors[kind] = errors.get(kind, 0) + count
        used = " / ".join(number(f.median(section, name, k), 2)
                          for k in ("proxy_cpu", "generator_cpu"))
        rival = name not in LIMITS
        rows.append([name] + [f.spread(section, name, key, digits) for _, key, digits in keys]
                    + [number(f.ratio(section, rate, name, best), 2) if rival else "-"]
                    + [number(f.ratio(section, cost, name, n), 2)
                       for n in LIMITS if section != "deny"]
                    + [number(f.ratio(section, cost, name, min), 2) if rival else "-", used]
                    + [", ".join(f"{n} {k}" for k, n in sorted(errors.items())) or "0"])
    return table(head, rows)


def idle_table(f, section):
    rows = []
    for name in f.names:
        got = f.of(section, name)
        if got:
            rows.append([name, f"{got[-1]['open']} of {got[-1]['tried']}", number(got[-1]["pss_before_mib"], 1),
                         number(got[-1]["pss_mib"], 1),
                         f.spread(section, name, "kib_tunnel", 2),
                         f"{got[-1]['good']}/{got[-1]['sample']}"])
        elif f.na(section, name):
            rows.append([name, "n/a: " + f.na(section, name), "", "", "", ""])
    return table(["", "open", "PSS MiB before", "PSS MiB with", "KiB a tunnel",
                  "still good (sample)"], rows)


def sizes_table(f):
    rows = []
    for name in f.names:
        for count in (100, 10_000, 1_000_000):
            section = f"sizes-{count}"
            if f.of(section, name):
                few = f.median("sizes-100", name, "per_s")
                rate = f.median(section, name, "per_s")
                rows.append([name, number(count, 0)] +
                            [number(f.median(section, name, k), d) for k, d in
                             (("compiled_s", 3), ("start_s", 3), ("pss_mib", 1),
                              ("pss_after_mib", 1), ("per_s", 0))]
                            + [number(rate / few if few and rate else None, 2),
                               number(f.median(section, name, "reload_s"), 3)])
            elif f.na(section, name):
                rows.append([name, number(count, 0), "n/a: " + f.na(section, name)] + [""] * 6)
    return table(["", "names", "compiled s", "start s", "PSS MiB", "after reload",
                  "tunnels/s", "× own at 100", "reload s"], rows)


def reload_table(f, how):
    rows = []
    for name in f.names:
        got = f.of("reload", name)
        if not got:
            if f.na("reload", name):
                rows.append([name, "n/a: " + f.na("reload", name)] + [""] * 6)
            continue
        failed = {}
        for r in got:
            for stream, errors in r["errors"].items():
                for kind, count in errors.items():
                    failed[f"{stream} {kind}"] = failed.get(f"{stream} {kind}", 0) + count
        slowest = max(v for r in got for v in r["slowest_ms"].values())
        problem = "; ".join(sorted({r["problem"] for r in got if r["problem"]}))
        rows.append([name, how.get(name, ""),
                     f"{sum(r['took_effect'] for r in got)} of {sum(r['of'] for r in got)}",
                     number(f.median("reload", name, "effect_s"), 3),
                     (", ".join(f"{n} {k}" for k, n in sorted(failed.items())) or "0")
                     + (f" ({problem})" if problem else ""),
                     str(sum(r["through"] for r in got)), number(slowest, 0),
                     "yes" if all(r["alive"] for r in got) else "NO"])
    return table(["", "how", "took effect", "after s", "failed", "let through", "slowest ms",
                  "alive after"], rows)


def goals_table(result):
    return table(["goal", "want", "figure", ""],
                 [[g["goal"], f"{g['want']} {number(g['limit'])} {g['unit']}".strip(),
                   number(g["figure"], 3 if g["unit"] == "s" else None), g["verdict"]]
                  for g in result["goals"]])


def text(result):
    f = Figures(result)
    ran = {r["section"] for r in result["results"]}
    parts = [f"{result['date']}, {result['rounds']} rounds, windows of {result['seconds']:g} s. "
             f"{result['machine']}. {result['descriptors']} descriptors a process. "
             f"Disturbed windows: {result['windows_repeated']} repeated, "
             f"{result['windows_kept_disturbed']} kept.",
             table(["", "version", "package"],
                   [[n, v[0] or "-", v[1] or "-"] for n, v in result["versions"].items()])]
    for section in STEADY:
        if section in ran:
            parts += ["### " + TITLES[section].format(rate=f"{result['rate']:,}"),
                      steady_table(f, section)]
    if "verify" in ran:
        wrong = [r["contender"] for r in result["results"]
                 if r["section"] == "verify" and not r.get("right")]
        parts.append("80 MiB compared byte by byte: "
                     + ("wrong or cut short: " + ", ".join(wrong) if wrong
                        else "right for all."))
    silent = [r["contender"] for r in result["results"]
              if r["section"] == "records" and r.get("na")]
    if silent:
        parts.append("Nothing was recorded by: " + ", ".join(silent))
    for section in sorted((s for s in ran if s.startswith("idle-")), key=lambda s: int(s[5:])):
        parts += [f"### {int(section[5:]):,} idle tunnels", idle_table(f, section)]
    if any(s.startswith("sizes-") for s in ran):
        parts += ["### Size of the allowlist", sizes_table(f)]
    if "reload" in ran:
        parts += ["### Allowlist exchanged under load", reload_table(f, result["reloaded_by"])]
    if OURS in f.names and f.rivals:
        parts += ["### Goals", goals_table(result)]
    return "\n\n".join(parts) + "\n"


def failures(result):
    """What did not work at all, of our own programs; how fast it was is no matter here."""
    out = []
    for r in result["results"]:
        where = f"{r['contender']}, {r['section']}"
        if r["contender"] not in (OURS, *LIMITS):
            continue
        if r.get("na"):
            if r["section"] != "sizes-1000000":
                out.append(f"{where}: {r['na']}")
            continue
        if r.get("errors"):
            out.append(f"{where}: {r['errors']}")
        if r.get("through"):
            out.append(f"{where}: {r['through']} let through")
        if "per_s" in r and not r["per_s"]:
            out.append(f"{where}: nothing done")
        if r["section"] == "verify" and not r["right"]:
            out.append(f"{where}: the content is not right")
        if r["section"] == "reload" and r["took_effect"] < r["of"]:
            out.append(f"{where}: {r['took_effect']} of {r['of']} took effect {r['problem']}")
        if r.get("good", 0) < r.get("sample", 0):
            out.append(f"{where}: {r['good']} of {r['sample']} tunnels still good")
    return out
