# SPDX-License-Identifier: GPL-3.0-or-later
fuzzer(allow_build allow)
fuzzer(allow_image allow)
fuzzer(names names)
fuzzer(oui common)
fuzzer(record common)
fuzzer(revision revision)
fuzzer(spool common)
