# SPDX-License-Identifier: GPL-3.0-or-later
"""The daemons' own doors, as root asks them: what lib/proto.h and lib/ipc.h say, in Python."""
import dataclasses
import os
import pathlib
import socket
import struct
import subprocess

from lab.lab import SLOW, wait_for

LOAD, STATUS, CONFIRM, ROLLBACK, LOCKDOWN = 1, 2, 13, 14, 15
RESULT, STATUS_REPLY = 100, 101
VERSION = 1
POLICY = pathlib.Path(__file__).resolve().parents[3] / "image/lab/policy.yaml"


@dataclasses.dataclass
class Result:
    code: int
    cut: int
    text: str


def ask(lab, daemon, kind, payload, reply, seconds=20):
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as conn:
        conn.settimeout(seconds * SLOW)
        assert wait_for(lambda: conn.connect_ex(
            str(lab.root / f"run/sekisho/{daemon}.sock")) == 0, 20), daemon
        conn.send(struct.pack("=HHI", kind, VERSION, len(payload)) + payload)
        data = conn.recv(65536)
    got, _, length = struct.unpack("=HHI", data[:8])
    assert got == reply and length == len(data) - 8, (got, length)
    return data[8:]


def result(lab, daemon, kind, payload):
    data = ask(lab, daemon, kind, payload, RESULT)
    code, cut = struct.unpack("=iI", data[:8])
    return Result(code, cut, data[8:].split(b"\0")[0].decode())


def load(lab, number, confirm_s=0, daemon="gated"):
    return result(lab, daemon, LOAD, struct.pack("=QII", number, confirm_s, 0))


def confirm(lab, number, daemon="gated"):
    return result(lab, daemon, CONFIRM, struct.pack("=Q", number))


def rollback(lab, number, daemon="gated"):
    return result(lab, daemon, ROLLBACK, struct.pack("=Q", number))


def lockdown(lab, on, daemon="gated", who="admin", reason="a test"):
    return result(lab, daemon, LOCKDOWN,
                  struct.pack("=II64s256s", on, 0, who.encode(), reason.encode()))


def status(lab, daemon="gated"):
    """(revision in force, ok, text)"""
    data = ask(lab, daemon, STATUS, b"", STATUS_REPLY)
    revision, _, ok = struct.unpack("=QqI", data[:20])
    return revision, ok, data[56:].split(b"\0")[0].decode()


def current(lab):
    link = os.readlink(lab.root / "var/lib/sekisho/revisions/current")
    return int(pathlib.Path(link).name.split(".")[0])


def two_policies(lab, change):
    """
    Apply the lab's policy changed by change(text), then make the one before current and in
    force again, without mgmtd. Returns the numbers (in force, changed).
    """
    # a whole revision to come back to, and not a small one on top of another
    same = lab.root / "same.yaml"
    same.write_text(lab.cli("policy", "show").stdout, encoding="utf-8")
    lab.cli("policy", "apply", str(same), "--reason", "a test")
    before = current(lab)
    image = lab.root / f"var/lib/sekisho/revisions/{before:010d}.allow"
    kept = image.with_suffix(".kept")
    os.link(image, kept)  # mgmtd removes what is not current
    new = lab.root / "changed.yaml"
    new.write_text(change(POLICY.read_text(encoding="utf-8")), encoding="utf-8")
    lab.cli("policy", "apply", str(new), "--reason", "a test")
    after = current(lab)
    assert after != before
    lab.kill("mgmtd", hold=True)  # to it the later one is in force
    link = lab.root / "var/lib/sekisho/revisions/current"
    name = os.readlink(link).replace(f"{after:010d}", f"{before:010d}")
    owner = os.lstat(link)
    link.unlink()
    link.symlink_to(name)
    os.lchown(link, owner.st_uid, owner.st_gid)
    if image.exists():
        kept.unlink()
    else:
        kept.rename(image)
    for daemon in ("gated", "proxyd"):
        assert load(lab, before, daemon=daemon).code == 0
    return before, after


def open_office(text):
    """The lab's policy, with a flow from the office to the claims servers besides."""
    flow = ("  - id: office-claims\n    from: office\n    to: claims\n"
            "    destination: [claims-servers]\n    services: [online-claims]\n")
    return text.replace("\nproxy:\n", "\n" + flow + "\nproxy:\n", 1)


def nft(lab, *words, check=True):
    done = subprocess.run(lab.net.enter("gw") + ["nft", *words], capture_output=True,
                          text=True, check=False)
    assert not check or done.returncode == 0, done.stderr
    return done.stdout


def services(lab, word):
    """Records of kind service that contain word, oldest first."""
    return [r["detail"] for r in lab.records("--kind", "service") if word in r.get("detail", "")]
