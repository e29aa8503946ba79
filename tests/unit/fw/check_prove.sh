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
	unshare -n sh -c "at=\$(date +%s); \"$load\" $1 && $2; \"$prove\" $1 \$at" >"$out"
}

expect() { # CASE COMMAND RESULT
	in_case "$1" "$2" || true
	if ! grep -q "\"result\":\"$3\"" "$out"; then
		echo "$1 after '$2' should be $3:"
		cat "$out"
		exit 1
	fi
}

for name in smallest union clinic transparent admission nat limited vpn; do
	expect "$name" true proved
done
# what leaves under another address, where published ports lead to, and the ceilings
expect nat "nft flush chain inet sekisho publish-www" broken
expect nat "nft flush chain inet sekisho publish-www \\; add rule inet sekisho publish-www ip daddr 198.51.100.20 tcp dport { 80, 443 } dnat ip to 10.30.0.81" broken
grep -q '"flow":"www"' "$out"
expect nat "nft insert rule inet sekisho rate-net accept" broken
expect nat "nft insert rule inet sekisho rate-office return" proved
# a ceiling that is another one: by burst, by pair of addresses, and what is no ceiling at all
rates() { # SET-TYPE KEY4 KEY6 BURST RESULT
	expect nat "nft add set inet sekisho r4 '{ type ipv4_addr$1 ; size 9 ; flags dynamic,timeout ; timeout 1m ; }' \\; add set inet sekisho r6 '{ type ipv6_addr${1%4_addr}${1:+6_addr} ; size 9 ; flags dynamic,timeout ; timeout 1m ; }' \\; flush chain inet sekisho rate-net \\; add rule inet sekisho rate-net update @r4 { $2 limit rate 20/second burst $4 packets } goto count-net \\; add rule inet sekisho rate-net update @r6 { $3 limit rate 20/second burst $4 packets } goto count-net \\; add rule inet sekisho rate-net goto flood" "$5"
}
rates "" "ip saddr" "ip6 saddr" 20 proved
rates "" "ip saddr" "ip6 saddr" 200000 broken
rates " . ipv4_addr" "ip saddr . ip daddr" "ip6 saddr . ip6 daddr" 20 broken
tight() { # RULE: of others, and nothing but what it accepts passes
	expect nat "nft 'table inet other { set s { type nf_proto ; } ; chain c { type filter hook forward priority -5 ; policy drop ; $1 accept ; } ; }'" broken
}
tight "limit rate 1/second"
tight "quota 1 kbytes"
tight 'meta hour "09:00"-"17:00"'
tight "meta nfproto @s"
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
# an extension header is no protocol: TCP behind it has no flow here
expect clinic "nft insert rule inet sekisho forward-core oifname claims0 meta nfproto ipv6 @nh,48,8 60 meta l4proto tcp th dport 22 accept" not-proved
expect clinic "nft insert rule inet sekisho forward-core oifname claims0 meta nfproto ipv6 @nh,48,8 6 th dport 22 accept" broken
# connections whose mark is not their permit's do not end with it
expect clinic "nft 'table inet other { chain c { type filter hook forward priority 5 ; iifname core0 ct state new ct mark set 0x0f000000 ; } ; }'" broken
grep -q 'do not end with their permits' "$out"
expect clinic "nft 'table inet other { chain c { type filter hook forward priority 5 ; iifname claims0 ct state new ct mark set 0x0f000000 ; } ; }'" proved
expect clinic "nft 'table inet other { chain c { type filter hook forward priority -5 ; ct state new ct mark set 0x0f000000 ; } ; }'" broken
expect clinic "nft flush chain inet sekisho open-core-claims \\; add rule inet sekisho open-core-claims ct state established,new ct direction original ct mark @live accept \\; add rule inet sekisho open-core-claims ct state new meta nfproto @recording ct mark set 0x0f000000 accept" broken
# errors about others' connections, from a zone that no flow joins with theirs
expect clinic "nft insert rule inet sekisho forward-office position \$(nft -a list chain inet sekisho forward-office | sed -n 's/.*goto deny.*# handle //p') ct state related ct mark @live accept" broken
# permits that are limited to flows: one more, one less, one that does not end
expect limited "nft add element inet sekisho limited-1 { 0x03000002 }" broken
grep -q '"flow":"everything"' "$out"
expect limited "nft delete element inet sekisho limited-0 { 0x03000002 }" broken
grep -q '"kind":"less"' "$out"
expect limited "nft delete element inet sekisho limited-3 { 0x03000003 } \\; add element inet sekisho limited-3 { 0x03000003 }" broken
expect limited "nft insert rule inet sekisho limited-office goto forward-core" broken
# other people's rules that change packets, or lead them around ours
foreign() { # FAMILY CHAIN-HEAD RULE RESULT
	expect clinic "ip link add foreign0 type veth peer name foreign1 && nft add table $1 other \\; add chain $1 other c '{ type $2 }' \\; add rule $1 other c '$3'" "$4"
}
foreign ip "nat hook prerouting priority dstnat;" "tcp dport 443 dnat to 10.20.0.11" broken
foreign ip "nat hook prerouting priority dstnat;" "tcp dport 443 redirect to :80" broken
foreign ip "nat hook postrouting priority srcnat;" "masquerade" broken
foreign ip "nat hook postrouting priority srcnat;" "snat to 10.20.0.1" broken
foreign inet "filter hook prerouting priority mangle;" "tcp dport 443 ip daddr set 10.20.0.11" not-proved
foreign inet "filter hook prerouting priority mangle;" "tcp dport 443 tproxy ip to 127.0.0.1:80" not-proved
foreign inet "filter hook prerouting priority raw;" "tcp dport 443 notrack" not-proved
foreign inet "filter hook forward priority mangle;" "tcp dport 443 tcp dport set 80" not-proved
foreign netdev "filter hook ingress device foreign0 priority 0;" "fwd to foreign1" not-proved
foreign netdev "filter hook ingress device foreign0 priority 0;" "tcp dport 443 drop" proved
# where a flow masquerades, others do not: by another address, or for others than the flow's
leaving() { # RULE RESULT
	expect nat "nft 'table ip other { chain c { type nat hook postrouting priority 90 ; oifname claims0 ip daddr 10.20.0.0/24 tcp dport 443 $1 ; } ; }'" "$2"
}
leaving "ip saddr 10.10.0.0/24 snat to 10.20.0.77" broken
leaving "masquerade" broken
leaving "ip saddr 10.10.0.0/24 masquerade" proved
# chains that are not what they look like where they stand
table() { # CHAIN RESULT: one more table
	expect clinic "nft 'table inet other { $1 ; }'" "$2"
}
table "chain p { type filter hook prerouting priority raw; ct state invalid drop; }" not-proved
table "chain p { type filter hook output priority -200; jump q; }; chain q { ct mark 7 drop; }" not-proved
table "chain p { type filter hook prerouting priority raw; iifname core0 udp dport 7 drop; }" proved
table "chain p { type filter hook prerouting priority -199; ct state invalid drop; }" proved
table "chain p { type route hook output priority mangle; meta mark set 5; }" not-proved
table "chain p { type filter hook forward priority filter; meta mark set 5; }" not-proved
table "chain p { type filter hook forward priority filter; udp dport 7 drop; }" proved
table "chain p { type filter hook forward priority -5; meta mark set 5; }" proved
# connections that are open keep their marks, or answers stop and permits end nothing
table "chain p { type filter hook postrouting priority 0; ct mark set 0x42; }" not-proved
table "chain p { type filter hook prerouting priority 0; jump q; } ; chain q { ct mark set meta mark; }" not-proved
table "chain p { type filter hook forward priority 5; iifname claims0 ct state established ct mark set 0x42; }" not-proved
table "chain p { type filter hook output priority 5; ct state established ct mark set 0x42; }" not-proved
table "chain p { type filter hook prerouting priority 0; meta mark set ct mark; }" proved
# behind a VPN: another's address, and one that is missing
expect vpn "nft add element inet sekisho peers4 { wg0 . 10.40.0.9 : 0x01000001 }" broken
expect vpn "nft flush map inet sekisho peers6" broken
# nothing goes to cards in quarantine: what hold puts in
expect clinic "ip link add foreign0 type veth peer name foreign1 && nft 'table netdev sekisho { set quarantine { type ether_addr; elements = { 02:00:00:00:00:99 } ; } ; chain foreign0 { type filter hook egress device foreign0 priority 0; meta protocol ip6 icmpv6 type 133-137 accept; meta protocol != arp ether daddr @quarantine drop; } ; }'" proved
grep -q '"foreign":\[\]' "$out"
