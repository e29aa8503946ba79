/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cert - the key and self-signed certificate of the HTTPS door
 *
 * Made at the first start (ECDSA P-256, two years) and again when the certificate
 * has less than a month left. A site that has a certificate of its own puts it in
 * their place.
 */
#ifndef MGMT_MGMTD_CERT_H
#define MGMT_MGMTD_CERT_H

#include "lib/attr.h"

struct cert {
	char *key_pem, *crt_pem; /* owned */
};

/* From dir/tls.key and dir/tls.crt, made when needed. Returns 0 or a negative errno. */
int cert_load(const char *dir, struct cert *ret) MUST_CHECK;
void cert_free(struct cert *c);

#endif
