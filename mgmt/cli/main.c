/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sekisho - the management API and the policy check for the command line */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mgmt/cli/cli.h"
#include "mgmt/cli/out.h"

#define GLOBAL_OPTIONS "root= lang= json help version "
#define OPTIONS_MAX    512

static const char *language_of_environment(void)
{
	static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *value = getenv(names[i]);

		if (value != NULL && value[0] != '\0')
			return strncmp(value, "ja", 2) == 0 ? "ja" : "en";
	}
	return "en";
}

static int print_help(void)
{
	(void)puts("usage: sekisho [--root DIR] [--json] [--lang ja|en] COMMAND\n");
	for (size_t i = 0; i < command_count; i++) {
		const struct command *cmd = &commands[i];

		(void)printf("  %s%s%s %s\n      %s\n", cmd->group,
			     cmd->verb != NULL ? " " : "",
			     cmd->verb != NULL ? cmd->verb : "", cmd->usage,
			     cmd->summary);
	}
	return CLI_DONE;
}

/* How many of argv's first words are global options; -1 for none that we know. */
static int skip_options(int argc, char **argv)
{
	int at = 0;

	while (at < argc && argv[at][0] == '-') {
		bool valued = strcmp(argv[at], "--root") == 0 ||
			      strcmp(argv[at], "--lang") == 0;

		at += valued && at + 1 < argc ? 2 : 1;
	}
	return at;
}

static const struct command *find_command(int argc, char **argv)
{
	for (size_t i = 0; i < command_count; i++) {
		const struct command *cmd = &commands[i];

		if (argc >= 1 && strcmp(cmd->group, argv[0]) == 0 &&
		    (cmd->verb == NULL || (argc >= 2 && strcmp(cmd->verb, argv[1]) == 0)))
			return cmd;
	}
	return NULL;
}

static int read_globals(struct cli *c)
{
	const char *lang = args_value(&c->args, "lang");
	const char *root = args_value(&c->args, "root");

	c->json = args_has(&c->args, "json");
	c->root = root != NULL ? root : "";
	c->lang = lang != NULL ? lang : language_of_environment();
	if (strcmp(c->lang, "ja") == 0 || strcmp(c->lang, "en") == 0)
		return CLI_DONE;
	out_complain("--lang is ja or en, not '%s'", c->lang);
	return CLI_MISUSE;
}

/* Are the options there that the command cannot do without ("name=!")? */
static bool has_needed(const struct command *cmd, const struct args *a)
{
	const char *at = cmd->options;

	while (*at != '\0') {
		size_t word = strcspn(at, " "), bare = strcspn(at, " =");
		char name[32];

		(void)snprintf(name, sizeof(name), "%.*s", (int)bare, at);
		if (at[word - 1] == '!' && !args_has(a, name)) {
			out_complain("--%s is needed", name);
			return false;
		}
		at += word;
		at += strspn(at, " ");
	}
	return true;
}

static int run(struct cli *c, const struct command *cmd)
{
	size_t own = cmd->verb != NULL ? 2 : 1;

	if (c->args.word_count < own + cmd->words_min ||
	    c->args.word_count > own + cmd->words_max || !has_needed(cmd, &c->args)) {
		out_complain("usage: sekisho %s%s%s %s", cmd->group,
			     cmd->verb != NULL ? " " : "",
			     cmd->verb != NULL ? cmd->verb : "", cmd->usage);
		return CLI_MISUSE;
	}
	/* the command sees its own words only */
	memmove(c->args.word, c->args.word + own,
		(c->args.word_count - own) * sizeof(c->args.word[0]));
	c->args.word_count -= own;
	return cmd->run(c);
}

int main(int argc, char **argv)
{
	const struct command *cmd;
	char options[OPTIONS_MAX];
	struct cli c = { 0 };
	int first, status;

	out_init();
	first = 1 + skip_options(argc - 1, argv + 1);
	cmd = find_command(argc - first, argv + first);
	(void)snprintf(options, sizeof(options), "%s%s", GLOBAL_OPTIONS,
		       cmd != NULL ? cmd->options : "");
	if (args_parse(argc - 1, argv + 1, options, &c.args) < 0 && cmd != NULL) {
		out_complain("%s", c.args.error);
		return CLI_MISUSE;
	}
	if (args_has(&c.args, "help"))
		return print_help();
	if (args_has(&c.args, "version")) {
		(void)puts("sekisho " SEKISHO_VERSION);
		return CLI_DONE;
	}
	if (cmd == NULL) {
		if (first < argc)
			out_complain("unknown command '%s%s%s'; try sekisho --help",
				     argv[first], first + 1 < argc ? " " : "",
				     first + 1 < argc ? argv[first + 1] : "");
		else
			out_complain("%s", c.args.error[0] != '\0'
						   ? c.args.error
						   : "no command; try sekisho --help");
		return CLI_MISUSE;
	}
	if (read_globals(&c) != CLI_DONE)
		return CLI_MISUSE;
	status = run(&c, cmd);
	if (fflush(stdout) != 0 || ferror(stdout) != 0) {
		out_complain("standard output cannot be written");
		return CLI_FAILED;
	}
	return status;
}
