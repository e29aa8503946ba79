# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames that a machine of ours would not send. Run inside a namespace: frames.py KIND [MAC]."""
import logging
import random
import socket
import sys
import time

logging.getLogger("scapy").setLevel(logging.ERROR)
# pylint: disable=wrong-import-position,no-name-in-module
from scapy.layers.dhcp import BOOTP, DHCP  # noqa: E402
from scapy.layers.dhcp6 import DHCP6_Advertise, DHCP6OptServerId, DUID_LL  # noqa: E402
from scapy.layers.inet import IP, UDP  # noqa: E402
from scapy.layers.inet6 import (ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6ND_RA, ICMPv6NDOptDstLLAddr,  # noqa: E402
                                ICMPv6NDOptPrefixInfo, ICMPv6NDOptSrcLLAddr,
                                IPv6, IPv6ExtHdrDestOpt)
from scapy.layers.l2 import ARP, Ether  # noqa: E402

INTERFACE = "eth0"
ALL = "ff:ff:ff:ff:ff:ff"
GATEWAY4, GATEWAY6 = "10.30.0.1", "fd30::1"


def broadcast(mac, layer):
    return bytes(Ether(src=mac, dst=ALL) / layer)


def presence(mac):
    return broadcast(mac, ARP(op=1, hwsrc=mac, psrc="10.30.0.99", pdst="10.30.0.1"))


def arp_gateway(mac):
    return [broadcast(mac, ARP(op=2, hwsrc=mac, psrc=GATEWAY4, hwdst=ALL, pdst=GATEWAY4))] * 5


def nd_gateway(mac):
    return [bytes(Ether(src=mac, dst="33:33:00:00:00:01") /
                  IPv6(src="fe80::99", dst="ff02::1", hlim=255) /
                  ICMPv6ND_NA(tgt=GATEWAY6, R=1, O=1) / ICMPv6NDOptDstLLAddr(lladdr=mac))] * 5


def arp_neighbour(mac):
    """office-pc's address."""
    return [broadcast(mac, ARP(op=2, hwsrc=mac, psrc="10.30.0.10", hwdst=ALL,
                               pdst="10.30.0.10"))] * 5


def nd_neighbour(mac):
    """office-pc's other address."""
    return [bytes(Ether(src=mac, dst="33:33:00:00:00:01") /
                  IPv6(src="fe80::99", dst="ff02::1", hlim=255) /
                  ICMPv6ND_NA(tgt="fd30::10", R=0, O=1) / ICMPv6NDOptDstLLAddr(lladdr=mac))] * 5


def dhcp_client(mac, wants):
    return [broadcast(mac, IP(src="0.0.0.0", dst="255.255.255.255") / UDP(sport=68, dport=67) /
                      BOOTP(chaddr=bytes.fromhex(mac.replace(":", ""))) /
                      DHCP(options=[("message-type", "discover"), ("param_req_list", wants),
                                    "end"]))] * 3


def dhcp(mac):
    return [broadcast(mac, IP(src="10.30.0.66", dst="255.255.255.255") /
                      UDP(sport=67, dport=68) /
                      BOOTP(op=2, yiaddr="10.30.0.77", chaddr=bytes(6)) /
                      DHCP(options=[("message-type", "offer"), "end"]))] * 5


def dhcp6(mac):
    return [bytes(Ether(src=mac, dst="33:33:00:00:00:01") / IPv6(src="fe80::66", dst="ff02::1") /
                  UDP(sport=547, dport=546) / DHCP6_Advertise(trid=1) /
                  DHCP6OptServerId(duid=DUID_LL(lladdr=mac)))] * 5


def router(mac, *extension):
    packet = IPv6(src="fe80::66", dst="ff02::1", hlim=255)
    for layer in extension:
        packet = packet / layer
    return [bytes(Ether(src=mac, dst="33:33:00:00:00:01") / packet /
                  ICMPv6ND_RA(routerlifetime=1800) / ICMPv6NDOptSrcLLAddr(lladdr=mac) /
                  ICMPv6NDOptPrefixInfo(prefix="2001:db8:66::", prefixlen=64))] * 3


def router_hidden(mac):
    return router(mac, IPv6ExtHdrDestOpt())


def scan(mac):
    return [broadcast(mac, ARP(op=1, hwsrc=mac, psrc="10.30.0.99", pdst=f"10.30.{net}.{host}"))
            for net in (0, 1) for host in range(2, 255)]


def nd_scan(mac):
    return [bytes(Ether(src=mac, dst="33:33:ff:00:00:01") /
                  IPv6(src="fe80::99", dst="ff02::1:ff00:1", hlim=255) /
                  ICMPv6ND_NS(tgt=f"fd30::1:{host:x}") / ICMPv6NDOptSrcLLAddr(lladdr=mac))
            for host in range(2, 512)]


def flood(mac):
    """Like macof: every frame from another card."""
    frame = bytearray(presence(mac))
    random.seed(5)
    result = []
    for _ in range(3000):
        invented = bytes([2, 0x77]) + random.randbytes(4)
        frame[6:12] = frame[22:28] = invented
        result.append(bytes(frame))
    return result


KINDS = {"presence": lambda mac: [presence(mac)], "arp-gateway": arp_gateway,
         "nd-gateway": nd_gateway, "arp-neighbour": arp_neighbour, "dhcp": dhcp, "dhcp6": dhcp6,
         "nd-neighbour": nd_neighbour, "nd-scan": nd_scan, "router": router,
         "router-hidden": router_hidden, "scan": scan, "flood": flood,
         "dhcp-windows": lambda mac: dhcp_client(mac, [1, 3, 6, 15, 31, 33, 43, 44, 46, 47]),
         "dhcp-printer": lambda mac: dhcp_client(mac, [1, 3, 6, 12, 15])}


def main():
    kind, mac = sys.argv[1], sys.argv[2]
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as s:
        s.bind((INTERFACE, 0))
        for count, frame in enumerate(KINDS[kind](mac)):
            s.send(frame)
            if count % 50 == 49:
                time.sleep(0.002)


if __name__ == "__main__":
    main()
