/* SPDX-License-Identifier: GPL-3.0-or-later */
/* import - what is wrong with a file that a person brought, line by line */
#ifndef MGMT_MGMTD_IMPORT_H
#define MGMT_MGMTD_IMPORT_H

#include <jansson.h>
#include <stddef.h>

#include "mgmt/mgmtd/call.h"
#include "mgmt/mgmtd/rowfile.h"

#define IMPORT_LINES_MAX 50 /* diagnostics in an answer; further ones are counted */

struct import_report {
	struct call *c;
	json_t *lines; /* owned */
	size_t bad; /* what is wrong, in all */
};

/* In English and Japanese: what a file of this kind is not read as. */
struct import_texts {
	const char *syntax, *syntax_ja;
	const char *column, *column_ja;
};

void import_begin(struct import_report *report, struct call *c);
void import_end(struct import_report *report);

/* A row is refused. */
void import_refuse(struct import_report *report, size_t line, enum msg msg,
		   const char *arg);

/* The file is. */
void import_fault(struct import_report *report, const struct rowfile_error *e,
		  const struct import_texts *texts);

/* Answer with the report. */
void import_answer(const struct import_report *report);

#endif
