# SPDX-License-Identifier: GPL-3.0-or-later
"""The firewall's figures against their goals, as a table, and what must never be."""

GOALS = (  # section, figure, key, what it is, unit, most
    ("load", "rules", "ms", "revision with 10,000 rules in force", "ms", 250),
    ("load", "elements", "ms", "revision with 100,000 set elements in force", "ms", 350),
    ("permit", "permit", "p99_ms", "one permit in or out, p99", "ms", 1),
    ("permit", "permit", "ms", "the same, median", "ms", None),
    ("permit", "as a whole", "p99_ms", "the same as a whole revision, p99", "ms", None),
    ("prove", "10,000 rules", "ms", "read-back and proof of 10,000 rules", "ms", 1000),
    ("prove", "typical", "ms", "read-back and proof of 12 zones, 300 flows, 1,000 devices", "ms",
     50),
    ("prove", "small", "ms", "read-back and proof of a small site", "ms", None),
    ("drift", "drift", "ms", "foreign rule undone", "ms", 1000),
    ("cut", "200 by mark", "ms", "200 of 120,000 connections cut by their mark", "ms", 50),
    ("cut", "200 by the kernel alone", "ms", "the same, flushed by a bare program",
     "ms", None),
    ("cut", "200 by revision", "ms", "the same by a whole revision without the permit", "ms",
     None),
    ("cut", "20000 by mark", "ms", "20,000 of 120,000 connections cut by their mark", "ms", 50),
    ("cut", "20000 by the kernel alone", "ms", "the same, flushed by a bare program", "ms", None),
    ("cut", "20000 by revision", "ms", "the same by a whole revision without the permit", "ms",
     None),
    ("packet", "ours", "x_empty", "forwarded packet, generator and all, times no rules", "", 1.1),
    ("packet", "ours, admission", "x_empty", "the same with admission", "", 1.1),
    ("packet", "tracked", "x_empty", "two rules of nft with connection tracking", "", None),
    ("packet", "ours", "x_tracked_without_generator",
     "ours, times these two rules, generator taken off", "", None),
)


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def goals(result):
    rows = []
    for section, figure, key, what, unit, most in GOALS:
        found = result["figures"].get(section, {}).get(figure)
        if found is None:
            continue
        if "na" in found:
            rows.append([what, most, None, None, found["na"]])
            continue
        rows.append([what, most, found[key], found.get("nft_ms"), unit])
    return rows


def text(result):
    lines = [f"{result['date']}, {result['rounds']} rounds. {result['machine']}. "
             f"{result['versions']['sekisho-gated']} ({result['versions']['commit']}), "
             f"{result['versions']['nft']}.", "", "| | want | seen | nft tool |",
             "|---|---:|---:|---:|"]
    for what, most, seen, nft, unit in goals(result):
        if seen is None:
            lines.append(f"| {what} | {most} | n/a: {unit} | - |")
            continue
        missed = most is not None and seen > most
        lines.append(f"| {what} | {'-' if most is None else f'{most} {unit}'.strip()} | "
                     + ("**" if missed else "") + f"{number(seen)} {unit}".strip()
                     + (": missed**" if missed else "")
                     + f" | {'-' if nft is None else number(nft) + ' ms'} |")
    for section, title in (("flows", "New flows"), ("denied", "Refused packets")):
        found = result["figures"].get(section)
        if not found:
            continue
        keys = list(next(iter(found.values())))
        lines += ["", f"### {title}", "", "| | " + " | ".join(keys) + " |",
                  "|---|" + "---:|" * len(keys)]
        lines += [f"| {name} | " + " | ".join(number(row[k]) if isinstance(row[k], float)
                                              else f"{row[k]:,}" for k in keys) + " |"
                  for name, row in found.items()]
    found = result["figures"].get("packet")
    if found:
        lines += ["", "### A forwarded packet", "", "| | ns (least-greatest) | times no rules |"
                  " the same, generator taken off |", "|---|---:|---:|---:|"]
        lines += [f"| {name} | {row['ns']:,.0f} ({row['least']:,.0f}-{row['most']:,.0f}) | "
                  f"{row['x_empty']:.2f} | "
                  + (f"{row['x_empty_without_generator']:.2f} |"
                     if "x_empty_without_generator" in row else "- |")
                  for name, row in found.items()]
    return "\n".join(lines) + "\n"


def failures(result):
    """Not speed: what was lost without being counted, and what did not work at all."""
    found = [f"{name}: {why}" for name, why in result["failed"].items()]
    for name, row in result["figures"].get("flows", {}).items():
        if row["opened"] + row["gaps"] < row["flows"]:
            found.append(f"new flows, {name}: {row['flows']} begun, {row['opened']} recorded, "
                         f"{row['gaps']} in gaps")
        if row["opened"] == row["flows"] and row["closed"] < row["flows"]:
            found.append(f"new flows, {name}: {row['closed']} ends of {row['flows']}")
    for name, row in result["figures"].get("denied", {}).items():
        if row["counted"] + row["gaps"] < row["packets"]:
            found.append(f"{name}: {row['packets']} refused, {row['counted']} counted, "
                         f"{row['gaps']} in gaps")
        if row["opened"] + row["gaps"] < row["flows"]:
            found.append(f"{name}: {row['flows']} flows begun, {row['opened']} recorded")
    return found
