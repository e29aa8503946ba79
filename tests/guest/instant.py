# SPDX-License-Identifier: GPL-3.0-or-later
"""For pytest: what failed is told at once, since the end may be an hour away."""


def pytest_runtest_logreport(report):
    if report.failed:
        print(f"\n{report.longreprtext}\n", flush=True)
