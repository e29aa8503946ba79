/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/switch/answer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/str.h"

#define HEX_LEN  12
#define TEXT_MAX 17 /* six pairs and five signs between them */

static int read_mac(const char *text, struct mac *ret_mac)
{
	char hex[HEX_LEN + 1];
	struct mac mac;
	size_t used = 0;

	if (strnlen(text, TEXT_MAX + 1) > TEXT_MAX)
		return -EINVAL;
	for (const char *s = text; *s != '\0'; s++) {
		bool between = used > 0 && used % 2 == 0 && used < HEX_LEN;

		if (between && strchr(":-.", *s) != NULL && strchr(":-.", s[-1]) == NULL)
			continue;
		if (used == HEX_LEN)
			return -EINVAL;
		hex[used++] = *s;
	}
	hex[used] = '\0';
	if (used != HEX_LEN || str_unhex(hex, mac.b, sizeof(mac.b)) < 0 ||
	    !mac_is_unicast(mac))
		return -EINVAL;
	*ret_mac = mac;
	return 0;
}

int answer_mac(const char *name, const char *station, struct mac *ret_mac)
{
	struct mac mac, again;

	if (read_mac(name, &mac) < 0)
		return -EINVAL;
	if (station[0] != '\0' &&
	    (read_mac(station, &again) < 0 || !mac_equal(mac, again)))
		return -EINVAL;
	*ret_mac = mac;
	return 0;
}

void answer_text(const struct card *card, int64_t now, char dst[ANSWER_TEXT_MAX])
{
	int64_t left = ANSWER_AGAIN_S;

	if (card->until != 0 && card->until - now < left)
		left = card->until - now;
	(void)snprintf(dst, ANSWER_TEXT_MAX,
		       "Tunnel-Type = VLAN, Tunnel-Medium-Type = IEEE-802, "
		       "Tunnel-Private-Group-Id = \"%u\", Session-Timeout = %" PRId64
		       ", Termination-Action = RADIUS-Request\n",
		       (unsigned)card->vlan, left);
}
