/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/cli/client.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mem.h"
#include "lib/paths.h"
#include "lib/str.h"

#define HEADER_MAX 64

static size_t on_body(char *data, size_t size, size_t count, void *user)
{
	struct client_answer *a = user;
	size_t len = size * count;
	char *grown;

	if (len > CLIENT_ANSWER_MAX - a->len)
		return 0;
	grown = realloc(a->body, a->len + len + 1);
	if (grown == NULL)
		return 0;
	memcpy(grown + a->len, data, len);
	a->body = grown;
	a->len += len;
	a->body[a->len] = '\0';
	return len;
}

static int add_header(struct curl_slist **list, const char *text)
{
	struct curl_slist *grown = curl_slist_append(*list, text);

	if (grown == NULL)
		return -ENOMEM;
	*list = grown;
	return 0;
}

static int make_headers(const char *lang, struct curl_slist **ret_list)
{
	char language[HEADER_MAX];
	int r;

	(void)snprintf(language, sizeof(language), "Accept-Language: %s", lang);
	if ((r = add_header(ret_list, language)) < 0 ||
	    (r = add_header(ret_list, "Content-Type: application/json")) < 0)
		return r;
	return add_header(ret_list, "Expect:"); /* no waiting for "100 Continue" */
}

static int set_options(CURL *curl, const char *sock, const char *url, const char *method,
		       const char *body, struct curl_slist *headers,
		       struct client_answer *a)
{
	if (curl_easy_setopt(curl, CURLOPT_URL, url) != CURLE_OK ||
	    curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, sock) != CURLE_OK ||
	    curl_easy_setopt(curl, CURLOPT_PROXY, "") != CURLE_OK ||
	    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) != CURLE_OK ||
	    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body) != CURLE_OK ||
	    curl_easy_setopt(curl, CURLOPT_WRITEDATA, a) != CURLE_OK ||
	    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers) != CURLE_OK)
		return -ENOMEM;
	if (body != NULL && curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body) != CURLE_OK)
		return -ENOMEM;
	return curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method) != CURLE_OK ? -ENOMEM
										 : 0;
}

static int perform(CURL *curl, const char *sock, struct client_answer *a)
{
	char detail[CURL_ERROR_SIZE] = "";
	CURLcode code;

	(void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail);
	code = curl_easy_perform(curl);
	if (code != CURLE_OK) {
		(void)snprintf(a->error, sizeof(a->error), "%.100s: %.140s", sock,
			       detail[0] != '\0' ? detail : curl_easy_strerror(code));
		return -ECONNREFUSED;
	}
	(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &a->status);
	if (a->body != NULL)
		a->json = json_loadb(a->body, a->len, JSON_REJECT_DUPLICATES, NULL);
	return 0;
}

int client_ask(const char *root, const char *lang, const char *method, const char *path,
	       const json_t *body, struct client_answer *ret_answer)
{
	return client_ask_within(CLIENT_TIMEOUT_MS, root, lang, method, path, body,
				 ret_answer);
}

int client_ask_within(long timeout_ms, const char *root, const char *lang,
		      const char *method, const char *path, const json_t *body,
		      struct client_answer *ret_answer)
{
	CLEANUP(free_p) char *text = NULL;
	CLEANUP(free_p) char *url = NULL;
	struct curl_slist *headers = NULL;
	char sock[PATH_TEXT_MAX];
	CURL *curl = NULL;
	int r;

	memset(ret_answer, 0, sizeof(*ret_answer));
	r = path_join(sock, root, PATH_SOCK_API);
	if (r < 0) {
		(void)snprintf(ret_answer->error, sizeof(ret_answer->error),
			       "--root is too long");
		return r;
	}
	if (asprintf(&url, "http://localhost%s", path) == -1)
		url = NULL;
	text = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL;
	curl = curl_easy_init();
	if (url == NULL || curl == NULL || (body != NULL && text == NULL))
		r = -ENOMEM;
	if (r == 0)
		r = make_headers(lang, &headers);
	if (r == 0)
		r = set_options(curl, sock, url, method, text, headers, ret_answer);
	if (r == 0 && curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout_ms) != CURLE_OK)
		r = -ENOMEM;
	if (r < 0)
		(void)snprintf(ret_answer->error, sizeof(ret_answer->error),
			       "out of memory");
	else
		r = perform(curl, sock, ret_answer);
	curl_slist_free_all(headers);
	curl_easy_cleanup(curl);
	return r;
}

void client_answer_free(struct client_answer *a)
{
	free(a->body);
	a->body = NULL;
	json_decref(a->json);
	a->json = NULL;
}

char *client_escape(const char *text)
{
	char *escaped = curl_easy_escape(NULL, text, 0);
	char *copy = escaped != NULL ? strdup(escaped) : NULL;

	curl_free(escaped);
	return copy;
}

int client_split_url(const char *url, char **ret_host, unsigned *ret_port)
{
	CURLU *u = curl_url();
	char *host = NULL, *port = NULL;
	uint64_t number = 0;
	int r = -EINVAL;

	if (u == NULL)
		return -ENOMEM;
	if (curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
	    curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK &&
	    str_to_uint(port, 1, 65535, &number) == 0) {
		*ret_host = strdup(host);
		*ret_port = (unsigned)number;
		r = *ret_host != NULL ? 0 : -ENOMEM;
	}
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(u);
	return r;
}
