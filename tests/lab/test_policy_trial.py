# SPDX-License-Identifier: GPL-3.0-or-later
"""A policy on trial and a lockdown, from the command line through every daemon."""
import json

from lab.lab import wait_for


def history(lab):
    versions = json.loads(lab.cli("--json", "policy", "history").stdout)["versions"]
    return [(v["revision"], v["state"]) for v in versions]


def running(lab):
    """The revisions that gated and proxyd say they run."""
    status = json.loads(lab.cli("--json", "status", check=False).stdout)
    return {p["revision"] for p in status["parts"] if p["name"] in ("gated", "proxyd")}


def lockdown(lab):
    return json.loads(lab.cli("--json", "status", check=False).stdout)["lockdown"]


def test_trial_and_lockdown(make_lab, tmp_path):
    lab = make_lab()
    (before,) = running(lab)
    file = tmp_path / "policy.yaml"
    file.write_text(lab.cli("policy", "show").stdout + "# another\n")

    lab.cli("policy", "apply", str(file), "--confirm-within", "10s")
    assert running(lab) == {before + 1}
    assert "+# another" in lab.cli("policy", "diff", str(file)).stdout
    assert lab.cli("policy", "apply", str(file), check=False).returncode == 1
    assert wait_for(lambda: history(lab)[0] == (before + 1, "unconfirmed"), 20)
    assert wait_for(lambda: running(lab) == {before}, 10)
    assert "# another" not in lab.cli("policy", "show").stdout

    lab.cli("policy", "apply", str(file), "--confirm-within", "1h")
    lab.cli("policy", "confirm")
    assert history(lab)[0] == (before + 2, "in-force")
    assert running(lab) == {before + 2}

    lab.cli("policy", "apply", str(file), "--confirm-within", "1h")
    lab.cli("lockdown", "on", "--reason", "drill")  # ends the trial, too
    assert wait_for(lambda: history(lab)[0] == (before + 3, "rolled-back"), 10)
    assert lockdown(lab)["reason"] == "drill"
    lab.kill("mgmtd", hold=True)
    done = lab.cli("lockdown", "off", "--reason", "drill over")
    assert "directly" in done.stderr
    lab.release("mgmtd")
    assert wait_for(lambda: lab.cli("status", check=False).returncode == 0, 20)
    assert running(lab) == {before + 2}
    assert lockdown(lab) is None
