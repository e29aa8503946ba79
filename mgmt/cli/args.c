/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/cli/args.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct spec {
	bool value;
	bool repeat;
};

static int fail(struct args *a, const char *fmt, ...) PRINTF_FMT(2, 3);

static int fail(struct args *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(a->error, sizeof(a->error), fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static bool find_spec(const char *options, const char *name, size_t len,
		      struct spec *ret_spec)
{
	while (*options != '\0') {
		size_t word = strcspn(options, " ");
		size_t bare = strcspn(options, " =");

		if (bare == len && len != 0 && strncmp(options, name, len) == 0) {
			ret_spec->value = word > bare;
			ret_spec->repeat = word > bare && options[word - 1] == '+';
			return true;
		}
		options += word;
		options += strspn(options, " ");
	}
	return false;
}

static bool is_named(const struct args_option *o, const char *name, size_t len)
{
	return o->len == len && strncmp(o->name, name, len) == 0;
}

static int add_option(struct args *a, const struct args_option *o, bool repeat)
{
	for (size_t i = 0; !repeat && i < a->option_count; i++) {
		if (is_named(&a->option[i], o->name, o->len))
			return fail(a, "option '%.*s' is given twice", (int)o->len,
				    o->name);
	}
	if (a->option_count == ARGS_MAX)
		return fail(a, "too many options");
	a->option[a->option_count++] = *o;
	return 0;
}

/* argv[*at] is an option; *at moves on to its value when that is the next word. */
static int read_option(struct args *a, int argc, char **argv, int *at,
		       const char *options)
{
	bool is_long = argv[*at][1] == '-';
	const char *name = argv[*at] + (is_long ? 2 : 1);
	struct args_option o = { .name = name, .len = strcspn(name, "=") };
	struct spec spec = { 0 };

	if (is_long != (o.len > 1) || !find_spec(options, name, o.len, &spec))
		return fail(a, "unknown option '%s'", argv[*at]);
	if (name[o.len] == '=')
		o.value = name + o.len + 1;
	if (!spec.value && o.value != NULL)
		return fail(a, "option '%.*s' takes no value", (int)o.len, name);
	if (spec.value && o.value == NULL) {
		if (*at + 1 >= argc)
			return fail(a, "option '%s' needs a value", argv[*at]);
		o.value = argv[++*at];
	}
	return add_option(a, &o, spec.repeat);
}

int args_parse(int argc, char **argv, const char *options, struct args *ret_args)
{
	bool ended = false;

	memset(ret_args, 0, sizeof(*ret_args));
	for (int i = 0; i < argc; i++) {
		int r = 0;

		if (!ended && strcmp(argv[i], "--") == 0) {
			ended = true;
		} else if (!ended && argv[i][0] == '-' && argv[i][1] != '\0') {
			r = read_option(ret_args, argc, argv, &i, options);
		} else if (ret_args->word_count == ARGS_MAX) {
			r = fail(ret_args, "too many words");
		} else {
			ret_args->word[ret_args->word_count++] = argv[i];
		}
		if (r < 0)
			return r;
	}
	return 0;
}

const char *args_nth(const struct args *a, const char *name, size_t nth)
{
	for (size_t i = 0; i < a->option_count; i++) {
		if (is_named(&a->option[i], name, strlen(name)) && nth-- == 0)
			return a->option[i].value;
	}
	return NULL;
}

const char *args_value(const struct args *a, const char *name)
{
	return args_nth(a, name, 0);
}

bool args_has(const struct args *a, const char *name)
{
	for (size_t i = 0; i < a->option_count; i++) {
		if (is_named(&a->option[i], name, strlen(name)))
			return true;
	}
	return false;
}
