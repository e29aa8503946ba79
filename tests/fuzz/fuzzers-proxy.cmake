# SPDX-License-Identifier: GPL-3.0-or-later
fuzzer(clienthello proxy)
fuzzer(http1 proxy)
fuzzer(localform proxy)
fuzzer(target proxy)
