/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fingerprint - which options a DHCP client asks for, and its vendor class, as text (pure)
 *
 *     1,3,6,15,31,33,43,44,46,47,119,121,249,252 MSFT 5.0
 *
 * An operating system asks for the same options in the same order each time.
 */
#ifndef FW_SENSOR_FINGERPRINT_H
#define FW_SENSOR_FINGERPRINT_H

#include "lib/rd.h"

#define FINGERPRINT_MAX  120
#define FINGERPRINT_CODE 24 /* option codes that fit, of 65535 at most, with room left */

/*
 * codes: option numbers of width 1 or 2 bytes; vendor: its class, any bytes, foreign
 * ones become '?'. dst is "" when both are empty.
 */
void fingerprint_set(char dst[FINGERPRINT_MAX], struct rd codes, unsigned width,
		     struct rd vendor);

#endif
