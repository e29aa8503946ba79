# SPDX-License-Identifier: GPL-3.0-or-later
"""What is measured: two plain relays, and what every proxy here has in common."""
import pathlib
import re
import shutil
import socket
import subprocess
import time

import net
import procs

CONNECT_PORT, HTTP_PORT = 443, 8080


class Refused(Exception):
    """The contender cannot do this; the text says why."""


def ask(name, timeout=2.0):
    """The status of a CONNECT, 0 when there is no answer."""
    try:
        with socket.create_connection((net.PROXY, net.PORT), timeout,
                                      (net.PROBE_SOURCE, 0)) as conn:
            conn.sendall(f"CONNECT {name}:443 HTTP/1.1\r\nHost: {name}:443\r\n\r\n".encode())
            head = conn.recv(64)
    except OSError:
        return 0
    found = re.match(rb"HTTP/1\.[01] (\d{3})", head)
    return int(found.group(1)) if found else 0


class Contender:
    name = ""
    package = ""  # Debian's
    version_argv = ()
    filters = True  # has an allowlist
    limit = False  # a relay: no rival, but the limit
    sections = None  # only these; None: all
    records_are = "access.log"
    too_large = ""  # why a list of a million names is not tried
    how_reloaded = ""
    netns = ""  # path of the proxy's namespace

    def __init__(self, scratch, nofile):
        self.dir = pathlib.Path(scratch) / self.name
        self.nofile = nofile
        self.process = None
        self.started_in = None
        self.compiled_in = None  # the list, where that is a step of its own

    # --- for each contender ---

    def configure(self, names):
        """Write everything that start() needs, with names as the allowlist."""

    def argv(self):
        raise NotImplementedError

    def reload(self, names):
        """Put another allowlist in force; returns when it has been asked for."""
        raise NotImplementedError

    def tidy(self):
        """Between windows: what a log rotation would do."""
        for log in self.dir.glob("*.log"):
            with open(log, "r+b") as f:
                f.truncate(0)

    def records(self):
        """Bytes of access records there are now; 0 shows that the work was not recorded."""
        return sum(f.stat().st_size for f in self.dir.rglob(self.records_are))

    def environment(self):
        return None

    # --- common ---

    def write(self, name, text):
        path = self.dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def prepare(self, names):
        shutil.rmtree(self.dir, ignore_errors=True)
        self.dir.mkdir(parents=True)
        self.dir.chmod(0o777)  # the proxies' own accounts write here
        self.write("resolv.conf", f"nameserver {net.RESOLVER}\n")
        self.write("hosts", "127.0.0.1 localhost\n")
        self.configure(names)

    def start(self, probe, patience=30.0):
        """Start, and wait until a CONNECT to probe is answered with 200."""
        script = (f"mount --bind {self.dir}/resolv.conf /etc/resolv.conf && "
                  f"mount --bind {self.dir}/hosts /etc/hosts && exec \"$@\"")
        argv = ["nsenter", f"--net={self.netns}", "--", "unshare", "--mount", "--propagation",
                "private", "--", "sh", "-c", script, "sh"] + self.argv()
        begun = time.monotonic()
        self.process = procs.Process(argv, self.dir / "out.log", "0", self.nofile,
                                     env=self.environment(), stdin=subprocess.DEVNULL)
        while ask(probe) != 200:
            if not self.process.alive():
                raise Refused(f"ended with status {self.process.popen.returncode}: {self.said()}")
            if time.monotonic() - begun > patience:
                raise Refused(f"no answer after {patience:.0f} s: {self.said()}")
            time.sleep(0.005)
        self.started_in = time.monotonic() - begun

    def said(self):
        try:
            lines = (self.dir / "out.log").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
        return " / ".join(lines.strip().splitlines()[-3:])[-300:]

    def stop(self):
        if self.process is not None:
            self.process.end()
            self.process = None

    def cpu(self):
        return procs.cpu_seconds(self.process.pids())

    def pss(self):
        return procs.pss_kib(self.process.pids())

    def version(self):
        """(what the program says, Debian's package with its version)"""
        done = subprocess.run(self.version_argv, capture_output=True, text=True, check=False)
        said = (done.stdout or done.stderr).strip().splitlines()
        package = ""
        if self.package:
            package = subprocess.run(
                ["dpkg-query", "-W", "-f=${Package} ${Version}", self.package],
                capture_output=True, text=True, check=False).stdout
        return (said[0].strip() if said else "", package)


class Relay(Contender):
    filters = False
    limit = True
    programs = None  # the folder of bench_relay

    def version(self):
        return ("tests/bench/relay.c", "")

    def argv(self):
        return [str(self.programs / "bench_relay"), self.how, net.PROXY, str(net.PORT),
                net.origin(0), str(net.ORIGIN_COUNT)]


class RelayCopy(Relay):
    name = "relay-copy"
    how = "copy"


class RelaySplice(Relay):
    name = "relay-splice"
    how = "splice"
