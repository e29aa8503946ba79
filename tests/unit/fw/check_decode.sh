#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# check_decode.sh FW_DUMP GOLDEN: what nft loads is read back as NAME.txt says; our own
# rulesets hold nothing that the decoder does not know. UPDATE_GOLDEN=1 rewrites NAME.txt
# and NAME.raw, the kernel's messages for the unit test.
set -euo pipefail

if [ "$(id -u)" -ne 0 ] || ! command -v nft >/dev/null; then
	echo "needs root and nft"
	exit 77
fi
if [ "${3:-}" != inside ]; then
	exec unshare --net "$0" "$1" "$2" inside
fi

# the elements in an order of ours, since theirs is a hash's; chains without a name are
# counted from the kernel's start
list()
{
	sed 's/__chain[0-9]*/__chain/' | sort
}

failed=0
for text in "$2"/decode/*.nft; do
	nft flush ruleset
	nft -f "$text"
	if [ -n "${UPDATE_GOLDEN:-}" ]; then
		timeout 10 "$1" >"${text%.nft}.txt"
		timeout 10 "$1" --raw "${text%.nft}.raw"
	fi
	if ! diff -u <(list <"${text%.nft}.txt") <(timeout 10 "$1" | list); then
		echo "$text: not what is expected"
		failed=1
	fi
done
for text in "$2"/fw/*.nft; do
	nft flush ruleset
	nft -f "$text"
	# frames between the ports of a bridge are not part of the proof
	! grep -q '^table bridge' "$text" || nft delete table bridge sekisho
	if ! timeout 10 "$1" | { ! grep 'unknown ('; }; then
		echo "$text: has what the decoder does not know"
		failed=1
	fi
done
exit $failed
