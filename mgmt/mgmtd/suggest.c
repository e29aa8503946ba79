/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/suggest.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mem.h"
#include "lib/str.h"
#include "mgmt/mgmtd/host_check.h"
#include "mgmt/mgmtd/when.h"

struct host {
	char name[HOST_MAX + 1];
	char domain[HOST_MAX + 1];
	bool address; /* asked for by address: no name to group by */
	bool plain, connect; /* how it was asked for */
	uint16_t port[SUGGEST_PORTS_MAX];
	size_t port_count;
	char device[SUGGEST_WHO_MAX][sizeof(((struct record *)NULL)->device)];
	size_t device_count;
	char user[SUGGEST_WHO_MAX][sizeof(((struct record *)NULL)->user)];
	size_t user_count;
	uint64_t observed, refused;
	int64_t first_us, last_us;
	uint64_t domain_count; /* set when it is printed */
};

struct suggest {
	void *tree; /* of struct host, by name */
	struct host **host;
	size_t count;
	uint64_t left_out;
};

int suggest_new(struct suggest **ret_suggest)
{
	CLEANUP(free_p) struct suggest *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return -ENOMEM;
	s->host = calloc(SUGGEST_HOSTS_MAX, sizeof(struct host *));
	if (s->host == NULL)
		return -ENOMEM;
	*ret_suggest = STEAL(s);
	return 0;
}

static void forget(void *node)
{
	free(node);
}

void suggest_free(struct suggest *s)
{
	if (s == NULL)
		return;
	tdestroy(s->tree, forget);
	free(s->host);
	free(s);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct host *)a)->name, ((const struct host *)b)->name);
}

/* The host of that name, made when there is room. NULL and 0: there is none. */
static int find(struct suggest *s, const char *name, bool address, struct host **ret)
{
	struct host key;
	struct host **node, *h;

	(void)str_copy(key.name, sizeof(key.name), name);
	node = tfind(&key, &s->tree, by_name);
	*ret = node != NULL ? *node : NULL;
	if (node != NULL || s->count == SUGGEST_HOSTS_MAX)
		return 0;
	h = calloc(1, sizeof(*h));
	if (h == NULL)
		return -ENOMEM;
	(void)str_copy(h->name, sizeof(h->name), name);
	h->address = address;
	if (address)
		(void)str_copy(h->domain, sizeof(h->domain), name);
	else
		host_check_domain(name, h->domain);
	if (tsearch(h, &s->tree, by_name) == NULL) {
		free(h);
		return -ENOMEM;
	}
	s->host[s->count++] = h;
	*ret = h;
	return 0;
}

static void add_port(struct host *h, uint16_t port)
{
	for (size_t i = 0; i < h->port_count; i++) {
		if (h->port[i] == port)
			return;
	}
	if (port != 0 && h->port_count < SUGGEST_PORTS_MAX)
		h->port[h->port_count++] = port;
}

static void add_name(char *names, size_t size, size_t *count, const char *name)
{
	for (size_t i = 0; i < *count; i++) {
		if (strcmp(names + i * size, name) == 0)
			return;
	}
	if (name[0] != '\0' && *count < SUGGEST_WHO_MAX)
		(void)str_copy(names + (*count)++ * size, size, name);
}

int suggest_add(struct suggest *s, const struct record *rec)
{
	uint64_t n = rec->count != 0 ? rec->count : 1;
	char name[HOST_MAX + 1];
	struct addr a;
	bool address = addr_parse(rec->host, &a) == 0;
	struct host *h;
	int r;

	if (address)
		(void)str_copy(name, sizeof(name), rec->host);
	else if (host_normalise(rec->host, name) < 0)
		return 0;
	r = find(s, name, address, &h);
	if (r < 0)
		return r;
	if (h == NULL) {
		s->left_out += n;
		return 0;
	}
	if (rec->reason == REASON_WOULD_DENY)
		h->observed += n;
	else
		h->refused += n;
	if (strcmp(rec->method, "CONNECT") == 0)
		h->connect = true;
	else
		h->plain = true;
	add_port(h, rec->dst_port);
	add_name(h->device[0], sizeof(h->device[0]), &h->device_count, rec->device);
	add_name(h->user[0], sizeof(h->user[0]), &h->user_count, rec->user);
	if (h->first_us == 0 || rec->time_us < h->first_us)
		h->first_us = rec->time_us;
	if (rec->time_us > h->last_us)
		h->last_us = rec->time_us;
	return 0;
}

