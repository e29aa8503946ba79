/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/names/names.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <idn2.h>

#include "lib/names/script.h"
#include "lib/names/utf8.h"

/*
 * Not IDN2_USE_STD3_ASCII_RULES: libidn2 then drops what is not permitted without a
 * word, and "a_b" becomes "ab". lib/host.h checks the ASCII that comes out.
 */
#define IDN_FLAGS (IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT)

#define LABEL_UTF8_MAX (4 * SCRIPT_LABEL_MAX)

static void free_idn(char **p)
{
	idn2_free(*p);
}

static int idn_error(int r)
{
	return r == IDN2_MALLOC ? -ENOMEM : -EINVAL;
}

static bool is_dot(uint32_t c)
{
	return c == '.' || c == 0x3002 || c == 0xff0e || c == 0xff61;
}

static bool is_space(uint32_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == 0x3000;
}

/* Of URLs, mail and IPv6 addresses, also in full width; in no name. */
static bool is_url_mark(uint32_t c)
{
	uint32_t narrow = c >= 0xff01 && c <= 0xff5e ? c - 0xff01 + '!' : c;

	return narrow != 0 && narrow < 0x80 && strchr(":/?#@\\[]", (int)narrow) != NULL;
}

/* "≠", "≮" and "≯" are ASCII signs with a stroke: what STD3 rules would refuse. */
static bool is_struck(uint32_t c)
{
	return c == 0x2260 || c == 0x226e || c == 0x226f;
}

struct typed {
	const char *begin, *end; /* without the spaces around it */
	bool ascii;
};

static int look(const char *text, struct typed *ret)
{
	struct typed t = { .ascii = true };

	if (strnlen(text, NAMES_TEXT_MAX + 1) > NAMES_TEXT_MAX)
		return -ENAMETOOLONG;
	while (*text != '\0') {
		const char *at = text;
		uint32_t c;

		if (!utf8_next(&text, &c))
			return -EILSEQ;
		if (is_space(c))
			continue; /* one inside is no host name: found later */
		if (is_url_mark(c))
			return -EDESTADDRREQ;
		t.begin = t.begin != NULL ? t.begin : at;
		t.end = text;
		t.ascii = t.ascii && c < 0x80;
	}
	if (t.begin == NULL)
		return -EINVAL;
	*ret = t;
	return 0;
}

/* Steps over "*." in any width. */
static bool take_wildcard(const char **text)
{
	const char *p = *text;
	uint32_t star, dot;

	if (!utf8_next(&p, &star) || (star != '*' && star != 0xff0a) ||
	    !utf8_next(&p, &dot) || !is_dot(dot))
		return false;
	*text = p;
	return true;
}

static int pattern_from_unicode(const char *text, char ret_pattern[HOST_PATTERN_MAX + 1])
{
	bool wildcard = take_wildcard(&text);
	CLEANUP(free_idn) char *ascii = NULL;
	char pattern[HOST_PATTERN_MAX + 2]; /* with a final dot */
	int r = idn2_to_ascii_8z(text, &ascii, IDN_FLAGS), n;

	if (r != IDN2_OK)
		return idn_error(r);
	n = snprintf(pattern, sizeof(pattern), "%s%s", wildcard ? "*." : "", ascii);
	if (n < 0 || (size_t)n >= sizeof(pattern))
		return -EINVAL;
	return host_pattern_normalise(pattern, ret_pattern);
}

/* One label of a normalised host; utf8 and label get its Unicode form. */
static int read_label(const char *text, size_t len, char utf8[LABEL_UTF8_MAX + 1],
		      struct script_label *label)
{
	CLEANUP(free_idn) char *unicode = NULL;
	CLEANUP(free_idn) char *again = NULL;
	char ascii[SCRIPT_LABEL_MAX + 1];
	const char *p = utf8;
	int r;

	memcpy(ascii, text, len);
	ascii[len] = '\0';
	memcpy(utf8, ascii, len + 1);
	if (strncmp(ascii, "xn--", 4) == 0) {
		r = idn2_to_unicode_8z8z(ascii, &unicode, IDN_FLAGS);
		if (r != IDN2_OK)
			return idn_error(r);
		r = idn2_to_ascii_8z(unicode, &again, IDN_FLAGS);
		if (r != IDN2_OK)
			return idn_error(r);
		if (strcmp(ascii, again) != 0 || strlen(unicode) > LABEL_UTF8_MAX)
			return -EINVAL;
		memcpy(utf8, unicode, strlen(unicode) + 1);
	}
	for (label->len = 0; *p != '\0'; label->len++) {
		uint32_t c;

		if (label->len == SCRIPT_LABEL_MAX || !utf8_next(&p, &c) || is_struck(c))
			return -EINVAL;
		label->c[label->len] = c;
	}
	return 0;
}

struct reading {
	char text[NAMES_UNICODE_MAX + 1]; /* whole only without ROUND_TRIP */
	size_t len;
	unsigned warnings;
	bool unicode; /* some label is not ASCII */
};

