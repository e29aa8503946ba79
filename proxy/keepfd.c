/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/keepfd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#define AT_ONCE    64 /* descriptors in one message */
#define BARRIER_US (5 * 1000000ull)

void keepfd_forget(const char *name)
{
	(void)sd_notifyf(0, "FDSTOREREMOVE=1\nFDNAME=%s", name);
}

void keepfd_store(const char *name, int fd)
{
	char text[64];

	keepfd_forget(name);
	/* FDPOLL: a listening socket never says that it is done with */
	(void)snprintf(text, sizeof(text), "FDSTORE=1\nFDNAME=%s\nFDPOLL=0", name);
	(void)sd_pid_notify_with_fds(0, 0, text, &fd, 1);
}

bool keepfd_is_possible(void)
{
	return getenv("NOTIFY_SOCKET") != NULL;
}

int keepfd_store_all(const char *name, const int *fd, size_t count)
{
	char text[64];
	int r = 1;

	(void)snprintf(text, sizeof(text), "FDSTORE=1\nFDNAME=%s\nFDPOLL=0", name);
	for (size_t at = 0; at < count && r > 0; at += AT_ONCE) {
		size_t n = count - at < AT_ONCE ? count - at : AT_ONCE;

		r = sd_pid_notify_with_fds(0, 0, text, fd + at, (unsigned)n);
	}
	if (r > 0)
		r = sd_notify_barrier(0, BARRIER_US);
	return r > 0 ? 0 : r == 0 ? -ENOTCONN : r;
}

void keepfd_forget_now(const char *name)
{
	keepfd_forget(name);
	(void)sd_notify_barrier(0, BARRIER_US);
}

size_t keepfd_take(const char *name, int *ret_fd, size_t max)
{
	char **names = NULL;
	int count = sd_listen_fds_with_names(0, &names);
	size_t n = 0;

	for (int i = 0; i < count; i++) {
		if (strcmp(names[i], name) == 0 && n < max)
			ret_fd[n++] = SD_LISTEN_FDS_START + i;
		else if (strcmp(names[i], name) == 0)
			(void)close(SD_LISTEN_FDS_START + i);
		free(names[i]);
	}
	free(names);
	return n;
}
