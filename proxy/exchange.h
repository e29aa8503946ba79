/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * exchange - one HTTP request and its response, as filters of the relay
 *
 * No I/O. The request's body is cut where it ends; the response's head is read
 * strictly and rewritten, and its body is cut where it ends too.
 */
#ifndef PROXY_EXCHANGE_H
#define PROXY_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/attr.h"
#include "proxy/body.h"
#include "proxy/http1.h"
#include "proxy/tunnel.h"

struct exchange {
	struct body up;
	bool bodiless; /* the answer to HEAD: fields speak of a body that does not come */
	bool head_done; /* of the final response */
	unsigned interims; /* 1xx heads so far */
	struct body down;
	char *in; /* owned: response bytes until the head is whole */
	size_t in_len;
	size_t scan;
	char *out; /* owned: what the last call gave out */
};

/* For a request whose head was parsed. Returns 0 or -ENOMEM. */
int exchange_new(const struct http1_head *request,
		 struct exchange **ret_exchange) MUST_CHECK;
void exchange_free(struct exchange *x);

/* tunnel_filter functions; user is the struct exchange. */
int exchange_up(void *user, const char *in, size_t len, struct tunnel_out *ret_out);
int exchange_down(void *user, const char *in, size_t len, struct tunnel_out *ret_out);

#endif
