/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/proxy/fake_mgmtd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/ipc.h"

static void sign_in(struct fake_mgmtd *f, int fd)
{
	const struct proto_sign_in *m = &f->last_sign_in;
	struct proto_sign_in_reply reply = { .verdict = PROTO_VERDICT_REFUSED,
					     .keep_s = 1000000 };

	(void)usleep((useconds_t)atomic_load(&f->delay_ms) * 1000);
	reply.code = atomic_load(&f->code);
	if (strcmp(m->password, FAKE_RIGHT) == 0) {
		reply.verdict = PROTO_VERDICT_OK;
		memcpy(reply.login, m->login, sizeof(reply.login));
	} else if (strcmp(m->password, FAKE_FIRST) == 0) {
		reply.verdict = PROTO_VERDICT_MUST_CHANGE;
	} else if (strcmp(m->password, FAKE_LOCKED) == 0) {
		reply.verdict = PROTO_VERDICT_LOCKED;
	}
	if (ipc_send(fd, PROTO_SIGN_IN_REPLY, &reply, sizeof(reply)) < 0)
		return; /* nobody waits any more */
}

/* One connection, one request. */
static void serve(struct fake_mgmtd *f, int fd)
{
	uint8_t payload[IPC_PAYLOAD_MAX];
	struct proto_result reply = { 0 };
	uint16_t type;
	size_t len;

	if (ipc_recv(fd, &type, payload, sizeof(payload), &len) < 0)
		return;
	if (type == PROTO_SIGN_IN && len == sizeof(f->last_sign_in)) {
		memcpy(&f->last_sign_in, payload, len);
		(void)atomic_fetch_add(&f->asked, 1);
		if (atomic_load(&f->code) == FAKE_SILENT)
			(void)recv(fd, payload, 1, 0);
		else
			sign_in(f, fd);
		return;
	}
	if (type != PROTO_SITE_REQUEST || len != sizeof(f->last))
		return;
	memcpy(&f->last, payload, len);
	reply.code = atomic_load(&f->code);
	(void)atomic_fetch_add(&f->asked, 1);
	if (reply.code == FAKE_SILENT)
		(void)recv(fd, payload, 1, 0); /* until the other one gives up */
	else if (ipc_send(fd, PROTO_RESULT, &reply, sizeof(reply)) < 0)
		return;
}

static void *run(void *user)
{
	struct fake_mgmtd *f = user;
	int fd;

	while ((fd = accept(f->fd, NULL, NULL)) != -1) {
		serve(f, fd);
		(void)close(fd);
	}
	return NULL;
}

void fake_mgmtd_start(struct fake_mgmtd *f)
{
	static int number;
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	*f = (struct fake_mgmtd){ 0 };
	(void)snprintf(f->path, sizeof(f->path), "/tmp/fake-mgmtd.%ld.%d", (long)getpid(),
		       number++);
	memcpy(sun.sun_path, f->path, sizeof(f->path));
	f->fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	assert_true(f->fd != -1);
	assert_int_equal(bind(f->fd, (const struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(listen(f->fd, 4), 0);
	assert_int_equal(pthread_create(&f->thread, NULL, run, f), 0);
}

void fake_mgmtd_end(struct fake_mgmtd *f)
{
	(void)shutdown(f->fd, SHUT_RDWR); /* ends accept() */
	(void)pthread_join(f->thread, NULL);
	(void)close(f->fd);
	(void)unlink(f->path);
}
