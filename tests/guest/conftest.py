# SPDX-License-Identifier: GPL-3.0-or-later
"""What the labs use is there for these tests too."""
import pathlib
import sys

LAB = pathlib.Path(__file__).resolve().parents[1] / "lab"
sys.path[:0] = [str(LAB), str(LAB.parents[1] / "image")]
# pylint: disable=wrong-import-position,unused-import
from admission.conftest import bridge_fixture  # noqa: E402,F401
from firewall.conftest import stand_fixture  # noqa: E402,F401
