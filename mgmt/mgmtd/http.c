/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/http.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/mem.h"
#include "lib/mono.h"
#include "mgmt/mgmtd/session.h"

#define CONNECTIONS_MAX   256
#define PER_ADDRESS_MAX   32
#define IDLE_S            30
#define CONNECTION_MEMORY (64u << 10)
#define PRIORITIES        "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"
#define CONTENT_POLICY \
	"default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors " \
	"'none'"

struct http {
	struct app *app;
	const struct web *web;
	enum api_door door;
	struct MHD_Daemon *daemon;
	sd_event_source *io, *timer;
};

/* One request while its body arrives. */
struct exchange {
	char *body;
	size_t len, max;
};

struct header {
	const char *name, *value;
};

static const struct header for_all[] = {
	{ "X-Content-Type-Options", "nosniff" },
	{ "X-Frame-Options", "DENY" },
	{ "Referrer-Policy", "no-referrer" },
	{ "Content-Security-Policy", CONTENT_POLICY },
	{ "Strict-Transport-Security", "max-age=31536000" },
	{ "Cross-Origin-Opener-Policy", "same-origin" },
};

/*
 * The one place that makes answers: body is copied, so that nobody has to think
 * about how long it lives.
 */
static enum MHD_Result respond(struct MHD_Connection *conn, unsigned status,
			       const char *type, const void *body, size_t len,
			       const struct header *more, size_t more_count)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(
		len, (void *)(uintptr_t)body, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result done;

	if (r == NULL)
		return MHD_NO;
	done = MHD_add_response_header(r, "Content-Type", type);
	for (size_t i = 0; done == MHD_YES && i < ARRAY_LEN(for_all); i++)
		done = MHD_add_response_header(r, for_all[i].name, for_all[i].value);
	for (size_t i = 0; done == MHD_YES && i < more_count; i++)
		done = MHD_add_response_header(r, more[i].name, more[i].value);
	if (done == MHD_YES)
		done = MHD_queue_response(conn, status, r);
	MHD_destroy_response(r);
	return done;
}

static enum MHD_Result respond_api(struct MHD_Connection *conn, struct api_response *res)
{
	const struct header more[] = {
		{ "Cache-Control", "no-store" },
		{ "Set-Cookie", res->cookie },
	};
	size_t count = res->cookie[0] != '\0' ? 2 : 1;
	enum MHD_Result done =
		respond(conn, res->status, res->type, res->body != NULL ? res->body : "",
			res->len, more, count);

	free(res->body);
	return done;
}

static enum MHD_Result respond_file(struct http *h, struct MHD_Connection *conn,
				    const char *method, const char *path)
{
	static const struct header more[] = { { "Cache-Control", "no-cache" } };
	static const char missing[] = "404 Not Found\n";
	const struct web_file *f = NULL;

	if (h->web != NULL && (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0))
		f = web_find(h->web, path);
	if (f == NULL)
		return respond(conn, 404, "text/plain", missing, sizeof(missing) - 1,
			       more, ARRAY_LEN(more));
	return respond(conn, 200, f->type, f->data, f->len, more, ARRAY_LEN(more));
}

static enum MHD_Result add_query(void *user, enum MHD_ValueKind kind, const char *key,
				 const char *value)
{
	struct api_request *req = user;

	(void)kind;
	if (req->query_count == API_QUERY_MAX) {
		req->query_cut = true;
		return MHD_NO;
	}
	req->query[req->query_count++] =
		(struct api_pair){ .key = key, .value = value != NULL ? value : "" };
	return MHD_YES;
}

static const char *header(struct MHD_Connection *conn, const char *name)
{
	return MHD_lookup_connection_value(conn, MHD_HEADER_KIND, name);
}

/* Who is at the other end of the machine's own socket: the kernel says. */
static bool peer_is_root(struct MHD_Connection *conn)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct ucred cred;
	socklen_t len = sizeof(cred);

	return info != NULL &&
	       getsockopt(info->connect_fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0 &&
	       len == sizeof(cred) && cred.uid == 0;
}

static struct addr client_of(struct MHD_Connection *conn)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	uint16_t port;

	if (info == NULL || info->client_addr == NULL)
		return (struct addr){ 0 };
	return addr_unmap(addr_from_sockaddr(info->client_addr, &port));
}

static void fill(const struct http *h, struct MHD_Connection *conn, const char *url,
		 const char *method, struct api_request *req)
{
	const char *background = header(conn, "X-Background");

	*req = (struct api_request){ .door = h->door, .method = method, .path = url };
	req->now = wall_us() / 1000000;
	req->language = header(conn, "Accept-Language");
	if (h->door == API_DOOR_LOCAL) {
		req->root = peer_is_root(conn);
	} else {
		req->client = client_of(conn);
		req->token = MHD_lookup_connection_value(conn, MHD_COOKIE_KIND,
							 SESSION_COOKIE);
		req->csrf = header(conn, "X-CSRF-Token");
		req->background = background != NULL && strcmp(background, "1") == 0;
	}
	(void)MHD_get_connection_values(conn, MHD_GET_ARGUMENT_KIND, add_query, req);
}

/*
 * Another site's page can have a browser send a form here, but no JSON unasked: nobody is
 * signed in by a page that is not ours.
 */
static bool is_json(const struct http *h, struct MHD_Connection *conn)
{
	const char *type = header(conn, "Content-Type");

	return h->door == API_DOOR_LOCAL ||
	       (type != NULL && strncasecmp(type, "application/json", 16) == 0);
}

static bool is_api(const char *url)
{
	return strncmp(url, "/api/", 5) == 0;
}

