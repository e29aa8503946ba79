/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report - answers as JSON, in the form that docs/ipc.md gives */
#ifndef FW_VERIFY_REPORT_H
#define FW_VERIFY_REPORT_H

#include "fw/verify/prove.h"

/* In malloc()ed memory; NULL: no memory. */
char *report_proof(const struct proof *p, double elapsed_ms);

struct explanation {
	const struct model *model;
	const struct revision *rev; /* NULL: none is in force */
	const struct ifnames *names;
	const struct packet *packet;
	const struct eval *eval;
	const char *from, *to; /* zones, or "gateway" */
	const char *reason; /* of a refusal; "" it passes */
};

char *report_explanation(const struct explanation *x);

/* The id of the flow that a rule is there for, or NULL. */
const char *report_flow(const struct rule *r);

const char *report_result(enum proof_result r);

#endif
