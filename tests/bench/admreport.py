# SPDX-License-Identifier: GPL-3.0-or-later
"""Admission's figures against their goals, as tables, and what must never be."""

GOALS = (  # section, figure, key, what it is, unit, most
    ("change", "first packet", "p99", "approval to first packet, p99", "ms", 20),
    ("change", "last packet, udp", "p99", "revocation to last packet, routed UDP, p99", "ms", 100),
    ("change", "last packet, tcp", "p99", "the same, an open TCP connection, p99", "ms", 100),
    ("change", "last packet, tunnel", "p99", "the same, a tunnel through proxyd, p99", "ms", 100),
    ("change", "quarantine, udp", "p99", "quarantine to last packet, routed UDP, p99", "ms", 100),
    ("change", "quarantine, tcp", "p99", "the same, an open TCP connection, p99", "ms", 100),
    ("change", "quarantine, tunnel", "p99", "the same, a tunnel through proxyd, p99", "ms", 100),
    ("sensor", "arp", "missed", "ARP missed beside the flood", "", 0),
    ("sensor", "arp", "cpu_percent", "sensord beside the flood", "% of a CPU", None),
    ("register", "register", "start", "start of mgmtd after kill -9", "ms", 2000),
    ("register", "register", "pss_kib", "its memory (PSS) then", "KiB", None),
)
ROWS = {
    "sensor": ("The sensor", "arp", (
        ("packets", "unrelated packets sent"), ("rate", "a second"), ("sent", "ARP sent"),
        ("seen", "ARP seen"), ("lost", "sensord's own count of losses"))),
    "register": ("The register", "register", (
        ("devices", "devices"), ("cards", "cards"), ("permits", "devices with a permit"),
        ("ledger_mib", "ledger, MiB"), ("imported", "of them by CSV"),
        ("import_ms", "their import, ms"), ("apply_ms", "a whole revision in force, ms"),
        ("start_max", "slowest start, ms"), ("devices_ms", "page of 100 cards, ms"),
        ("devices_1000_ms", "page of 1,000 cards, ms"),
        ("search_ms", "a word that no card has, ms"),
        ("assets_ms", "page of 100 devices, ms"),
        ("assets_search_ms", "a word that no device has, ms"),
        ("requested_ms", "cards with an open request, ms"),
        ("pss_used_kib", "memory after these, KiB"))),
}


def number(value):
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.2f}"


def goals(result):
    return [[what, most, result["figures"][section][figure][key], unit]
            for section, figure, key, what, unit, most in GOALS
            if figure in result["figures"].get(section, {})]


def text(result):
    lines = [f"{result['date']}, load average {result['load'][0]:.1f}. {result['machine']}. "
             f"{result['versions']['sekisho-mgmtd']} ({result['versions']['commit']}).", "",
             "| | want | seen |", "|---|---:|---:|"]
    for what, most, seen, unit in goals(result):
        missed = most is not None and seen > most
        lines.append(f"| {what} | {'-' if most is None else f'{most} {unit}'.strip()} | "
                     + ("**" if missed else "") + f"{number(seen)} {unit}".strip()
                     + (": missed** |" if missed else " |"))
    found = result["figures"].get("change")
    if found:
        lines += ["", "### Approved, revoked, isolated", "",
                  "| ms | p50 | p99 | greatest | events |", "|---|---:|---:|---:|---:|"]
        lines += [f"| {name} | {row['p50']:.1f} | {row['p99']:.1f} | {row['max']:.1f} | "
                  f"{row['events']} |" for name, row in found.items() if "p50" in row]
    for section, (title, figure, rows) in ROWS.items():
        found = result["figures"].get(section, {}).get(figure)
        if found:
            lines += ["", f"### {title}", "", "| | |", "|---|---:|"]
            lines += [f"| {what} | {number(found[key])} |" for key, what in rows]
    found = result["figures"].get("sensor")
    if found:
        lines += [f"| a packet with sensord, without, ns | {found['packet']['ns']:.0f}, "
                  f"{found['packet']['ns_without']:.0f} |"]
    return "\n".join(lines) + "\n"


def failures(result):
    """Not speed: what was missed without being told, and what did not work at all."""
    found = [f"{name}: {why}" for name, why in result["failed"].items()]
    arp = result["figures"].get("sensor", {}).get("arp")
    if arp and arp["missed"] > arp["lost"]:
        found.append(f"sensord missed {arp['missed']} of {arp['sent']} ARP frames and told of "
                     f"{arp['lost']}")
    whole = result["figures"].get("change", {}).get("whole loads", {}).get("count", 0)
    if whole:
        found.append(f"gated loaded {whole} small revisions as a whole")
    return found
