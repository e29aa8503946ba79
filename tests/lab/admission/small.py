# SPDX-License-Identifier: GPL-3.0-or-later
"""Revisions as mgmtd writes them, made by hand: full ones with many permits, and small ones."""
import copy
import json
import os
import pathlib
import pwd
import subprocess

from firewall import door

CREATED = "2026-11-21T00:00:00Z"


def permit(number, zone, *cards, **more):
    made = {"id": f"p{number:016d}", "number": number, "device": f"d{number:016d}",
            "cards": [{"mac": mac, "interface": interface} for mac, interface in cards],
            "zone": zone, "user": "", "group": "", "destinations": []}
    return made | more


class Writer:
    """Takes mgmtd's place: from now on revisions come from here."""

    def __init__(self, lab):
        self.lab = lab
        self.dir = lab.root / "var/lib/sekisho/revisions"
        # a whole one to build on, and not a small one on top of another
        same = lab.root / "same.yaml"
        same.write_text(lab.cli("policy", "show").stdout, encoding="utf-8")
        lab.cli("policy", "apply", str(same), "--reason", "a test")
        lab.kill("mgmtd", hold=True)
        self.number = door.current(lab)
        self.full = self.number
        self.text = json.loads((self.dir / f"{self.number:010d}.json").read_text(encoding="utf-8"))

    def _store(self, text):
        number = text["number"]
        tool = pathlib.Path(os.environ["SEKISHO_BIN"]) / "revision_put"
        subprocess.run([tool, self.dir, self.lab.root / "var/lib/sekisho/ledger/revision.key",
                        str(number)], input=json.dumps(text).encode(), check=True)
        owner = pwd.getpwuid(os.stat(self.dir / "revision.pub").st_uid)
        for path in (*self.dir.glob(f"{number:010d}.*"), self.dir / "current"):
            os.lchown(path, owner.pw_uid, os.stat(self.dir).st_gid)
        self.number = number

    def whole(self, change):
        """A full one, changed by change(text), in format 3. Returns its number."""
        text = copy.deepcopy(self.text)
        if text["format"] == 2:
            text["format"] = 3
            text["quarantine"] = []
            for one in text["permits"]:
                one["cards"] = [{"mac": one.pop("mac"), "interface": one.pop("interface")}]
        change(text)
        text["number"] = self.number + 1
        os.link(self.dir / f"{self.full:010d}.allow", self.dir / f"{text['number']:010d}.allow")
        self._store(text)
        self.full = self.number
        self.text = text
        return self.number

    def small(self, removed=(), added=(), isolated=(), released=()):
        """A small one on top of the last. Returns its number."""
        self._store({"format": 3, "number": self.number + 1, "base": self.number,
                     "created": CREATED, "permits_removed": list(removed),
                     "permits_added": list(added),
                     "quarantine_added": [{"mac": mac} for mac in isolated],
                     "quarantine_removed": [{"mac": mac} for mac in released]})
        return self.number

    def load(self, number=0):
        for daemon in ("gated", "proxyd"):
            done = door.load(self.lab, number or self.number, daemon=daemon)
            assert done.code == 0, done
        return self
