/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/cli/say.h"

#include <stdio.h>

#include "mgmt/cli/out.h"

void say_args(const struct cli *c, enum msg m, struct msg_args args)
{
	char line[TEXT_LINE_MAX];

	msg_format(line, sizeof(line), c->lang, m, &args);
	out_text(stdout, line);
	(void)putchar('\n');
}

void say_problem_args(const struct cli *c, enum msg m, struct msg_args args)
{
	char line[TEXT_LINE_MAX];

	msg_format(line, sizeof(line), c->lang, m, &args);
	out_complain("%s", line);
}

struct say_number say_number(long long n)
{
	struct say_number s;

	(void)snprintf(s.text, sizeof(s.text), "%lld", n);
	return s;
}
