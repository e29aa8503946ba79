/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * names - host names as people type them: to normal form and back, with advice
 *
 * Pure but for the public suffix list, which is read once from Debian's publicsuffix
 * or, where that is missing or older, from the library. Names in normal form are
 * those of lib/host.h. All functions may be called from any thread.
 */
#ifndef LIB_NAMES_NAMES_H
#define LIB_NAMES_NAMES_H

#include "lib/attr.h"
#include "lib/host.h"

#define NAMES_TEXT_MAX    1024 /* bytes of what a person typed */
#define NAMES_UNICODE_MAX 1024 /* bytes of the longest name in Unicode, UTF-8 */

enum names_warning { /* flags */
		     /* a label mixes scripts otherwise than UTS 39 "highly restrictive" permits */
		     NAMES_WARNING_MIXED = 1 << 0,
		     /* every character of a label can be taken for a Latin one, and is not all ASCII */
		     NAMES_WARNING_LOOKALIKE = 1 << 1,
		     /* digits other than 0 to 9, or letters that look like digits beside digits */
		     NAMES_WARNING_DIGITS = 1 << 2,
		     /* an "xn--" label that is not what its Unicode form would be encoded to */
		     NAMES_WARNING_ROUND_TRIP = 1 << 3,
};

enum names_suffix {
	NAMES_SUFFIX_NONE,
	NAMES_SUFFIX_ICANN, /* a registry's: *.co.jp */
	NAMES_SUFFIX_PRIVATE, /* a provider's, whose customers get the names: *.github.io */
};

/*
 * Typed text (UTF-8) to an allowlist pattern, by UTS 46, non-transitional. Spaces
 * around it are taken away; full-width letters and dots are understood; "*." is kept.
 * ret_warnings gets names_warning flags. Returns 0, -EDESTADDRREQ (more than a name:
 * URL, path, port, mail address, IPv6 address), -EILSEQ (not UTF-8), -ENAMETOOLONG
 * (over NAMES_TEXT_MAX), -EINVAL (no host name) or -ENOMEM.
 */
int names_pattern_from_text(const char *utf8, char ret_pattern[HOST_PATTERN_MAX + 1],
			    unsigned *ret_warnings) MUST_CHECK;

/* What to tell a person about one flag. lang: "ja", else English. Never NULL. */
const char *names_warning_text(enum names_warning warning, const char *lang);

/*
 * A host or pattern in normal form for display: in Unicode when that, typed in, gives
 * the same pattern and nothing is to be warned of, else as it is. Returns 1 (Unicode), 0
 * (as it is), -EINVAL (not in normal form) or -ENOMEM.
 */
int names_unicode(const char *pattern, char ret_text[NAMES_UNICODE_MAX + 1]) MUST_CHECK;

/* Whose names does a wildcard pattern open? NONE for a pattern that is no wildcard. */
enum names_suffix names_public_suffix(const char *pattern);

/*
 * The registrable domain of a host or pattern in normal form, to group by; the name
 * itself (without "*.") when it is a public suffix. Returns 0 or -EINVAL.
 */
int names_registrable(const char *pattern, char ret_domain[HOST_MAX + 1]) MUST_CHECK;

#endif
