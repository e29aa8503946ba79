# SPDX-License-Identifier: GPL-3.0-or-later
"""A small stand for the proxy alone: a client, a gateway, an origin that logs every byte."""
