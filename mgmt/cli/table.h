/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * table - aligned columns of text, East Asian characters being two columns wide
 */
#ifndef MGMT_CLI_TABLE_H
#define MGMT_CLI_TABLE_H

#include <stddef.h>
#include <stdio.h>

#define TABLE_COLUMNS_MAX 10

struct table {
	size_t columns;
	char **cell; /* owned, cleaned; the first row is the head */
	size_t count, room;
	int error; /* -ENOMEM once that happened */
};

/* Add the next cell, in rows; NULL and "" print as "-". Cells are copied. */
void table_add(struct table *t, const char *text);

/* Print what was added, line by line, and forget it. Returns 0 or t->error. */
int table_print(struct table *t, FILE *f);

#endif
