/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/cli/device_word.h"

#include "lib/str.h"
#include "mgmt/cli/out.h"

int device_word(const char *word, char dst[ID_TEXT_MAX])
{
	struct addr a;
	struct mac mac;

	_Static_assert(ID_TEXT_MAX >= MAC_TEXT_MAX, "dst holds both");
	if (mac_read(word, &mac) == 0) {
		mac_format(mac, dst);
		return CLI_DONE;
	}
	if (addr_parse(word, &a) == 0) { /* behind a VPN */
		mac_format(mac_of_addr(addr_unmap(a)), dst);
		return CLI_DONE;
	}
	if (id_is('d', word) || id_is('r', word))
		return str_copy(dst, ID_TEXT_MAX, word) == 0 ? CLI_DONE : CLI_MISUSE;
	out_complain("'%s' is neither a device's id nor a MAC or IP address", word);
	return CLI_MISUSE;
}
