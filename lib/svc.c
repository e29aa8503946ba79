/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/svc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/mem.h"
#include "lib/mono.h"
#include "lib/str.h"

#define LISTEN_BACKLOG 64
#define CAPS_MAX       63

/* What the options ask for: 0 go on, 1 done (help, version), 2 misuse. */
static int read_options(struct svc *s, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0) {
			(void)printf("usage: sekisho-%s [--root DIR] [--version]\n",
				     s->name);
			return 1;
		}
		if (strcmp(argv[i], "--version") == 0) {
			(void)printf("sekisho-%s %s\n", s->name, SEKISHO_VERSION);
			return 1;
		}
		if (strcmp(argv[i], "--root") == 0 && i + 1 < argc) {
			if (str_copy(s->root, sizeof(s->root), argv[++i]) == 0)
				continue;
			(void)fprintf(stderr, "sekisho-%s: --root is too long\n",
				      s->name);
			return 2;
		}
		(void)fprintf(stderr, "sekisho-%s: unknown option '%s'; try --help\n",
			      s->name, argv[i]);
		return 2;
	}
	return 0;
}

static int start_loop(struct svc *s)
{
	sigset_t set;
	int r;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) == -1 ||
	    signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return -errno;
	if ((r = sd_event_new(&s->event)) < 0 ||
	    (r = sd_event_add_signal(s->event, NULL, SIGTERM, NULL, NULL)) < 0 ||
	    (r = sd_event_add_signal(s->event, NULL, SIGINT, NULL, NULL)) < 0)
		return r;
	return 0;
}

int svc_start(struct svc *s, const char *name, int argc, char **argv)
{
	int r;

	*s = (struct svc){ .name = name, .started_us = wall_us() };
	r = read_options(s, argc, argv);
	if (r == 1)
		exit(EXIT_SUCCESS);
	if (r == 2)
		return 2;
	(void)umask(0027);
	if (ipc_roles_load(&s->roles) < 0) {
		log_err(name, "an account is missing: sekisho-proxy, -gate, -sensor, "
			      "-record and "
			      "-mgmt are needed");
		return 1;
	}
	r = start_loop(s);
	if (r < 0) {
		log_err(name, "cannot start: %s", strerror(-r));
		return 1;
	}
	return 0;
}

int svc_path(const struct svc *s, const char *rel, char dst[PATH_TEXT_MAX])
{
	int r = path_join(dst, s->root, rel);

	if (r < 0)
		log_err(s->name, "the path of --root is too long");
	return r;
}

int svc_activated(const char *fd_name)
{
	char **names = NULL;
	int found = -ENOENT;
	int count = sd_listen_fds_with_names(0, &names);

	for (int i = 0; i < count; i++) {
		if (found < 0 && strcmp(names[i], fd_name) == 0)
			found = SD_LISTEN_FDS_START + i;
		free(names[i]);
	}
	free(names);
	return found;
}

static int bind_and_listen(const char *path, int type, int *ret_fd)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	CLEANUP(close_p) int fd = -1;
	mode_t old;
	int r;

	if (str_copy(sun.sun_path, sizeof(sun.sun_path), path) < 0)
		return -ENAMETOOLONG;
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -errno;
	if (unlink(path) == -1 && errno != ENOENT)
		return -errno; /* left by the one before us; the folder is sticky */
	old = umask(0117); /* between bind() and a chmod() anybody could connect */
	r = bind(fd, (const struct sockaddr *)&sun, sizeof(sun)) == -1 ? -errno : 0;
	(void)umask(old);
	if (r < 0)
		return r;
	if (listen(fd, LISTEN_BACKLOG) == -1)
		return -errno;
	*ret_fd = steal_fd(&fd);
	return 0;
}

static int listen_on(const struct svc *s, const char *rel, int type, int *ret_fd)
{
	const char *name = strrchr(rel, '/') + 1;
	char path[PATH_TEXT_MAX];
	int fd = svc_activated(name);
	int r;

	if (fd >= 0) {
		(void)fcntl(fd, F_SETFL, O_NONBLOCK);
		*ret_fd = fd;
		return 0;
	}
	r = svc_path(s, rel, path);
	if (r < 0)
		return r;
	r = bind_and_listen(path, type, ret_fd);
	if (r < 0)
		log_err(s->name, "cannot listen on %s: %s", path, strerror(-r));
	return r;
}

int svc_listen(const struct svc *s, const char *rel, int *ret_fd)
{
	return listen_on(s, rel, SOCK_SEQPACKET, ret_fd);
}

int svc_listen_stream(const struct svc *s, const char *rel, int *ret_fd)
{
	return listen_on(s, rel, SOCK_STREAM, ret_fd);
}

static int set_caps(uint64_t keep)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	for (int i = 0; i < 2; i++) {
		uint32_t bits = (uint32_t)(keep >> (32 * i));

		data[i].effective = bits;
		data[i].permitted = bits;
		data[i].inheritable = 0;
	}
	return (int)syscall(SYS_capset, &head, data);
}

void svc_seal(const struct svc *s, uint64_t keep)
{
	if (getuid() == 0 || geteuid() == 0) {
		log_err(s->name, "refusing to run as root; start it as its own account");
		exit(EXIT_FAILURE);
	}
	/* the bounding set can only shrink while CAP_SETPCAP is held; without it, no
	 * program can gain anything through exec once no-new-privs is set */
	for (int cap = 0; cap <= CAPS_MAX; cap++) {
		if ((keep >> cap & 1) == 0)
			(void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	}
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == -1 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1 || set_caps(keep) == -1) {
		log_err(s->name, "cannot give up privileges: %s", strerror(errno));
		exit(EXIT_FAILURE);
	}
	if (setuid(0) == 0) {
		log_err(s->name, "privileges came back after they were given up");
		exit(EXIT_FAILURE);
	}
}

int svc_run(struct svc *s)
{
	int r;

	(void)sd_notify(0, "READY=1");
	log_info(s->name, "started, version %s", SEKISHO_VERSION);
	r = sd_event_loop(s->event);
	if (r < 0)
		log_err(s->name, "the loop ended: %s", strerror(-r));
	(void)sd_notify(0, "STOPPING=1");
	s->event = sd_event_unref(s->event);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

struct proto_status svc_status(const struct svc *s)
{
	return (struct proto_status){ .started_us = s->started_us };
}
