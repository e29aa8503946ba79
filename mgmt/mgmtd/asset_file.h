/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * asset_file - the register as CSV (pure)
 *
 * A line of column names first; a row is a card with what the register says about its
 * device, so that a device with two cards has two rows with one asset number. What
 * only an answer has (id, state) is passed over in reading.
 */
#ifndef MGMT_MGMTD_ASSET_FILE_H
#define MGMT_MGMTD_ASSET_FILE_H

#include <jansson.h>
#include <stdio.h>

#include "lib/attr.h"
#include "mgmt/mgmtd/rowfile.h"
#include "mgmt/mgmtd/store_asset.h"
#include "mgmt/mgmtd/store_device.h"

/* The bodies are as for input_asset_new(); "mac" is needed. Returns as rowfile_read(). */
int asset_file_read(const char *text, size_t len, rowfile_fn *fn, void *user,
		    struct rowfile_error *e) MUST_CHECK;

void asset_file_head(FILE *f);
/* d may be NULL: an entry without a card. */
void asset_file_row(FILE *f, const struct asset *a, const struct device *d);

/* A draft also says what was seen: manufacturer, address, first and last time. */
#define ASSET_FILE_SEEN 4

void asset_file_draft_head(FILE *f);
void asset_file_draft_row(FILE *f, const struct asset *a, const struct device *d,
			  const char *const seen[ASSET_FILE_SEEN]);

#endif
