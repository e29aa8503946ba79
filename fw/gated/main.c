/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sekisho-gated: three roles of one program, see roles.h */
#include <stdbool.h>
#include <string.h>

#include "fw/gated/gate.h"
#include "fw/gated/roles.h"

int main(int argc, char **argv)
{
	/* our own children begin so; people have no use for it */
	bool child = argc >= 3 && strcmp(argv[1], "--role") == 0;
	bool compile = child && strcmp(argv[2], "compile") == 0;
	bool probe = child && strcmp(argv[2], "probe") == 0;
	struct svc svc;
	int r;

	if (compile || probe) {
		argv[2] = argv[0];
		argc -= 2;
		argv += 2;
	}
	r = svc_start(&svc, "gated", argc, argv);
	if (r != 0)
		return r;
	if (probe)
		return roles_probe(&svc);
	return compile ? gate_main(&svc) : roles_apply(&svc, argc, argv);
}
