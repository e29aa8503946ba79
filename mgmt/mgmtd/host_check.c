/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/host_check.h"

#include <errno.h>
#include <string.h>

#include "lib/addr.h"
#include "lib/str.h"

static const struct {
	enum names_warning warning;
	const char *code;
} codes[] = {
	{ NAMES_WARNING_MIXED, "mixed-script" },
	{ NAMES_WARNING_LOOKALIKE, "lookalike" },
	{ NAMES_WARNING_DIGITS, "digits" },
	{ NAMES_WARNING_ROUND_TRIP, "round-trip" },
};

static const char *const wide_texts[] = {
	"It covers the domains of everybody below a public suffix.",
	"公共のドメイン(サフィックス)"
	"の下にある、不特定多数の組織のドメインが対象になります。",
};

int host_check_pattern(const char *text, char ret_pattern[HOST_PATTERN_MAX + 1])
{
	unsigned warnings;
	int r = names_pattern_from_text(text, ret_pattern, &warnings);

	return r == 0 || r == -ENOMEM ? r : -EINVAL;
}

bool host_check_is_wide(const char *pattern)
{
	return names_public_suffix(pattern) != NAMES_SUFFIX_NONE;
}

bool host_check_show(const char *pattern, char dst[HOST_CHECK_TEXT_MAX])
{
	return names_unicode(pattern, dst) == 1;
}

static void add(json_t *list, const char *code, const char *text)
{
	(void)json_array_append_new(list,
				    json_pack("{s:s, s:s}", "code", code, "text", text));
}

json_t *host_check_warnings(const char *pattern, bool ja)
{
	char again[HOST_PATTERN_MAX + 1];
	json_t *list = json_array();
	unsigned warnings = 0;
	struct addr a;

	if (list == NULL || addr_parse(pattern, &a) == 0 ||
	    names_pattern_from_text(pattern, again, &warnings) < 0)
		return list;
	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		if ((warnings & (unsigned)codes[i].warning) != 0)
			add(list, codes[i].code,
			    names_warning_text(codes[i].warning, ja ? "ja" : "en"));
	}
	if (host_check_is_wide(pattern))
		add(list, "public-suffix", wide_texts[ja ? 1 : 0]);
	return list;
}

void host_check_domain(const char *host, char dst[HOST_MAX + 1])
{
	if (names_registrable(host, dst) < 0)
		(void)str_copy(dst, HOST_MAX + 1, host);
}
