/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_TEXT_MAX 1024

/* One write(2) a line, so that lines of several processes do not mix. */
static void PRINTF_FMT(3, 0)
	line(int priority, const char *area, const char *fmt, va_list ap)
{
	char text[LINE_TEXT_MAX];
	int head = snprintf(text, sizeof(text), "<%d>%.32s: ", priority, area);
	size_t len;

	if (head < 0)
		return;
	(void)vsnprintf(text + head, sizeof(text) - (size_t)head - 1, fmt, ap);
	len = strlen(text);
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			text[i] = '?';
	}
	text[len++] = '\n';
	if (write(STDERR_FILENO, text, len) == -1)
		return; /* nobody is left to tell */
}

void log_err(const char *area, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line(3, area, fmt, ap);
	va_end(ap);
}

void log_warn(const char *area, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line(4, area, fmt, ap);
	va_end(ap);
}

void log_info(const char *area, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line(6, area, fmt, ap);
	va_end(ap);
}
