# SPDX-License-Identifier: GPL-3.0-or-later
"""sekisho-switchd and FreeRADIUS beside a lab, and a switch that asks."""
import pathlib
import re
import shutil
import subprocess
import time

from lab import topology as topo
from lab.lab import SLOW

REPO = pathlib.Path(__file__).resolve().parents[3]
DEBIAN = pathlib.Path("/etc/freeradius/3.0")
SECRET = "a-secret-of-the-lab-and-of-nobody-else"
PORT = 1812


def is_there():
    return all(shutil.which(p) for p in ("freeradius", "radclient")) and DEBIAN.is_dir()


class Radius:
    def __init__(self, lab, bin_dir):
        self.lab = lab
        self.children = {}
        self.table = lab.root / "var/lib/sekisho/switch"
        self.programs = lab.root / "switch"
        self.programs.mkdir()
        for name in ("sekisho-switchd", "sekisho-switch-ask"):
            shutil.copy(bin_dir / name, self.programs / name)
        self._configure()

    def _configure(self):
        """Debian's own configuration, with ours put in as docs/switches.md says."""
        ours, there = REPO / "conf/freeradius", self.lab.root / "raddb"
        shutil.copytree(DEBIAN, there)
        for enabled in (there / "sites-enabled").iterdir():
            enabled.unlink()
        for name in ("eap", "inner-tunnel"):
            (there / "mods-enabled" / name).unlink(missing_ok=True)
        program = (ours / "exec").read_text(encoding="utf-8")
        program = program.replace("/usr/bin/", f"{self.programs}/")
        program = program.replace("/var/lib/sekisho/switch", str(self.table))
        (there / "mods-enabled/sekisho").write_text(program, encoding="utf-8")
        shutil.copy(ours / "site", there / "sites-enabled/sekisho")
        (there / "clients.conf").write_text(
            f"client lab {{\n ipaddr = 127.0.0.1\n secret = {SECRET}\n"
            " require_message_authenticator = yes\n}\n", encoding="utf-8")
        main = (there / "radiusd.conf").read_text(encoding="utf-8")
        main = re.sub(r"(?m)^\s*(user|group) = freerad$", "", main)
        main = re.sub(r"(?m)^(logdir|run_dir) = .*$", rf"\1 = {there}", main)
        # a refusal is told at once: the test measures
        main = re.sub(r"(?m)^(\s*reject_delay) = .*$", r"\1 = 0", main)
        (there / "radiusd.conf").write_text(main, encoding="utf-8")
        subprocess.run(["chown", "-R", "freerad:freerad", there], check=True)

    def _start(self, name, account, groups, argv):
        log = open(self.lab.dir / f"log/{name}.log", "ab")  # pylint: disable=consider-using-with
        command = self.lab.net.enter(topo.GW) + [
            "setpriv", f"--reuid={account}", f"--regid={account}", groups, "--inh-caps=-all",
            "--ambient-caps=-all", "--bounding-set=-all", "--no-new-privs", "--"] + argv
        self.children[name] = subprocess.Popen(command, stdout=log, stderr=log,
                                               env=self.lab._environment())
        log.close()

    def start_switchd(self):
        self._start("switchd", "sekisho-switch", "--init-groups",
                    [str(self.programs / "sekisho-switchd"), "--root", str(self.lab.root)])

    def start_freeradius(self):
        self._start("freeradius", "freerad", "--groups=sekisho-switch",
                    ["freeradius", "-d", str(self.lab.root / "raddb"), "-f", "-l", "stdout"])

    def stop(self, name):
        child = self.children.pop(name)
        child.terminate()
        child.wait(10)

    def close(self):
        for name in list(self.children):
            self.stop(name)

    def ask(self, name, station=None, more=()):
        """The attributes of an acceptance, or None for a rejection; no answer is an error."""
        lines = [f'User-Name = "{name}"', *(more or [f'User-Password = "{name}"']),
                 "Message-Authenticator = 0x00"]
        if station is not None:
            lines.append(f'Calling-Station-Id = "{station}"')
        done = self.lab.on(topo.GW, "radclient", "-x", "-r", "1", "-t", "5",
                           f"127.0.0.1:{PORT}", "auth", SECRET, text_in="\n".join(lines) + "\n")
        answer = done.stdout.partition("Received ")[2]
        assert answer, done.stdout + done.stderr
        assert "Message-Authenticator" in answer  # else it could be changed on its way
        if answer.startswith("Access-Reject"):
            assert "Tunnel" not in answer
            return None
        assert answer.startswith("Access-Accept"), answer
        found = re.findall(r"^\s+([A-Za-z-]+)(?::0)? = \"?([^\"\n]*)\"?$", answer, re.M)
        return dict(found)

    def vlan(self, name):
        answer = self.ask(name)
        return answer and answer["Tunnel-Private-Group-Id"]


def until(condition, seconds=20):
    """Milliseconds until condition() held."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds * SLOW, "it does not come"
        time.sleep(0.005)
    return (time.monotonic() - began) * 1000
