/* SPDX-License-Identifier: GPL-3.0-or-later */
/* input_allow - the body that asks for an allowlist entry (pure, see input.h) */
#ifndef MGMT_MGMTD_INPUT_ALLOW_H
#define MGMT_MGMTD_INPUT_ALLOW_H

#include <stdbool.h>

#include "lib/allow/entry.h"
#include "mgmt/mgmtd/input.h"

#define INPUT_DAY_MAX     11 /* "2026-11-21" and its terminator */
#define INPUT_PATH_MAX    ALLOW_PATH_MAX
#define INPUT_METHODS_MAX 8

struct input_allow {
	char host[HOST_PATTERN_MAX + 1]; /* normal form */
	bool address; /* host is the text of one */
	uint16_t port[ALLOW_PORTS_MAX]; /* ascending */
	size_t port_count;
	const char *scheme; /* "any", "http" or "https" */
	bool tls_any;
	char path[INPUT_PATH_MAX + 1]; /* "" any */
	char method[INPUT_METHODS_MAX][ALLOW_METHOD_MAX + 1];
	size_t method_count; /* 0: any */
	char list[INPUT_NAME_MAX + 1]; /* id or name; "": the default one */
	char purpose[INPUT_REASON_MAX + 1];
	char owner[INPUT_NAME_MAX + 1]; /* "" none */
	int64_t since, until; /* seconds UTC, 0: none */
	char review[INPUT_DAY_MAX]; /* "" none */
	char override[INPUT_REASON_MAX + 1]; /* "" none */
	char replaces[ID_TEXT_MAX]; /* "" none */
};

/* now: seconds UTC, what ends are compared with. */
int input_allow(const json_t *body, int64_t now, struct input_allow *ret,
		struct input_error *e) MUST_CHECK;

#endif
