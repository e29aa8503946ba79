/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sensor - the daemon's parts joined: captures, table, mgmtd, records, revision
 *
 * The captures can only be opened before svc_seal(). So when the revision names
 * other interfaces, or one that was missing has come, the daemon ends with
 * status 0 and its supervisor starts it afresh.
 */
#ifndef FW_SENSOR_SENSOR_H
#define FW_SENSOR_SENSOR_H

#include "lib/attr.h"
#include "lib/svc.h"

struct sensor;

/*
 * Load the current revision, open spool, captures and socket. A missing
 * revision or interface is waited for; other failures are logged.
 * svc must outlive the sensor. Returns 0 or a negative errno.
 */
int sensor_new(struct svc *svc, struct sensor **ret_sensor) MUST_CHECK;
void sensor_free(struct sensor *s);

#endif
