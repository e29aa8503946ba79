# SPDX-License-Identifier: GPL-3.0-or-later
"""The corpus: one table a family, each row a request or response and its expected outcome."""
from . import (addresses, entries, lengths, lines, methods, names, pipelining, responses,
               smuggling, targets, timing, tls, versions)

CASES = [case for table in (smuggling, lengths, lines, targets, methods, versions, pipelining, names,
                            addresses, entries, tls, responses, timing) for case in table.CASES]
