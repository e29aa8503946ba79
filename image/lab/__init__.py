# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab: a gateway with real clients around it, in network namespaces."""
