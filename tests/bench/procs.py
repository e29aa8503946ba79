# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes of the bench: started, weighed, ended; always by number, never by name."""
import os
import pathlib
import signal
import subprocess
import time

TICK = os.sysconf("SC_CLK_TCK")
NICE = -20  # others on this machine wait, all contenders alike


def stat_of(pid):
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()  # [0] is state, [1] ppid, [3] session


def tree(root):
    """root, its descendants, and whoever shares its session."""
    stats = {int(p): stat_of(p) for p in os.listdir("/proc") if p.isdigit()}
    found = {root}
    while True:
        more = {pid for pid, s in stats.items() if s and pid not in found and
                (int(s[1]) in found or int(s[3]) == root)}
        if not more:
            return sorted(pid for pid in found if stats.get(pid))
        found |= more


def cpu_seconds(pids):
    """All threads, and children that have ended and were waited for."""
    total = 0
    for pid in pids:
        fields = stat_of(pid)
        if fields:
            total += sum(int(v) for v in fields[11:15])
    return total / TICK


def machine_busy():
    """Seconds of all CPUs in programs (interrupts are not counted)."""
    with open("/proc/stat", encoding="ascii") as f:
        fields = [int(v) for v in f.readline().split()[1:]]
    return (fields[0] + fields[1] + fields[2]) / TICK


def busy(cpu):
    """Seconds that one CPU worked, interrupts included: packets are work of whoever happens to
    run, or of the kernel's own threads, and so missing in the figures of a single process."""
    with open("/proc/stat", encoding="ascii") as f:
        fields = next(line.split() for line in f if line.startswith(f"cpu{cpu} "))
    return sum(int(fields[i]) for i in (1, 2, 3, 6, 7)) / TICK


def pss_kib(pids):
    total = 0
    for pid in pids:
        try:
            text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in text.splitlines()
                     if line.startswith("Pss:"))
    return total


def hurry(session):
    """With autogroups nice counts inside a session only."""
    try:
        pathlib.Path(f"/proc/{session}/autogroup").write_text(f"{NICE}\n", encoding="ascii")
    except OSError:
        pass


class Process:
    """A program in a session of its own."""

    def __init__(self, argv, log, cpus, nofile, **more):
        words = ["nice", "-n", str(NICE), "taskset", "-c", cpus,
                 "prlimit", f"--nofile={nofile}", "--"] + list(argv)
        with open(log, "ab") as out:
            more.setdefault("stdout", out)
            self.popen = subprocess.Popen(  # pylint: disable=consider-using-with
                words, stderr=out, start_new_session=True, **more)
        self.pid = self.popen.pid
        hurry(self.pid)

    def pids(self):
        return tree(self.pid)

    def alive(self):
        return self.popen.poll() is None

    def end(self):
        pids = self.pids()
        for number, wait in ((signal.SIGTERM, 3.0), (signal.SIGKILL, 3.0)):
            if self.popen.poll() is None:
                self.popen.send_signal(number)
            until = time.monotonic() + wait
            while self.popen.poll() is None and time.monotonic() < until:
                time.sleep(0.01)
            if self.popen.poll() is not None:
                break
        for pid in pids[1:]:  # what it left behind, if it is still the same session
            fields = stat_of(pid)
            if fields and fields[0] != "Z" and int(fields[3]) == self.pid:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass


def max_files(wanted):
    """As many descriptors a process as the limits allow, up to wanted."""
    for number in (wanted, 40000, 20000, 10000, 4096):
        if number <= wanted and subprocess.run(
                ["prlimit", f"--nofile={number}", "--", "true"],
                capture_output=True, check=False).returncode == 0:
            return number
    return 1024
