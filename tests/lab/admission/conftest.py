# SPDX-License-Identifier: GPL-3.0-or-later
import itertools
import os

import pytest

from admission import bridgestand

COUNTER = itertools.count(1)


@pytest.fixture(name="bridge")
def bridge_fixture():
    made = bridgestand.Stand(f"br{os.getpid()}x{next(COUNTER)}")
    yield made
    made.close()
