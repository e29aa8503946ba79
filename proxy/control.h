/* SPDX-License-Identifier: GPL-3.0-or-later */
/* control - what mgmtd and root may ask proxyd and order it to do (docs/ipc.md) */
#ifndef PROXY_CONTROL_H
#define PROXY_CONTROL_H

#include "lib/attr.h"
#include "lib/svc.h"
#include "proxy/inforce.h"

struct control;

/* Listen on the control socket. svc and f must outlive it. 0 or a negative errno. */
int control_new(struct svc *svc, struct inforce *f,
		struct control **ret_control) MUST_CHECK;
void control_free(struct control *c);

#endif
