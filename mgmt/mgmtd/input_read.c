/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/input_read.h"

#include <errno.h>
#include <string.h>

#include "lib/str.h"

int input_refuse(struct input_error *e, enum msg msg, const char *arg)
{
	e->msg = msg;
	(void)str_copy(e->arg, sizeof(e->arg), str_is_printable_utf8(arg) ? arg : "?");
	return -EINVAL;
}

int input_keys(const json_t *body, const char *const *keys, struct input_error *e)
{
	const char *key;
	json_t *value;

	if (!json_is_object(body))
		return input_refuse(e, MSG_BAD_JSON, "");
	/* iterating does not change the object, but jansson's signature wants it so */
	json_object_foreach((json_t *)(uintptr_t)body, key, value)
	{
		size_t i = 0;

		while (keys[i] != NULL && strcmp(keys[i], key) != 0)
			i++;
		if (keys[i] == NULL)
			return input_refuse(e, MSG_UNKNOWN_KEY, key);
	}
	return 0;
}

bool input_has(const json_t *body, const char *key)
{
	const json_t *v = json_object_get(body, key);

	return v != NULL && !json_is_null(v);
}

int input_bool(const json_t *body, const char *key, bool *ret, struct input_error *e)
{
	const json_t *v = json_object_get(body, key);

	if (input_has(body, key) && !json_is_boolean(v))
		return input_refuse(e, MSG_WRONG_TYPE, key);
	*ret = json_is_true(v);
	return 0;
}

int input_string(const json_t *body, const char *key, const char **ret_text,
		 struct input_error *e)
{
	const json_t *v = json_object_get(body, key);

	if (v == NULL)
		return input_refuse(e, MSG_MISSING_KEY, key);
	if (!json_is_string(v))
		return input_refuse(e, MSG_WRONG_TYPE, key);
	*ret_text = json_string_value(v);
	return 0;
}

int input_line(const json_t *body, const char *key, char *dst, size_t size,
	       struct input_error *e)
{
	const char *text;

	if (input_string(body, key, &text, e) < 0)
		return -EINVAL;
	if (strlen(text) >= size || !str_is_printable_utf8(text) || str_is_blank(text))
		return input_refuse(e, MSG_BAD_TEXT, key);
	(void)str_copy(dst, size, text);
	return 0;
}

int input_maybe_line(const json_t *body, const char *key, char *dst, size_t size,
		     struct input_error *e)
{
	const json_t *v = json_object_get(body, key);

	dst[0] = '\0';
	if (!input_has(body, key) || (json_is_string(v) && json_string_length(v) == 0))
		return 0;
	return input_line(body, key, dst, size, e);
}