static uint64_t asked(const struct host *h)
{
	return h->observed + h->refused;
}

static int by_domain(const void *a, const void *b)
{
	const struct host *x = *(struct host *const *)a, *y = *(struct host *const *)b;
	int order = strcmp(x->domain, y->domain);

	return order != 0 ? order : strcmp(x->name, y->name);
}

/* Domains by how often, hosts of a domain likewise. */
static int by_use(const void *a, const void *b)
{
	const struct host *x = *(struct host *const *)a, *y = *(struct host *const *)b;
	int order;

	if (x->domain_count != y->domain_count)
		return x->domain_count < y->domain_count ? 1 : -1;
	order = strcmp(x->domain, y->domain);
	if (order != 0)
		return order;
	if (asked(x) != asked(y))
		return asked(x) < asked(y) ? 1 : -1;
	return strcmp(x->name, y->name);
}

static void count_domains(struct suggest *s)
{
	size_t begin = 0;

	qsort(s->host, s->count, sizeof(struct host *), by_domain);
	for (size_t i = 0; i <= s->count; i++) {
		uint64_t sum = 0;

		if (i < s->count &&
		    strcmp(s->host[i]->domain, s->host[begin]->domain) == 0)
			continue;
		for (size_t k = begin; k < i; k++)
			sum += asked(s->host[k]);
		for (size_t k = begin; k < i; k++)
			s->host[k]->domain_count = sum;
		begin = i;
	}
	qsort(s->host, s->count, sizeof(struct host *), by_use);
}

static json_t *names_json(const char *names, size_t size, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		(void)json_array_append_new(list, json_string(names + i * size));
	return list;
}

static int by_number(const void *a, const void *b)
{
	return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
}

static json_t *ports_json(struct host *h)
{
	json_t *list = json_array();

	qsort(h->port, h->port_count, sizeof(h->port[0]), by_number);
	for (size_t i = 0; i < h->port_count; i++)
		(void)json_array_append_new(list, json_integer(h->port[i]));
	return list;
}

static json_t *host_json(struct host *h)
{
	char first[WHEN_TEXT_MAX], last[WHEN_TEXT_MAX];

	when_format(h->first_us / 1000000, first);
	when_format(h->last_us / 1000000, last);
	return json_pack(
		"{s:s, s:b, s:o, s:s, s:I, s:I, s:I, s:o, s:o, s:s, s:s}", "host",
		h->name, "address", (int)h->address, "ports", ports_json(h), "scheme",
		!h->plain     ? "https"
		: !h->connect ? "http"
			      : "any",
		"count", (json_int_t)asked(h), "observed", (json_int_t)h->observed,
		"refused", (json_int_t)h->refused, "devices",
		names_json(h->device[0], sizeof(h->device[0]), h->device_count), "users",
		names_json(h->user[0], sizeof(h->user[0]), h->user_count), "first", first,
		"last", last);
}

json_t *suggest_json(struct suggest *s, uint64_t *ret_left_out)
{
	json_t *domains = json_array(), *hosts = NULL;

	count_domains(s);
	for (size_t i = 0; i < s->count; i++) {
		struct host *h = s->host[i];

		if (i == 0 || strcmp(h->domain, s->host[i - 1]->domain) != 0) {
			hosts = json_array();
			(void)json_array_append_new(
				domains,
				json_pack("{s:s, s:I, s:o}", "domain", h->domain, "count",
					  (json_int_t)h->domain_count, "hosts", hosts));
		}
		if (json_array_append_new(hosts, host_json(h)) < 0) {
			json_decref(domains);
			return NULL;
		}
	}
	*ret_left_out = s->left_out;
	return domains;
}
