# SPDX-License-Identifier: GPL-3.0-or-later
"""Admission: devices with and without a permit, on every kind of segment."""
