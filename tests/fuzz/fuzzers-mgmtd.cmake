# SPDX-License-Identifier: GPL-3.0-or-later
fuzzer(api_json mgmtd_core)
fuzzer(asset_file mgmtd_core)
fuzzer(entry_file mgmtd_core)
fuzzer(record_search mgmtd_core)
