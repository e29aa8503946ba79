# SPDX-License-Identifier: GPL-3.0-or-later
"""The tools that tell whether tests failed do not lose a failure."""
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
COUNT = str(HERE / "junit_count.py")


def count(tmp_path, body):
    path = tmp_path / "r.xml"
    path.write_text(f'<testsuites><testsuite tests="9">{body}</testsuite></testsuites>',
                    encoding="utf-8")
    done = subprocess.run([sys.executable, COUNT, str(path)], capture_output=True, text=True,
                          check=False)
    return done.returncode, done.stdout.split()[:3]


def test_each_kind_of_failure_counts(tmp_path):
    assert count(tmp_path, '<testcase name="a"/>') == (0, ["1", "0", "0"])
    assert count(tmp_path, '<testcase name="a"><failure/></testcase>') == (0, ["0", "1", "0"])
    assert count(tmp_path, '<testcase name="a"><error/></testcase>') == (0, ["0", "1", "0"])
    assert count(tmp_path, '<testcase name="a" status="fail"/>') == (0, ["0", "1", "0"])
    assert count(tmp_path, '<testcase name="a" status="notrun"/>') == (0, ["0", "0", "1"])
    assert count(tmp_path, '<testcase name="a"><skipped/></testcase>') == (0, ["0", "0", "1"])


def test_a_cut_result_is_an_error(tmp_path):
    assert count(tmp_path, "<testcase")[0] != 0
