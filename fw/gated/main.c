/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sekisho-gated: two roles of one program, see roles.h */
#include <string.h>

#include "fw/gated/gate.h"
#include "fw/gated/roles.h"

int main(int argc, char **argv)
{
	/* our own child begins so; people have no use for it */
	int compile = argc >= 3 && strcmp(argv[1], "--role") == 0 &&
		      strcmp(argv[2], "compile") == 0;
	struct svc svc;
	int r;

	if (compile) {
		argv[2] = argv[0];
		argc -= 2;
		argv += 2;
	}
	r = svc_start(&svc, "gated", argc, argv);
	if (r != 0)
		return r;
	return compile ? gate_main(&svc) : roles_apply(&svc, argc, argv);
}
