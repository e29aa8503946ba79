/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/cli/pages.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/id.h"
#include "lib/mem.h"
#include "lib/str.h"
#include "mgmt/cli/ask.h"
#include "mgmt/cli/client.h"
#include "mgmt/cli/show.h"

#define PAGE 1000

/* "&state=..." and so on; the caller frees it. */
static char *query_of(const struct args *a, const char *const *filters)
{
	char *query = NULL;
	size_t len;
	FILE *f = open_memstream(&query, &len);

	if (f == NULL)
		return NULL;
	for (; *filters != NULL; filters++) {
		const char *value = args_value(a, *filters);
		CLEANUP(free_p) char *escaped = NULL;

		if (value == NULL)
			continue;
		escaped = client_escape(value);
		(void)fprintf(f, "&%s=%s", *filters, escaped != NULL ? escaped : "");
	}
	if (fclose(f) == 0)
		return query;
	free(query);
	return NULL;
}

json_t *pages_get(const struct cli *c, const char *path, const char *key,
		  const char *const *filters)
{
	CLEANUP(free_p) char *query = query_of(&c->args, filters);
	CLEANUP(ask_free) json_t *list = json_array();
	char after[ID_TEXT_MAX] = "";

	while (query != NULL) {
		CLEANUP(ask_free)
		json_t *answer = ask_get(c, "%s?limit=%d%s%s%s", path, PAGE, query,
					 after[0] != '\0' ? "&after=" : "", after);
		json_t *page = json_object_get(answer, key);
		size_t n = json_array_size(page);

		if (answer == NULL || json_array_extend(list, page) < 0)
			return NULL;
		if (!json_is_true(json_object_get(answer, "more")) || n == 0)
			return json_pack("{s:O}", key, list);
		(void)str_copy(after, sizeof(after),
			       show_string(json_array_get(page, n - 1), "id"));
	}
	return NULL;
}
