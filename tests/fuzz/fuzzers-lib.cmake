# SPDX-License-Identifier: GPL-3.0-or-later
fuzzer(record common)
fuzzer(revision revision)
fuzzer(spool common)
