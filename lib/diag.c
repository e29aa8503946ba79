/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/diag.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/str.h"

/* The text may quote a hostile file: no control character reaches a terminal. */
static void clean(char *text)
{
	while (*text != '\0') {
		size_t len = str_printable_char(text);

		if (len == 0)
			*text = '?';
		text += len != 0 ? len : 1;
	}
}

void diag_add(struct diags *d, struct place at, const char *fmt, ...)
{
	va_list ap;
	struct diag *item;

	if (d->count++ >= DIAG_MAX)
		return;
	item = &d->item[d->count - 1];
	item->at = at;
	va_start(ap, fmt);
	(void)vsnprintf(item->text, sizeof(item->text), fmt, ap);
	va_end(ap);
	clean(item->text);
}

char *diag_print(const struct diags *d, const char *file, char *dst, size_t size)
{
	size_t used = 0;

	dst[0] = '\0';
	for (size_t i = 0; i < d->count && i <= DIAG_MAX; i++) {
		char line[DIAG_TEXT_MAX + 320];
		int n;

		if (i == DIAG_MAX)
			n = snprintf(line, sizeof(line), "%.256s: and %zu more\n", file,
				     d->count - DIAG_MAX);
		else if (d->item[i].at.line == 0)
			n = snprintf(line, sizeof(line), "%.256s: %s\n", file,
				     d->item[i].text);
		else
			n = snprintf(line, sizeof(line), "%.256s:%u:%u: %s\n", file,
				     d->item[i].at.line, d->item[i].at.column,
				     d->item[i].text);
		if (n < 0 || used + (size_t)n >= size)
			break;
		memcpy(dst + used, line, (size_t)n + 1);
		used += (size_t)n;
	}
	return dst;
}
