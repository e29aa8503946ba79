/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/keepfd.h"

#include <stdio.h>
#include <systemd/sd-daemon.h>

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
