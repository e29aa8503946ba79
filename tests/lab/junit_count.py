# SPDX-License-Identifier: GPL-3.0-or-later
"""junit_count.py FILE - print "PASSED FAILED SKIPPED NAMES-OF-FAILED", counted test by test"""
import sys
import xml.etree.ElementTree as ET


def count(path):
    passed, failed, skipped, names = 0, 0, 0, []
    for case in ET.parse(path).getroot().iter("testcase"):
        kinds = {child.tag for child in case}
        status = case.get("status", "run")
        if kinds & {"failure", "error"} or status == "fail":
            failed += 1
            names.append(f"{case.get('classname', '')}.{case.get('name', '?')}")
        elif "skipped" in kinds or status in ("notrun", "disabled"):
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped, names


if __name__ == "__main__":
    P, F, S, NAMES = count(sys.argv[1])
    print(P, F, S, " ".join(NAMES))