static enum MHD_Result answer(struct http *h, struct MHD_Connection *conn,
			      const char *url, const char *method,
			      const struct exchange *x)
{
	struct api_request req;
	struct api_response res;

	if (!is_api(url) && h->door == API_DOOR_HTTPS)
		return respond_file(h, conn, method, url);
	fill(h, conn, url, method, &req);
	if (is_json(h, conn)) {
		req.body = x->body;
		req.body_len = x->len;
	}
	api_handle(h->app, &req, &res);
	return respond_api(conn, &res);
}

/* The head has arrived: refuse at once what announces too much for this caller. */
static enum MHD_Result begin(const struct http *h, struct MHD_Connection *conn,
			     const char *url, const char *method, void **state)
{
	const char *announced = header(conn, "Content-Length");
	uint64_t len = announced != NULL ? strtoull(announced, NULL, 10) : 0;
	struct api_request req;
	struct api_response res;
	struct exchange *x;
	size_t max;

	fill(h, conn, url, method, &req);
	if (!api_expect(h->app, &req, len, &max, &res))
		return respond_api(conn, &res);
	x = calloc(1, sizeof(*x));
	if (x == NULL)
		return MHD_NO;
	x->max = max;
	*state = x;
	return MHD_YES;
}

/* One piece of the body. A body without a length that grows too long ends the connection. */
static enum MHD_Result collect(struct exchange *x, const char *data, size_t *len)
{
	char *grown;

	if (*len > x->max - x->len)
		return MHD_NO;
	grown = realloc(x->body, x->len + *len);
	if (grown == NULL)
		return MHD_NO;
	memcpy(grown + x->len, data, *len);
	x->body = grown;
	x->len += *len;
	*len = 0;
	return MHD_YES;
}

static enum MHD_Result on_request(void *user, struct MHD_Connection *conn,
				  const char *url, const char *method,
				  const char *version, const char *data, size_t *len,
				  void **state)
{
	struct http *h = user;

	(void)version;
	if (*state == NULL)
		return begin(h, conn, url, method, state);
	if (*len != 0)
		return collect(*state, data, len);
	return answer(h, conn, url, method, *state);
}

static void on_done(void *user, struct MHD_Connection *conn, void **state,
		    enum MHD_RequestTerminationCode why)
{
	struct exchange *x = *state;

	(void)user;
	(void)conn;
	(void)why;
	if (x != NULL)
		free(x->body);
	free(x);
	*state = NULL;
}

/* Let libmicrohttpd work, and come back when it wants to. */
static int run(struct http *h)
{
	MHD_UNSIGNED_LONG_LONG wait_ms;
	int r;

	(void)MHD_run(h->daemon);
	if (MHD_get_timeout(h->daemon, &wait_ms) != MHD_YES)
		return sd_event_source_set_enabled(h->timer, SD_EVENT_OFF);
	r = sd_event_source_set_time_relative(h->timer, wait_ms * 1000);
	return r < 0 ? r : sd_event_source_set_enabled(h->timer, SD_EVENT_ONESHOT);
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *user)
{
	(void)source;
	(void)fd;
	(void)events;
	return run(user);
}

static int on_timer(sd_event_source *source, uint64_t us, void *user)
{
	(void)source;
	(void)us;
	return run(user);
}

static struct MHD_Daemon *start(struct http *h, const struct http_conf *conf)
{
	unsigned flags = MHD_USE_EPOLL;
	struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_PER_IP_CONNECTION_LIMIT, PER_ADDRESS_MAX, NULL },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, NULL },
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, NULL },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)PRIORITIES },
		{ MHD_OPTION_END, 0, NULL },
	};

	if (conf->door == API_DOOR_HTTPS) {
		flags |= MHD_USE_TLS;
		tls[1].ptr_value = conf->cert->key_pem;
		tls[2].ptr_value = conf->cert->crt_pem;
	} else {
		tls[0].option = MHD_OPTION_END;
	}
	return MHD_start_daemon(
		flags, 0, NULL, NULL, on_request, h, MHD_OPTION_LISTEN_SOCKET,
		conf->listen_fd, MHD_OPTION_NOTIFY_COMPLETED, on_done, NULL,
		MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
		MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)CONNECTION_MEMORY, MHD_OPTION_STRICT_FOR_CLIENT, 1,
		MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
}

static int join_loop(struct http *h, sd_event *event)
{
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	int r;

	if (info == NULL || info->epoll_fd < 0)
		return -ENOTSUP;
	r = sd_event_add_io(event, &h->io, info->epoll_fd, EPOLLIN, on_io, h);
	if (r >= 0)
		/* 1 us: with an accuracy of 0, sd-event would be up to 250 ms late */
		r = sd_event_add_time_relative(event, &h->timer, CLOCK_MONOTONIC, 0, 1,
					       on_timer, h);
	return r < 0 ? r : 0;
}

int http_open(sd_event *event, struct app *app, const struct http_conf *conf,
	      struct http **ret_http)
{
	struct http *h = calloc(1, sizeof(*h));
	int r;

	if (h == NULL) {
		(void)close(conf->listen_fd);
		return -ENOMEM;
	}
	h->app = app;
	h->web = conf->web;
	h->door = conf->door;
	h->daemon = start(h, conf);
	if (h->daemon == NULL) {
		(void)close(conf->listen_fd);
		free(h);
		return -EIO;
	}
	r = join_loop(h, event);
	if (r < 0) {
		http_close(h);
		return r;
	}
	*ret_http = h;
	return 0;
}

void http_close(struct http *h)
{
	if (h == NULL)
		return;
	(void)sd_event_source_disable_unref(h->io);
	(void)sd_event_source_disable_unref(h->timer);
	MHD_stop_daemon(h->daemon); /* closes the listening socket, too */
	free(h);
}
