/* SPDX-License-Identifier: GPL-3.0-or-later */
/* say - one sentence in the user's language, cleaned */
#ifndef MGMT_CLI_SAY_H
#define MGMT_CLI_SAY_H

#include "mgmt/cli/cli.h"
#include "mgmt/cli/msg.h"

/* A line on standard output; the texts fill {1}, {2}, ... */
#define say(c, m, ...) say_args(c, m, (struct msg_args){ { __VA_ARGS__ } })
void say_args(const struct cli *c, enum msg m, struct msg_args args);

/* A line on stderr. */
#define say_problem(c, m, ...) \
	say_problem_args(c, m, (struct msg_args){ { __VA_ARGS__ } })
void say_problem_args(const struct cli *c, enum msg m, struct msg_args args);

/* A number as text: say_number(5).text */
struct say_number {
	char text[24];
};
struct say_number say_number(long long n);

#endif
