/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/port.h"

#include <fcntl.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/mem.h"
#include "lib/svc.h"
#include "proxy/keepfd.h"
#include "proxy/listener.h"

#define AREA      "proxyd"
#define ACTIVATED "proxy" /* name of a handed-in listening socket */

void port_init(struct port *port, struct engine *engine)
{
	*port = PORT_NONE;
	port->engine = engine;
	port->activated = svc_activated(ACTIVATED);
}

/* A handed-in socket is used when it has that port (0: any). */
static bool take_activated(struct port *port, uint16_t number, int *ret_fd)
{
	uint16_t has;

	if (port->activated < 0 || listener_port_of(port->activated, &has) < 0 ||
	    (number != 0 && has != number) ||
	    fcntl(port->activated, F_SETFL, O_NONBLOCK) == -1)
		return false;
	*ret_fd = steal_fd(&port->activated);
	return true;
}

/* The listening socket for this policy: the one there is, a new one, or none (-1). */
static int next_listener(struct port *port, const struct policy_proxy *p, int *ret_fd)
{
	*ret_fd = -1;
	if (!p->present)
		return 0;
	if (port->fd != -1 && port->number == p->port) {
		*ret_fd = port->fd;
		return 0;
	}
	return take_activated(port, p->port, ret_fd) ? 0 : listener_open(p->port, ret_fd);
}

/* Accept from fd and from no other. */
static int change_listener(struct port *port, int fd, uint16_t number)
{
	int r;

	if (fd == port->fd)
		return 0;
	engine_ignore(port->engine);
	r = fd != -1 ? engine_listen(port->engine, fd) : 0;
	if (r < 0) {
		if (port->fd != -1 && engine_listen(port->engine, port->fd) < 0)
			log_err(AREA, "the port before cannot be served any more");
		return r;
	}
	close_p(&port->fd);
	port->fd = fd;
	port->number = number;
	/* what was handed in for another port is in nobody's use, and would not be served */
	close_p(&port->activated);
	if (fd != -1)
		keepfd_store(ACTIVATED, fd);
	else
		keepfd_forget(ACTIVATED);
	return 0;
}

int port_serve(struct port *port, const struct policy_proxy *p)
{
	int fd = -1, r = next_listener(port, p, &fd);

	if (r == 0)
		r = change_listener(port, fd, p->port);
	if (r < 0 && fd != port->fd)
		close_p(&fd);
	return r;
}

int port_serve_activated(struct port *port)
{
	uint16_t number;
	int fd, r;

	if (!take_activated(port, 0, &fd))
		return 0;
	r = listener_port_of(fd, &number);
	return r < 0 ? r : change_listener(port, fd, number);
}

void port_close(struct port *port)
{
	close_p(&port->fd);
	close_p(&port->activated);
}
