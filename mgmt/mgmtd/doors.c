/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/doors.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/addr.h"
#include "lib/log.h"
#include "lib/mem.h"
#include "lib/str.h"

#define BACKLOG      64
#define PORT_DEFAULT 8443

static int bind_address(const char *text, uint16_t port, int *ret_fd)
{
	struct sockaddr_storage ss;
	CLEANUP(close_p) int fd = -1;
	const int off = 0, on = 1;
	struct addr a;
	socklen_t len;

	if (addr_parse(text, &a) < 0)
		return -EINVAL;
	len = addr_to_sockaddr(a, port, &ss);
	fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1 ||
	    (a.family == 6 &&
	     setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) == -1) ||
	    bind(fd, (const struct sockaddr *)&ss, len) == -1 ||
	    listen(fd, BACKLOG) == -1)
		return -errno;
	*ret_fd = steal_fd(&fd);
	return 0;
}

static int open_https(struct doors *d, int fd, struct http **ret_http)
{
	const struct http_conf conf = {
		.door = API_DOOR_HTTPS, .listen_fd = fd, .cert = &d->cert, .web = d->web
	};

	return http_open(d->svc->event, d->app, &conf, ret_http);
}

/* One of two addresses; the other is tried by the caller. */
static int try_https(struct doors *d, const char *address, struct http **ret_http)
{
	int fd = -1;
	int r = bind_address(address, d->port, &fd);

	if (r == 0)
		r = open_https(d, fd, ret_http);
	if (r < 0)
		log_warn("mgmtd", "cannot listen on %s port %u: %s", address,
			 (unsigned)d->port, strerror(-r));
	return r;
}

/* Without IPv6 in the kernel the wide socket is one of IPv4. */
static int bind_https(struct doors *d)
{
	int r;

	if (d->wide) {
		r = try_https(d, "::", &d->https[0]);
		return r == -EAFNOSUPPORT ? try_https(d, "0.0.0.0", &d->https[0]) : r;
	}
	r = try_https(d, "127.0.0.1", &d->https[0]);
	return try_https(d, "::1", &d->https[1]) == 0 ? 0 : r;
}

static void want(const struct doors *d, bool *ret_wide, uint16_t *ret_port)
{
	const struct policy *p = d->app->policy;

	*ret_wide = p != NULL && p->management.present;
	*ret_port = *ret_wide ? p->management.port : PORT_DEFAULT;
}

static int start_https(struct doors *d)
{
	int fd = svc_activated("https");

	if (fd < 0) {
		want(d, &d->wide, &d->port);
		return bind_https(d);
	}
	d->given = true;
	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	return open_https(d, fd, &d->https[0]);
}

static int start_local(struct doors *d)
{
	struct http_conf conf = { .door = API_DOOR_LOCAL };
	int r = svc_listen_stream(d->svc, PATH_SOCK_API, &conf.listen_fd);

	return r < 0 ? r : http_open(d->svc->event, d->app, &conf, &d->local);
}

static int load_cert(struct doors *d)
{
	char dir[PATH_TEXT_MAX];
	int r = svc_path(d->svc, PATH_LEDGER, dir);

	return r < 0 ? r : cert_load(dir, &d->cert);
}

int doors_open(struct doors *d, const struct svc *svc, struct app *app,
	       const struct web *web)
{
	const char *what = "the certificate";
	int r;

	*d = (struct doors){ .svc = svc, .app = app, .web = web };
	r = load_cert(d);
	if (r == 0) {
		what = PATH_SOCK_API;
		r = start_local(d);
	}
	if (r == 0) {
		what = "the HTTPS port";
		r = start_https(d);
	}
	if (r < 0) {
		log_err("mgmtd", "cannot open %s: %s", what, strerror(-r));
		doors_close(d);
	}
	return r;
}

static void close_https(struct doors *d)
{
	for (size_t i = 0; i < ARRAY_LEN(d->https); i++) {
		http_close(d->https[i]);
		d->https[i] = NULL;
	}
}

void doors_close(struct doors *d)
{
	close_https(d);
	http_close(d->local);
	d->local = NULL;
	cert_free(&d->cert);
}

void doors_update(struct doors *d)
{
	bool wide;
	uint16_t port;

	if (d->given)
		return;
	want(d, &wide, &port);
	if (wide == d->wide && port == d->port && d->https[0] != NULL)
		return;
	close_https(d);
	d->wide = wide;
	d->port = port;
	if (bind_https(d) == 0)
		log_info("mgmtd", "HTTPS on port %u of %s", (unsigned)port,
			 wide ? "every address" : "the loopback addresses");
}
