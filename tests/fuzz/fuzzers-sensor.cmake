# SPDX-License-Identifier: GPL-3.0-or-later
foreach(name arp dhcp4 dhcp6 lldp mdns nd sight)
	fuzzer(${name} sensor_decode)
endforeach()
fuzzer(card sensor_events)
fuzzer(sensor_memory sensor_events)
foreach(name ctevent nflog)
	fuzzer(${name} gated_events common)
endforeach()