/* Scripts of the last label; none when it cannot be read. */
static int top_scripts(const char *host, unsigned *ret_set)
{
	const char *dot = strrchr(host, '.'), *top = dot != NULL ? dot + 1 : host;
	char utf8[LABEL_UTF8_MAX + 1];
	struct script_label label;
	int r = read_label(top, strlen(top), utf8, &label);

	if (r == -ENOMEM)
		return r;
	*ret_set = r < 0 ? 0 : script_set(&label);
	return 0;
}

static int read_next(const char *text, size_t len, unsigned top, struct reading *reading)
{
	char utf8[LABEL_UTF8_MAX + 1];
	struct script_label label;
	int r = read_label(text, len, utf8, &label);

	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		reading->warnings |= NAMES_WARNING_ROUND_TRIP;
		return 0;
	}
	if (!script_set_is_usual(script_set(&label)))
		reading->warnings |= NAMES_WARNING_MIXED;
	if (script_is_lookalike(&label, top))
		reading->warnings |= NAMES_WARNING_LOOKALIKE;
	if (script_has_odd_digits(&label))
		reading->warnings |= NAMES_WARNING_DIGITS;
	len = strlen(utf8);
	if (len >= sizeof(reading->text) - reading->len)
		return -EINVAL;
	memcpy(reading->text + reading->len, utf8, len + 1);
	reading->len += len;
	reading->unicode = reading->unicode || label.len != len;
	return 0;
}

/* A pattern in normal form, label by label. */
static int read_pattern(const char *pattern, struct reading *reading)
{
	const char *p = pattern;
	unsigned top;
	int r;

	*reading = (struct reading){ 0 };
	if (strncmp(p, "*.", 2) == 0) {
		memcpy(reading->text, p, 2);
		reading->len = 2;
		p += 2;
	}
	r = top_scripts(p, &top);
	while (r == 0) {
		size_t len = strcspn(p, ".");

		r = read_next(p, len, top, reading);
		p += len;
		if (r < 0 || *p == '\0')
			break;
		p++;
		if (reading->len + 1 >= sizeof(reading->text))
			return -EINVAL;
		reading->text[reading->len++] = '.';
	}
	return r;
}

int names_pattern_from_text(const char *utf8, char ret_pattern[HOST_PATTERN_MAX + 1],
			    unsigned *ret_warnings)
{
	char text[NAMES_TEXT_MAX + 1], pattern[HOST_PATTERN_MAX + 1];
	struct reading reading = { 0 };
	struct typed typed;
	int r = look(utf8, &typed);

	if (r < 0)
		return r;
	memcpy(text, typed.begin, (size_t)(typed.end - typed.begin));
	text[typed.end - typed.begin] = '\0';
	r = typed.ascii ? host_pattern_normalise(text, pattern)
			: pattern_from_unicode(text, pattern);
	if (r == 0)
		r = read_pattern(pattern, &reading);
	if (r < 0)
		return r;
	/* typed in Unicode, it has no Unicode form: nothing that was meant */
	if (!typed.ascii && (reading.warnings & NAMES_WARNING_ROUND_TRIP) != 0)
		return -EINVAL;
	memcpy(ret_pattern, pattern, strlen(pattern) + 1);
	*ret_warnings = reading.warnings;
	return 0;
}

int names_unicode(const char *pattern, char ret_text[NAMES_UNICODE_MAX + 1])
{
	char normal[HOST_PATTERN_MAX + 1];
	struct reading reading;
	int r = host_pattern_normalise(pattern, normal);

	if (r == 0 && strcmp(pattern, normal) != 0)
		r = -EINVAL;
	if (r == 0)
		r = read_pattern(normal, &reading);
	if (r < 0)
		return r;
	if (reading.warnings == 0 && reading.unicode) {
		/* labels that are right each may not be together (RFC 5893) */
		r = pattern_from_unicode(reading.text, normal);
		if (r == -ENOMEM)
			return r;
		if (r == 0 && strcmp(pattern, normal) == 0) {
			memcpy(ret_text, reading.text, reading.len + 1);
			return 1;
		}
	}
	memcpy(ret_text, pattern, strlen(pattern) + 1);
	return 0;
}

const char *names_warning_text(enum names_warning warning, const char *lang)
{
	bool ja = strcmp(lang, "ja") == 0;

	switch (warning) {
	case NAMES_WARNING_MIXED:
		return ja ? "一つの区切りの中に異なる種類の文字が混ざっています。"
			    "別の名前に見せかけたものでないか確かめてください。"
			  : "Letters of different scripts are mixed between two dots. "
			    "Check "
			    "that the name is not made to look like another.";
	case NAMES_WARNING_LOOKALIKE:
		return ja ? "英字に見えますが、英字ではない文字が使われています。"
			    "意図した名前か確かめてください。"
			  : "It looks like Latin letters but contains others. Check that "
			    "it "
			    "is the name you mean.";
	case NAMES_WARNING_DIGITS:
		return ja ? "0～9以外の数字、または数字に見える文字が使われています。"
			  : "It contains digits other than 0 to 9, or letters that look "
			    "like "
			    "digits.";
	case NAMES_WARNING_ROUND_TRIP:
		return ja ? "「xn--」で始まる部分が正しい国際化名ではありません。"
			  : "A part that begins with \"xn--\" is not a valid "
			    "internationalised name.";
	}
	return ja ? "不明な注意です。" : "Unknown warning.";
}
