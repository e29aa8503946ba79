# SPDX-License-Identifier: GPL-3.0-or-later
"""python3 -m lab up|check|down [--prefix P] [--root DIR] [--bin DIR] [--web DIR] [--port N]"""
import argparse
import os
import pathlib
import shutil
import sys
import tempfile

from . import topology as topo
from .lab import Lab, LabError
from .tour import Tour


def arguments():
    parser = argparse.ArgumentParser(prog="lab")
    parser.add_argument("mode", choices=("up", "check", "down"))
    parser.add_argument("--prefix", default="sekisho")
    parser.add_argument("--root", default="/var/lib/sekisho-lab")
    parser.add_argument("--bin", default="build/release/bin")
    parser.add_argument("--web", default="build/web")
    parser.add_argument("--port", type=int, default=8443)
    parser.add_argument("--only", nargs="*", help="parts of the tour")
    return parser.parse_args()


def farewell(lab, ja):
    lines = [f"\n{'管理画面' if ja else 'management UI'}: https://127.0.0.1:{lab.port}",
             "アカウント (最初に合言葉を変えます):" if ja else
             "accounts (each sets a new password first):"]
    lines += [f"  {login:10} {role:10} {password}" for login, role, password in lab.accounts]
    lines += ["見てまわる:" if ja else "look around:",
              f"  sudo ip netns exec {lab.net.ns(topo.OFFICE)} curl -x http://{topo.PROXY4}:"
              f"{topo.PROXY_PORT} --cacert {lab.sites.ca} https://allowed.example.jp/",
              f"  sudo ip netns exec {lab.net.ns(topo.GW)} nft list ruleset",
              f"  sudo {lab.bin}/sekisho --root {lab.root} status",
              f"  sudo {lab.bin}/sekisho --root {lab.root} record tail",
              f"  ls {lab.dir}/log",
              "終わる: sudo image/quickstart --down" if ja else
              "end it: sudo image/quickstart --down"]
    print("\n".join(lines), flush=True)


def keep_logs(lab):
    kept = pathlib.Path("build/lab-logs")
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(lab.dir / "log", kept)
    print(f"logs: {kept}", file=sys.stderr)


def tour(args, lab):
    """Bring it up and show it; what went wrong is in the tour's count."""
    guide = Tour(lab, args.only, lambda text: print(text, flush=True))
    try:
        lab.up(args.bin, args.port, web=pathlib.Path(args.web))
        guide.run()
    except (LabError, RuntimeError, OSError) as error:
        guide.check(False, "環境を起こせませんでした", "the lab did not come up", str(error))
    if guide.failed and (lab.dir / "log").exists():
        keep_logs(lab)
    return guide


def main():
    args = arguments()
    if args.mode == "down":
        Lab(args.root, args.prefix).down()
        return 0
    if args.mode == "up":
        lab = Lab(args.root, args.prefix)
        if lab.is_up():
            print(f"the lab is up already: {lab.root}; image/quickstart --down ends it",
                  file=sys.stderr)
            return 1
        guide = tour(args, lab)
        if (lab.dir / "control").exists():
            farewell(lab, guide.ja)
        else:
            lab.down()
    else:  # beside one that is up
        args.port = 0
        root = pathlib.Path(tempfile.mkdtemp(prefix="sekisho-check-"))
        lab = Lab(root, f"check{os.getpid()}")
        try:
            guide = tour(args, lab)
        finally:
            lab.down()
    print(f"\n{guide.passed} passed, {guide.failed} failed")
    return 1 if guide.failed else 0


sys.exit(main())
