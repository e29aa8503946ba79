# SPDX-License-Identifier: GPL-3.0-or-later
"""Labs for tests: each in namespaces and a folder of its own, so that several may run."""
import itertools
import os
import pathlib
import sys
import tempfile

import pytest

REPO = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPO / "image"))

from lab import lab as lab_module  # noqa: E402  pylint: disable=wrong-import-position

COUNTER = itertools.count(1)


def bin_dir():
    path = pathlib.Path(os.environ.get("SEKISHO_BIN", REPO / "build/asan/bin"))
    assert (path / "sekisho").exists(), f"{path}: build first, or set SEKISHO_BIN"
    return path


@pytest.fixture(name="make_lab")
def make_lab_fixture():
    """make_lab(replace=..., prepare=...) brings a lab up; prepare(lab) runs before its daemons."""
    made = []

    def make(replace=None, prepare=None, provision=True, start=True):
        root = tempfile.mkdtemp(prefix="sekisho-lab-", dir="/tmp")
        lab = lab_module.Lab(root, f"t{os.getpid()}x{next(COUNTER)}")
        made.append(lab)
        lab.up(bin_dir(), replace=replace, web=REPO / "build/web")
        if prepare is not None:
            prepare(lab)
        if start:
            lab.start_daemons()
        if provision and start:
            lab.provision()
        return lab

    yield make
    reports, logs = [], ""
    for lab in made:
        reports += lab.sanitizer_reports()
        logs += lab.logs()
        lab.down()
    print(logs)  # pytest shows it when the test failed
    assert not reports, f"sanitizer reports in {reports}\n{logs}"
