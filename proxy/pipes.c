/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/pipes.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static struct pipes_pipe *make(struct pipes *p)
{
	struct pipes_pipe *pipe;
	int fd[2];

	if (p->count == PIPES_MAX)
		return NULL;
	pipe = malloc(sizeof(*pipe));
	if (pipe == NULL || pipe2(fd, O_NONBLOCK | O_CLOEXEC) == -1) {
		free(pipe);
		return NULL;
	}
	/* a smaller one moves the same bytes with more calls */
	(void)fcntl(fd[1], F_SETPIPE_SZ, PIPES_SIZE);
	*pipe = (struct pipes_pipe){ .read = fd[0], .write = fd[1] };
	p->count++;
	return pipe;
}

struct pipes_pipe *pipes_take(struct pipes *p)
{
	struct pipes_pipe *pipe = p->kept;

	if (pipe == NULL)
		return make(p);
	p->kept = pipe->next;
	p->kept_count--;
	return pipe;
}

static void destroy(struct pipes *p, struct pipes_pipe *pipe)
{
	(void)close(pipe->read);
	(void)close(pipe->write);
	free(pipe);
	p->count--;
}

void pipes_give(struct pipes *p, struct pipes_pipe *pipe)
{
	if (pipe == NULL)
		return;
	if (pipe->len != 0 || p->kept_count == PIPES_KEPT_MAX) {
		destroy(p, pipe);
		return;
	}
	pipe->next = p->kept;
	p->kept = pipe;
	p->kept_count++;
}

void pipes_clear(struct pipes *p)
{
	while (p->kept != NULL) {
		struct pipes_pipe *pipe = p->kept;

		p->kept = pipe->next;
		destroy(p, pipe);
	}
	p->kept_count = 0;
}
