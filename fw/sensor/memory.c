/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/sensor/memory.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fdio.h"
#include "lib/mem.h"
#include "lib/rd.h"
#include "lib/wr.h"

#define MAGIC      0x534b4d33u /* "SKM3" */
#define EVENTS_MAX (ALARM_NEW_MAX + EVENT_COUNT * ALARM_KIND_MAX)
#define FILE_MAX   (HISTORY_FILE_MAX + HEAD_SIZE + EVENTS_MAX * sizeof(struct proto_event))
#define HEAD_SIZE  16
#define FILE_MODE  0600
#define USEC_SEC   1000000

static bool is_listened(const struct wires *wires, const struct proto_event *event)
{
	for (size_t i = 0; i < wires->count; i++) {
		if (strncmp(wires->item[i].interface, event->interface,
			    sizeof(event->interface)) == 0)
			return true;
	}
	return false;
}

static int decode(struct rd r, struct watch *e, const struct wires *wires,
		  struct watch_time t)
{
	uint32_t magic = rd_be32(&r), count = rd_be32(&r);
	int64_t now = t.time_us / USEC_SEC, saved = (int64_t)rd_be64(&r);
	int result;

	if (rd_failed(&r) || magic != MAGIC || count > EVENTS_MAX || saved < 0)
		return -EBADMSG;
	for (uint32_t i = 0; i < count; i++) {
		struct proto_event event;

		rd_bytes(&r, &event, sizeof(event));
		if (rd_failed(&r))
			return -EBADMSG;
		if (is_listened(wires, &event))
			alarms_restore(watch_alarms(e), &event, t.now);
	}
	result = history_decode(watch_history(e), r);
	if (now > saved)
		history_shift(watch_history(e), now - saved);
	return result;
}

int memory_load(const char *path, struct watch *e, const struct wires *wires,
		struct watch_time t)
{
	CLEANUP(free_p) char *data = NULL;
	size_t len;
	int r = fdio_read_file(path, FILE_MAX, &data, &len);

	return r < 0 ? r : decode(rd_of(data, len), e, wires, t);
}

static void put_events(struct wr *w, struct watch *e, int64_t time_us)
{
	const struct proto_event *event;
	size_t cursor = 0;

	wr_be32(w, MAGIC);
	wr_be32(w, (uint32_t)alarms_count(watch_alarms(e)));
	wr_be64(w, (uint64_t)(time_us / USEC_SEC));
	while ((event = alarms_next(watch_alarms(e), &cursor)) != NULL)
		wr_bytes(w, event, sizeof(*event));
}

int memory_save(const char *path, struct watch *e, int64_t time_us)
{
	CLEANUP(free_p) uint8_t *history = NULL;
	CLEANUP(free_p) uint8_t *data = NULL;
	size_t history_len = 0, size;
	struct wr w;

	history = history_encode(watch_history(e), &history_len);
	if (history == NULL)
		return -ENOMEM;
	size = HEAD_SIZE + alarms_count(watch_alarms(e)) * sizeof(struct proto_event) +
	       history_len;
	data = malloc(size);
	if (data == NULL)
		return -ENOMEM;
	w = wr_of(data, size);
	put_events(&w, e, time_us);
	wr_bytes(&w, history, history_len);
	if (wr_failed(&w))
		return -EINVAL;
	return fdio_replace_file(path, FILE_MODE, data, size);
}
