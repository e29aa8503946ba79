/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "fw/sensor/cage.h"
#include "fw/sensor/sensor.h"
#include "lib/log.h"
#include "lib/svc.h"

int main(int argc, char **argv)
{
	struct sensor *sensor = NULL;
	struct svc svc;
	int r = svc_start(&svc, "sensord", argc, argv);
	int e;

	if (r != 0)
		return r;
	if (sensor_new(&svc, &sensor) < 0)
		return EXIT_FAILURE;
	svc_seal(&svc, 0);
	e = cage_enter();
	if (e < 0) {
		log_err("sensord", "cannot give up system calls: %s", strerror(-e));
		sensor_free(sensor);
		return EXIT_FAILURE;
	}
	r = svc_run(&svc);
	sensor_free(sensor);
	return r;
}
