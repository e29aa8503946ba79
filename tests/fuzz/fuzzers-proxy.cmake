# SPDX-License-Identifier: GPL-3.0-or-later
fuzzer(basic proxy)
fuzzer(body proxy)
fuzzer(clienthello proxy)
fuzzer(exchange proxy)
fuzzer(http1 proxy)
fuzzer(localform proxy)
fuzzer(serverhello proxy)
fuzzer(target proxy)
