/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "fw/sensor/sensor.h"
#include "lib/svc.h"

int main(int argc, char **argv)
{
	struct sensor *sensor = NULL;
	struct svc svc;
	int r = svc_start(&svc, "sensord", argc, argv);

	if (r != 0)
		return r;
	if (sensor_new(&svc, &sensor) < 0)
		return EXIT_FAILURE;
	svc_seal(&svc, 0);
	r = svc_run(&svc);
	sensor_free(sensor);
	return r;
}
