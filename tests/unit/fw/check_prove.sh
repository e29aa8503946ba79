#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# check_prove.sh FW_LOAD FW_PROVE: what the kernel gives back is proved, and what was put in front is found
set -eu
load=$1 prove=$2
if [ "$(id -u)" -ne 0 ] || ! command -v nft >/dev/null || ! unshare -n true 2>/dev/null; then
	echo "needs root, nft and namespaces"
	exit 77
fi
out=$(mktemp)
trap 'rm -f "$out"' EXIT

in_case() {
	unshare -n sh -c "\"$load\" $1 && $2; \"$prove\" $1" >"$out"
}

expect() { # CASE COMMAND RESULT
	in_case "$1" "$2" || true
	if ! grep -q "\"result\":\"$3\"" "$out"; then
		echo "$1 after '$2' should be $3:"
		cat "$out"
		exit 1
	fi
}

for name in smallest union clinic transparent admission; do
	expect "$name" true proved
done
expect clinic "nft insert rule inet sekisho forward accept" broken
grep -q '"holds":false' "$out"
expect clinic "nft insert rule inet sekisho forward-core oifname claims0 tcp dport 22 accept" broken
grep -q '"dport":22' "$out"
expect clinic "nft add element inet sekisho live { 0x01000099 }" broken
expect clinic "nft delete element inet sekisho live { 0x01000001 }" broken
expect clinic "nft flush map inet sekisho permits" broken
expect clinic "nft add table inet other \\; add chain inet other f '{ type filter hook forward priority -5; }' \\; add rule inet other f tcp dport 443 drop" broken
grep -q '"kind":"less"' "$out"
expect clinic "nft add table inet other \\; add chain inet other f '{ type filter hook forward priority -5; }' \\; add rule inet other f ct state new tcp dport 4444 drop" proved
grep -q '"foreign":\["inet other"\]' "$out"
expect clinic "nft insert rule inet sekisho forward meta cpu 0 accept" not-proved
