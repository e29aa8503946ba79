# SPDX-License-Identifier: GPL-3.0-or-later
fuzzer(ruledump fw_decode)
