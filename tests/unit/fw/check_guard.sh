#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# check_guard.sh FW_LOAD FILE: the guard that the boot loads from FILE is the one that the
# apply role makes, over nothing, over each other, and over one that somebody has bent.
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

same()
{
	nft list table inet sekisho-guard >"$tmp/is"
	if ! diff -u "$tmp/is" "$tmp/file"; then
		echo "$1: the guard differs"
		failed=1
	fi
}

nft -f "$2"
nft list table inet sekisho-guard >"$tmp/file"
nft -f "$2"
same "the file twice"
"$1" --guard
same "the apply role over the file"
nft flush ruleset
"$1" --guard
same "the apply role alone"
nft -f "$2"
same "the file over the apply role"
nft flush chain inet sekisho-guard forward
nft 'chain inet sekisho-guard forward { policy accept; }'
nft 'insert rule inet sekisho-guard input accept'
"$1" --guard
same "rules and policy bent"
nft delete chain inet sekisho-guard output
nft 'add chain inet sekisho-guard output { type filter hook output priority 300; }'
"$1" --guard
same "hooked elsewhere"
exit $failed
