/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/host.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#define LABEL_MAX 63 /* RFC 1035, section 2.3.4 */

/*
 * A name whose last label begins with a digit could be read as an IPv4 address
 * in one of inet_aton()'s spellings (0x7f.1, 127.1, 2130706433); no top-level
 * domain begins with one (WHATWG URL, "ends in a number").
 */
static bool last_label_is_numeric(const char *host)
{
	const char *dot = strrchr(host, '.');
	const char *last = dot != NULL ? dot + 1 : host;

	return *last >= '0' && *last <= '9';
}

/* What may stand in a name, in lower case; 0: nothing else may. */
/* clang-format off */
static const char lower[256] = {
	['-'] = '-', ['.'] = '.', ['_'] = '_',
	['0'] = '0', '1', '2', '3', '4', '5', '6', '7', '8', '9',
	['A'] = 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm',
	'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z',
	['a'] = 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm',
	'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z',
};
/* clang-format on */

static bool has_good_labels(const char *host, size_t len)
{
	const char *end = host + len, *dot;

	for (const char *p = host;; p = dot + 1) {
		dot = memchr(p, '.', (size_t)(end - p));
		if (dot == NULL)
			dot = end;
		if (dot == p || dot - p > LABEL_MAX || *p == '-' || dot[-1] == '-')
			return false;
		if (dot == end)
			return true;
	}
}

int host_normalise(const char *text, char ret_host[HOST_MAX + 1])
{
	char host[HOST_MAX + 1];
	size_t len = strlen(text);
	bool foreign = false;

	if (len > 0 && text[len - 1] == '.')
		len--;
	if (len == 0 || len > HOST_MAX)
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		host[i] = lower[(uint8_t)text[i]];
		foreign |= host[i] == 0;
	}
	if (foreign)
		return -EINVAL;
	host[len] = '\0';
	if (!has_good_labels(host, len) || last_label_is_numeric(host))
		return -EINVAL;
	memcpy(ret_host, host, len + 1);
	return 0;
}

int host_pattern_normalise(const char *text, char ret_pattern[HOST_PATTERN_MAX + 1])
{
	bool wildcard = strncmp(text, "*.", 2) == 0;
	char host[HOST_MAX + 1];
	int r = host_normalise(wildcard ? text + 2 : text, host);

	if (r < 0)
		return r;
	if (wildcard && strchr(host, '.') == NULL)
		return -EINVAL; /* "*.jp" would be a whole country */
	memcpy(ret_pattern, "*.", 2);
	memcpy(ret_pattern + (wildcard ? 2 : 0), host, strlen(host) + 1);
	return 0;
}

bool host_pattern_matches(const char *pattern, const char *host)
{
	size_t suffix, len;

	if (strncmp(pattern, "*.", 2) != 0)
		return strcmp(pattern, host) == 0;
	suffix = strlen(pattern + 1); /* with its dot */
	len = strlen(host);
	return len > suffix && memcmp(host + len - suffix, pattern + 1, suffix) == 0;
}
