# SPDX-License-Identifier: GPL-3.0-or-later
"""sekisho-proxyd, below a root of its own, as its own account."""
import pathlib
import re
import shutil
import subprocess

import contenders
import net

REPO = pathlib.Path(__file__).resolve().parents[2]
ACCOUNT = "sekisho-proxy"
POLICY = f"""\
version: 1
site: {{ name: bench }}
zones:
  office:
    kind: office
    interfaces: [lan0]
    networks: [10.59.0.0/16, 10.60.0.0/16]
    admission: off
  internet:
    kind: internet
    interfaces: [wan0]
proxy:
  port: {net.PORT}
  zones: [office]
  via: internet
  resolvers: [{net.RESOLVER}]
"""


class Proxyd(contenders.Contender):
    name = "sekisho-proxyd"
    how_reloaded = "a new signed revision, told over the control socket"
    records_are = "*.spool"
    programs = None  # the folder of make_root
    binary = None

    def __init__(self, scratch, nofile):
        super().__init__(scratch, nofile)
        self.root = self.dir / "root"
        self.number = 0

    def configure(self, names):
        subprocess.run([REPO / "image/setup-accounts", str(self.root)], check=True,
                       capture_output=True)
        for folder in (self.dir, self.root):
            folder.chmod(0o755)
        shutil.copy(self.binary, self.dir / "sekisho-proxyd")
        self.write("policy.yaml", POLICY)
        self.number = 0
        self._revision(names)

    def _revision(self, names, *more):
        self.number += 1
        self.write("names", "".join(f"{n} 443,8080\n" for n in names))
        done = subprocess.run(
            [str(self.programs / "make_root"), str(self.root), str(self.number),
             str(self.dir / "policy.yaml"), str(self.dir / "names"), *more],
            capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise contenders.Refused(done.stderr.strip()[:200])
        self.compiled_in = float(done.stdout)

    def argv(self):
        return ["setpriv", f"--reuid={ACCOUNT}", f"--regid={ACCOUNT}", "--init-groups",
                "--inh-caps=-all", "--ambient-caps=-all", "--bounding-set=-all",
                "--no-new-privs", "--", str(self.dir / "sekisho-proxyd"), "--root",
                str(self.root)]

    def start(self, probe, patience=30.0):
        try:
            super().start(probe, patience)
        except contenders.Refused as why:
            # it starts all the same and refuses everything: its log says why
            text = (self.dir / "out.log").read_text(encoding="utf-8", errors="replace")
            found = re.search(r"no revision to start with \(([^)]*)\)", text)
            raise contenders.Refused(found.group(1) if found else str(why)) from None

    def reload(self, names):
        self._revision(names, "load")

    def tidy(self):
        """What recordd does: take away the segments that are not the newest."""
        spool = self.root / "var/lib/sekisho/spool/proxyd"
        for segment in sorted(spool.glob("*.spool"))[:-1]:
            segment.unlink()

    def version(self):
        said = subprocess.run([self.binary, "--version"], capture_output=True, text=True,
                              check=False).stdout.strip()
        if not self.binary.is_relative_to(REPO):
            return (said, "built elsewhere")
        if shutil.which("git") is None:
            return (said, "")
        commit = subprocess.run(["git", "-C", str(REPO), "rev-parse", "--short", "HEAD"],
                                capture_output=True, text=True, check=False).stdout.strip()
        return (said, f"commit {commit}" if commit else "")
