#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# check_nft.sh FW_LOAD GOLDEN_DIR: nft accepts every golden text, and lists the same for it
# as for what the apply role loads, also when that replaces another ruleset.
set -eu

if [ "$(id -u)" != 0 ] || ! command -v nft >/dev/null; then
	echo "needs root and nft"
	exit 77
fi
if [ "${3:-}" != inside ]; then
	exec unshare --net "$0" "$1" "$2" inside
fi

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failed=0

# the same in JSON: rule by rule, without handles and counters' values
python=${PYTHON:-/usr/bin/python3}
rules='
import json, sys
for item in json.load(sys.stdin)["nftables"]:
    rule = item.get("rule")
    if rule is None:
        continue
    rule.pop("handle")
    for part in rule["expr"]:
        if isinstance(part.get("counter"), dict):
            part["counter"] = None
    print(json.dumps(rule, sort_keys=True))
'

# the chains as they are; the counters of flows stay, their rules name them; the sets' elements in an order of ours, since theirs is a hash's
list()
{
	# the nat chain stays once it was there; without rules it is as good as none
	nft --stateless list table inet sekisho | sed 's/ expires [0-9a-z]*//g' |
		sed -z 's/\n\tcounter [^ ]* {\n[^}]*}\n//g' |
		sed -z 's/\n\tchain prerouting {\n\t\ttype nat[^\n]*\n\t}\n//; s/\n\tchain postrouting {\n\t\ttype nat[^\n]*\n\t}\n//' >"$tmp/list"
	sed '/chain input/,$d' "$tmp/list" | tr -d ',{}' |
		sed 's/elements =//; s/^[[:space:]]*//' | sort
	sed -n '/chain input/,$p' "$tmp/list"
	nft --json list table inet sekisho | "$python" -c "$rules"
	list_bridge
}

# the bridge table, where there are ports: likewise
list_bridge()
{
	nft list tables | grep -q 'table bridge sekisho$' || return 0
	nft --stateless list table bridge sekisho | sed 's/ expires [0-9a-z]*//g' >"$tmp/list"
	sed '/chain check/,$d' "$tmp/list" | tr -d ',{}' |
		sed 's/elements =//; s/^[[:space:]]*//' | sort
	sed -n '/chain check/,$p' "$tmp/list"
	nft --json list table bridge sekisho | "$python" -c "$rules"
}

for text in "$2"/*.nft; do
	name=$(basename "$text" .nft)
	nft -c -f "$text" || failed=1
	nft flush ruleset
	nft -f "$text"
	list >"$tmp/text"
	nft flush ruleset
	# over a ruleset of its own, and over another one
	for before in "" smallest clinic timed bridged; do
		"$1" $before "$name"
		list >"$tmp/apply"
		if ! diff -u "$tmp/text" "$tmp/apply"; then
			echo "$name: nft and the apply role differ (after '$before')"
			failed=1
		fi
	done
done
exit $failed
