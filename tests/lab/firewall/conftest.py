# SPDX-License-Identifier: GPL-3.0-or-later
import itertools
import os

import pytest

from firewall import fwstand

COUNTER = itertools.count(1)


@pytest.fixture(name="stand")
def stand_fixture():
    made = fwstand.Stand(f"fw{os.getpid()}x{next(COUNTER)}")
    yield made
    made.close()
