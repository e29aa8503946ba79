# SPDX-License-Identifier: GPL-3.0-or-later
"""A policy that cannot be taken changes nothing, and says why."""
import re

from lab import lab as lab_module, topology as topo

GOOD = lab_module.POLICY.read_text(encoding="utf-8")


def ruleset(lab):
    done = lab.on(topo.GW, "nft", "-s", "list", "ruleset")
    assert done.returncode == 0
    return re.sub(r" expires [0-9a-z]+", "", done.stdout)


def works_as_before(lab):
    claims = topo.ADDRESS[topo.CLAIMS][0]
    return lab.tcp(topo.CORE, claims, 443) and not lab.tcp(topo.CORE, topo.WAN4 + "11", 443)


def test_refused_policies_change_nothing(make_lab, tmp_path):
    lab = make_lab()
    before = ruleset(lab)
    status = lab.cli("--json", "policy", "show").stdout
    cases = {
        "syntax": (GOOD.replace("kind: personal", "kind: [personal"), r"policy\.yaml:\d+:\d+: "),
        "empty": ("", "policy"),
        "unknown-key": (GOOD.replace("admission: enforce", "admision: enforce", 1),
                        r"policy\.yaml:\d+:\d+: .*admision"),
        "big": ("# " + "x" * 97 + "\n", "1048576 bytes at most"),
        "deep": ("version: " + "[" * 100000, r"policy\.yaml:1:21: nested too deeply"),
        "many": ("version: 1\nzones:\n" + "".join(f"  z{i}: {{}}\n" for i in range(20000)),
                 "zones has 20000 members; 64 are accepted"),
        "interface": (GOOD.replace("wan0", "nope0"), "nope0"),
    }
    for name, (text, complaint) in cases.items():
        folder = tmp_path / name
        folder.mkdir()
        path = folder / "policy.yaml"
        path.write_text(text * 105000 if name == "big" else text, encoding="utf-8")
        done = lab.cli("policy", "apply", str(path), "--reason", "a test", check=False)
        assert done.returncode == 1, (name, done)
        assert re.search(complaint, done.stderr), (name, done.stderr)
        assert "Sanitizer" not in done.stderr, name
        assert ruleset(lab) == before, name
        assert works_as_before(lab), name
    assert lab.cli("--json", "policy", "show").stdout == status
    assert lab.cli("status", check=False).returncode == 0


def test_a_folder_is_no_policy(make_lab, tmp_path):
    lab = make_lab()
    before = ruleset(lab)
    for path in (tmp_path, tmp_path / "absent.yaml"):
        done = lab.cli("policy", "apply", str(path), "--reason", "a test", check=False)
        assert done.returncode == 1
        assert done.stderr.strip()
    assert ruleset(lab) == before
