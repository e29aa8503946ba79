/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/oui.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fdio.h"
#include "lib/mem.h"
#include "lib/paths.h"
#include "lib/record.h"
#include "lib/str.h"

#define LOCAL  0x02 /* bit of the first byte: given by software, not by a maker */
#define DIGITS 12

struct entry {
	uint64_t prefix; /* the address with zeros behind its digits */
	uint32_t name; /* offset into names */
	uint8_t bits;
};

struct oui {
	struct entry *entry; /* by prefix, then bits */
	size_t count;
	size_t room;
	char *names; /* terminated strings */
	size_t names_len;
	size_t names_room;
};

static int grow(void **array, size_t *room, size_t need, size_t unit)
{
	size_t next = *room != 0 ? *room : 1024;
	void *p;

	while (next < need)
		next *= 2;
	if (next == *room)
		return 0;
	p = realloc(*array, next * unit);
	if (p == NULL)
		return -ENOMEM;
	*array = p;
	*room = next;
	return 0;
}

static int add(struct oui *o, uint64_t prefix, uint8_t bits, const char *name)
{
	size_t len = strlen(name) + 1;
	void *entries = o->entry, *names = o->names;
	int r;

	if (o->count == OUI_ENTRIES_MAX)
		return -EFBIG;
	r = grow(&entries, &o->room, o->count + 1, sizeof(*o->entry));
	o->entry = entries;
	if (r == 0)
		r = grow(&names, &o->names_room, o->names_len + len, 1);
	o->names = names;
	if (r < 0)
		return r;
	memcpy(o->names + o->names_len, name, len);
	o->entry[o->count++] = (struct entry){ .prefix = prefix,
					       .name = (uint32_t)o->names_len,
					       .bits = bits };
	o->names_len += len;
	return 0;
}

/* Step over one field of the line; "quoted" ones hold commas, and "" for a quote. */
static const char *read_field(const char *s, const char *end, char *dst, size_t size)
{
	bool quoted = s < end && *s == '"';
	size_t len = 0;

	for (s += quoted ? 1 : 0; s < end; s++) {
		if (quoted && *s == '"') {
			if (s + 1 == end || s[1] != '"') {
				quoted = false;
				continue;
			}
			s++;
		} else if (!quoted && *s == ',') {
			break;
		}
		if (len < size - 1)
			dst[len++] = *s;
	}
	dst[len] = '\0';
	return s < end ? s + 1 : end;
}

/* Registry,Assignment,Organization Name,... */
static int read_line(struct oui *o, const char *s, const char *end)
{
	char digits[DIGITS + 2], text[OUI_NAME_MAX], name[OUI_NAME_MAX];
	uint8_t bytes[DIGITS / 2];
	uint64_t prefix = 0;
	size_t len;

	s = read_field(s, end, text, sizeof(text));
	s = read_field(s, end, digits, sizeof(digits));
	(void)read_field(s, end, text, sizeof(text));
	len = strlen(digits);
	if (len != 6 && len != 7 && len != 9)
		return 0;
	memset(digits + len, '0', DIGITS - len);
	digits[DIGITS] = '\0';
	if (str_unhex(digits, bytes, sizeof(bytes)) < 0)
		return 0;
	for (size_t i = 0; i < sizeof(bytes); i++)
		prefix = prefix << 8 | bytes[i];
	record_set_str(name, sizeof(name), text);
	return name[0] != '\0' ? add(o, prefix, (uint8_t)(len * 4), name) : 0;
}

static int read_text(struct oui *o, const char *text, size_t len)
{
	const char *end = text + len;

	while (text < end) {
		const char *eol = memchr(text, '\n', (size_t)(end - text));
		const char *stop = eol != NULL ? eol : end;
		int r = read_line(o, text,
				  stop > text && stop[-1] == '\r' ? stop - 1 : stop);

		if (r < 0)
			return r;
		text = eol != NULL ? eol + 1 : end;
	}
	return 0;
}

static int compare(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;

	if (a->prefix != b->prefix)
		return a->prefix < b->prefix ? -1 : 1;
	return (int)a->bits - (int)b->bits;
}

static void sort(struct oui *o)
{
	if (o->count != 0)
		qsort(o->entry, o->count, sizeof(*o->entry), compare);
}

void oui_free(struct oui *o)
{
	if (o == NULL)
		return;
	free(o->entry);
	free(o->names);
	free(o);
}

int oui_parse(const char *text, size_t len, struct oui **ret_oui)
{
	struct oui *o = calloc(1, sizeof(*o));
	int r = o != NULL ? read_text(o, text, len) : -ENOMEM;

	if (r < 0) {
		oui_free(o);
		return r;
	}
	sort(o);
	*ret_oui = o;
	return 0;
}

static int read_list(struct oui *o, const char *dir, const char *file)
{
	CLEANUP(free_p) char *text = NULL;
	char path[PATH_TEXT_MAX];
	size_t len;
	int r = path_join(path, dir, file);

	if (r == 0)
		r = fdio_read_file(path, OUI_FILE_MAX, &text, &len);
	return r < 0 ? r : read_text(o, text, len);
}

int oui_load(const char *dir, struct oui **ret_oui)
{
	static const char *const files[] = { "/oui.csv", "/mam.csv", "/oui36.csv" };
	struct oui *o = calloc(1, sizeof(*o));
	size_t found = 0;
	int r = o != NULL ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(files); i++) {
		r = read_list(o, dir, files[i]);
		found += r == 0;
		r = r == -ENOENT ? 0 : r;
	}
	if (r == 0 && found == 0)
		r = -ENOENT;
	if (r < 0) {
		oui_free(o);
		return r;
	}
	sort(o);
	*ret_oui = o;
	return 0;
}

const char *oui_find(const struct oui *o, struct mac mac)
{
	static const uint8_t widths[] = { 36, 28, 24 };
	uint64_t address = 0;

	if (o == NULL || o->count == 0 || !mac_is_unicast(mac) || (mac.b[0] & LOCAL) != 0)
		return NULL;
	for (size_t i = 0; i < sizeof(mac.b); i++)
		address = address << 8 | mac.b[i];
	for (size_t i = 0; i < ARRAY_LEN(widths); i++) {
		unsigned rest = 48u - widths[i];
		struct entry key = { .prefix = address >> rest << rest,
				     .bits = widths[i] };
		const struct entry *e =
			bsearch(&key, o->entry, o->count, sizeof(key), compare);

		if (e != NULL)
			return o->names + e->name;
	}
	return NULL;
}

size_t oui_count(const struct oui *o)
{
	return o->count;
}
