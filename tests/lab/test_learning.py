# SPDX-License-Identifier: GPL-3.0-or-later
"""From detect to enforce as docs/admission.md says, without breaking anybody's connections."""
import csv
import io
import json

from lab import topology as topo
from lab.lab import LATE, wait_for

ROGUE = topo.MAC[topo.ROGUE]


def reaches_proxy(lab, seconds=1):
    return lab.tcp(topo.ROGUE, topo.PROXY4, topo.PROXY_PORT, seconds)


def apply(lab, file, mode):
    text = lab.cli("policy", "show").stdout
    head, office = text.split("  office:\n", 1)
    for old in ("enforce", "detect"):
        office = office.replace(f"admission: {old}", f"admission: {mode}", 1)
    file.write_text(f"{head}  office:\n{office}")
    lab.cli("policy", "apply", str(file), "--reason", mode)


def status(lab):
    return json.loads(lab.cli("--json", "admission", "status").stdout)


def office(lab):
    (zone,) = [z for z in status(lab)["zones"] if z["name"] == "office"]
    return zone


def is_heard(lab):
    """The sensor listens since a moment ago: who asked before that asks again."""
    lab.on(topo.ROGUE, "ip", "neigh", "flush", "all")
    return reaches_proxy(lab) and office(lab)["seen"] > office(lab)["permitted"]


def told(lab):
    """The devices that enforcing would have stopped, by MAC address."""
    return {d["mac"]: d for d in status(lab)["devices"]}


def filled_in(text):
    """What a section does with a draft."""
    rows = list(csv.reader(io.StringIO(text)))
    for row in rows[1:]:
        row[rows[0].index("owner")] = "庶務係"
        row[rows[0].index("kind")] = "business"
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


def test_from_detect_to_enforce(make_lab, tmp_path):
    lab = make_lab()
    assert not reaches_proxy(lab)
    apply(lab, tmp_path / "detect.yaml", "detect")
    assert reaches_proxy(lab, LATE)
    assert wait_for(lambda: ROGUE in told(lab) and reaches_proxy(lab), 20)
    zone = office(lab)
    assert zone["mode"] == "detect" and zone["since"] is not None
    assert wait_for(lambda: is_heard(lab), 20), office(lab)
    assert topo.MAC[topo.OFFICE] not in told(lab)

    draft = tmp_path / "draft.csv"
    assert wait_for(lambda: ROGUE in lab.cli("asset", "draft", "--zone", "office").stdout, 20)
    lab.cli("asset", "draft", "--zone", "office", "--out", str(draft))
    assert lab.cli("asset", "draft", "--out", str(draft), check=False).returncode == 1
    text = draft.read_text()
    assert ROGUE in text and topo.MAC[topo.OFFICE] not in text
    filled = tmp_path / "filled.csv"
    filled.write_text(filled_in(text))
    lab.cli("asset", "import", str(filled), "--check")
    lab.cli("asset", "import", str(filled))
    assert ROGUE not in lab.cli("asset", "draft", "--zone", "office").stdout

    # in the register it has no permit yet; with one, enforcing changes nothing for it
    lab.cli("device", "approve", ROGUE, "--kind", "business", "--owner", "庶務係",
            "--reason", "業務")
    assert told(lab)[ROGUE]["device"]["state"] == "admitted"
    apply(lab, tmp_path / "enforce.yaml", "enforce")
    assert reaches_proxy(lab, LATE)
    lab.cli("device", "revoke", ROGUE, "--reason", "確認の終わり")
    assert not reaches_proxy(lab)
