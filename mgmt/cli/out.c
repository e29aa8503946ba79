/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/cli/out.h"

#include <errno.h>
#include <locale.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "lib/mem.h"
#include "lib/str.h"

#define COMPLAINT_MAX 4096

void out_init(void)
{
	(void)setlocale(LC_CTYPE, "C.UTF-8");
}

char *out_clean(const char *text, bool lines)
{
	char *copy = malloc(strlen(text) + 1), *to = copy;

	if (copy == NULL)
		return NULL;
	while (*text != '\0') {
		size_t len = str_printable_char(text);

		if (len != 0) {
			memcpy(to, text, len);
			to += len;
			text += len;
		} else {
			bool keep = lines && (*text == '\n' || *text == '\t');

			*to++ = keep ? *text : '?';
			text++;
		}
	}
	*to = '\0';
	return copy;
}

size_t out_width(const char *text)
{
	size_t width = 0;

	while (*text != '\0') {
		mbstate_t state = { 0 };
		wchar_t c = L'?';
		size_t len = str_printable_char(text);
		int w;

		if (len != 0 && mbrtowc(&c, text, len, &state) != len)
			c = L'?';
		w = wcwidth(c);
		width += w > 0 ? (size_t)w : 0;
		text += len != 0 ? len : 1;
	}
	return width;
}

void out_text(FILE *f, const char *text)
{
	CLEANUP(free_p) char *clean = out_clean(text, true);

	if (clean != NULL)
		(void)fputs(clean, f);
}

int out_json(FILE *f, const json_t *value)
{
	CLEANUP(free_p) char *text = json_dumps(value, JSON_INDENT(2) | JSON_ENCODE_ANY);
	CLEANUP(free_p) char *clean = text != NULL ? out_clean(text, true) : NULL;

	if (clean == NULL)
		return -ENOMEM;
	if (strcmp(clean, text) != 0) { /* then as escapes: JSON keeps its value */
		free(clean);
		clean = json_dumps(value,
				   JSON_INDENT(2) | JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
		if (clean == NULL)
			return -ENOMEM;
	}
	(void)fprintf(f, "%s\n", clean);
	return 0;
}

void out_complain(const char *fmt, ...)
{
	char text[COMPLAINT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	(void)fflush(stdout); /* so that both streams on one terminal stay in order */
	(void)fputs("sekisho: ", stderr);
	out_text(stderr, text);
	(void)fputc('\n', stderr);
}
