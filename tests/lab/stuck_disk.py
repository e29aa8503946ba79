# SPDX-License-Identifier: GPL-3.0-or-later
"""The records' disk gets stuck, and people go on being protected: a quarantine does not wait.

Not among `tests/run`, as it needs loop devices and e2fsprogs:
    SEKISHO_BIN=build/asan/bin python3 -m pytest -s tests/lab/stuck_disk.py
The disk is a file on a file system that is frozen: what is written to it does not end.
"""
import contextlib
import os
import subprocess
import threading
import time

import pytest

from admission import small
from firewall import door
from lab import topology as topo
from lab.lab import LATE, wait_for

PAUSE_S = 0.8


def run(*argv):
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()


class Disk:
    """An ext4 over a folder of the lab, which can be stopped."""

    def __init__(self, lab, folder):
        self.stack = contextlib.ExitStack()
        self.outer = lab.root / "outer"
        self.outer.mkdir()
        stat = folder.stat()
        self._mount(lab.root / "outer.img", 160, self.outer)
        self._mount(self.outer / "inner.img", 96, folder)
        os.chown(folder, stat.st_uid, stat.st_gid)
        os.chmod(folder, stat.st_mode & 0o7777)

    def _mount(self, image, mib, where):
        run("fallocate", "-l", f"{mib}M", image)
        run("mkfs.ext4", "-q", "-F", image)
        run("mount", "-o", "loop", image, where)
        # the daemons have it mounted for as long as they live
        self.stack.callback(run, "umount", "-l", where)

    @contextlib.contextmanager
    def stuck(self):
        run("fsfreeze", "--freeze", self.outer)
        try:
            yield time.monotonic()
        finally:
            run("fsfreeze", "--unfreeze", self.outer)


@contextlib.contextmanager
def refusals(lab):
    """Somebody is refused all the time: there is always something to write."""
    done = threading.Event()

    def knock():
        while not done.wait(0.2):
            lab.tcp(topo.ROGUE, topo.PROXY4, topo.PROXY_PORT)

    thread = threading.Thread(target=knock)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


@pytest.mark.parametrize("seconds", [4, 25])
def test_a_quarantine_does_not_wait(make_lab, seconds):
    lab = make_lab()
    writer = small.Writer(lab)
    writer.whole(lambda text: None)
    writer.load()
    lab.kill("gated", hold=True)
    disk = Disk(lab, lab.root / "var/lib/sekisho/spool/gated")
    claims = topo.ADDRESS[topo.CLAIMS][0]
    took, states = [], []
    with disk.stack, refusals(lab):
        lab.release("gated")
        assert wait_for(lambda: door.status(lab)[:2] == (writer.number, 1), 20)
        assert lab.tcp(topo.CORE, claims, 443, LATE)
        time.sleep(2)
        with disk.stuck() as begun:
            while time.monotonic() - begun < seconds - PAUSE_S:
                time.sleep(PAUSE_S)
                number = writer.small(isolated=[topo.MAC[topo.OFFICE]])
                asked = time.monotonic()
                assert door.load(lab, number).code == 0
                took.append(time.monotonic() - asked)
                assert not lab.tcp(topo.OFFICE, topo.PROXY4, topo.PROXY_PORT)
                number = writer.small(released=[topo.MAC[topo.OFFICE]])
                assert door.load(lab, number).code == 0
                states.append(door.status(lab)[1])
            if seconds > 10:  # what cannot be recorded does not begin
                assert not states[-1] and not lab.tcp(topo.CORE, claims, 443)
        print(f"{len(took)} quarantines on a disk that was stuck for {seconds} s: "
              f"at most {max(took) * 1000:.0f} ms")
        assert max(took) < LATE / 2
        assert wait_for(lambda: lab.tcp(topo.CORE, claims, 443), 20)
        assert wait_for(lambda: door.status(lab)[1], 20)
        # what happened meanwhile is on record
        lab.release("mgmtd")
        assert wait_for(lambda: door.services(lab, f"revision {writer.number} in force"), 20)
        assert seconds < 10 or door.services(lab, "the disk is stuck")
