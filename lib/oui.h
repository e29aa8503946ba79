/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * oui - who made a network card, from the IEEE's lists as Debian's ieee-data has them
 * (level 1)
 *
 * The lists are files of this machine; nothing is asked of the network. A longer prefix
 * (36, then 28, then 24 bits) is the better one.
 */
#ifndef LIB_OUI_H
#define LIB_OUI_H

#include <stddef.h>

#include "lib/addr.h"
#include "lib/attr.h"

#define OUI_DIR         "/usr/share/ieee-data"
#define OUI_FILE_MAX    (16u << 20) /* bytes of one list; the largest has 3 MB */
#define OUI_ENTRIES_MAX 200000 /* of all lists; there are 45,000 */
#define OUI_NAME_MAX    96 /* with the terminator; longer names are cut */

struct oui;

/*
 * Read oui.csv, mam.csv and oui36.csv in dir; one that is missing is left out, lines
 * that are none of the lists' are skipped. About 4 MB of memory, 50 ms.
 * Returns 0, -ENOENT (none of them is there) or another negative errno.
 */
int oui_load(const char *dir, struct oui **ret_oui) MUST_CHECK;
void oui_free(struct oui *o);

/*
 * The manufacturer, printable UTF-8, owned by o. NULL when o is NULL, the prefix is in
 * no list, or the address is not a manufacturer's (locally administered, a group's).
 */
const char *oui_find(const struct oui *o, struct mac mac);

size_t oui_count(const struct oui *o);

/* For tests: the same from one list's text, of len bytes. */
int oui_parse(const char *text, size_t len, struct oui **ret_oui) MUST_CHECK;

#endif
