/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sekisho-proxyd: the allowlist forward proxy. Only wiring here. */
#include "lib/svc.h"
#include "proxy/service.h"

int main(int argc, char **argv)
{
	struct svc svc;
	struct service *service;
	int status = svc_start(&svc, "proxyd", argc, argv);

	if (status != 0)
		return status;
	svc_seal(&svc, 0);
	if (service_new(&svc, &service) < 0)
		return 1;
	status = svc_run(&svc);
	service_leave(service);
	service_free(service);
	return status;
}
