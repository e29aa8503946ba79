/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/cert.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/addr.h"
#include "lib/fdio.h"
#include "lib/mem.h"
#include "lib/paths.h"

#define PEM_MAX (64u << 10)
#define DAY_S   86400
#define LIFE_S  (730 * DAY_S)
#define LEFT_S  (30 * DAY_S)
#define NAME    "sekisho.internal"

static int file_path(char dst[PATH_TEXT_MAX], const char *dir, const char *name)
{
	int n = snprintf(dst, PATH_TEXT_MAX, "%s/%s", dir, name);

	return n >= 0 && n < PATH_TEXT_MAX ? 0 : -ENAMETOOLONG;
}

/* libgnutls: 0 is good, everything below is an error of its own numbering. */
static int ok(int rc)
{
	return rc < 0 ? -EIO : 0;
}

static int add_address(gnutls_x509_crt_t crt, const char *text)
{
	struct addr a;

	if (addr_parse(text, &a) < 0)
		return -EINVAL;
	return ok(gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, a.bytes,
						       a.family == 4 ? 4 : 16,
						       GNUTLS_FSAN_APPEND));
}

static int add_name(gnutls_x509_crt_t crt, const char *name)
{
	return ok(gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, name,
						       (unsigned)strlen(name),
						       GNUTLS_FSAN_APPEND));
}

static int describe(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key)
{
	unsigned char serial[16];
	time_t now = time(NULL);
	int r;

	if (gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof(serial)) < 0)
		return -EIO;
	serial[0] &= 0x7f; /* a positive number, RFC 5280 4.1.2.2 */
	serial[0] |= 0x40;
	if ((r = ok(gnutls_x509_crt_set_version(crt, 3))) < 0 ||
	    (r = ok(gnutls_x509_crt_set_serial(crt, serial, sizeof(serial)))) < 0 ||
	    (r = ok(gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0,
						  NAME, sizeof(NAME) - 1))) < 0 ||
	    (r = ok(gnutls_x509_crt_set_activation_time(crt, now - DAY_S))) < 0 ||
	    (r = ok(gnutls_x509_crt_set_expiration_time(crt, now + LIFE_S))) < 0 ||
	    (r = ok(gnutls_x509_crt_set_basic_constraints(crt, 0, -1))) < 0 ||
	    (r = ok(gnutls_x509_crt_set_key_usage(crt, GNUTLS_KEY_DIGITAL_SIGNATURE))) <
		    0 ||
	    (r = ok(gnutls_x509_crt_set_key_purpose_oid(crt, GNUTLS_KP_TLS_WWW_SERVER,
							0))) < 0 ||
	    (r = ok(gnutls_x509_crt_set_key(crt, key))) < 0 ||
	    (r = add_name(crt, NAME)) < 0 || (r = add_name(crt, "localhost")) < 0 ||
	    (r = add_address(crt, "127.0.0.1")) < 0 || (r = add_address(crt, "::1")) < 0)
		return r;
	return ok(gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0));
}

static int write_pem(const char *dir, const char *name, const gnutls_datum_t *pem)
{
	char path[PATH_TEXT_MAX];
	int r = file_path(path, dir, name);

	return r < 0 ? r : fdio_replace_file(path, 0600, pem->data, pem->size);
}

static int write_both(const char *dir, gnutls_x509_crt_t crt, gnutls_x509_privkey_t key)
{
	gnutls_datum_t key_pem = { 0 }, crt_pem = { 0 };
	int r = ok(gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL,
						     GNUTLS_PKCS_PLAIN, &key_pem));

	if (r == 0)
		r = ok(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &crt_pem));
	if (r == 0)
		r = write_pem(dir, "tls.key", &key_pem);
	if (r == 0)
		r = write_pem(dir, "tls.crt", &crt_pem);
	if (key_pem.data != NULL)
		sodium_memzero(key_pem.data, key_pem.size);
	gnutls_free(key_pem.data);
	gnutls_free(crt_pem.data);
	return r;
}

static int make(const char *dir)
{
	gnutls_x509_privkey_t key = NULL;
	gnutls_x509_crt_t crt = NULL;
	int r = ok(gnutls_x509_privkey_init(&key));

	if (r == 0)
		r = ok(gnutls_x509_privkey_generate(
			key, GNUTLS_PK_ECDSA,
			GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0));
	if (r == 0)
		r = ok(gnutls_x509_crt_init(&crt));
	if (r == 0)
		r = describe(crt, key);
	if (r == 0)
		r = write_both(dir, crt, key);
	if (crt != NULL)
		gnutls_x509_crt_deinit(crt);
	if (key != NULL)
		gnutls_x509_privkey_deinit(key);
	return r;
}

/* Has the certificate more than a month left? */
static bool is_fresh(const char *pem)
{
	gnutls_datum_t text = { .data = (unsigned char *)(uintptr_t)pem,
				.size = (unsigned)strlen(pem) };
	gnutls_x509_crt_t crt = NULL;
	bool fresh = false;

	if (gnutls_x509_crt_init(&crt) < 0)
		return false;
	if (gnutls_x509_crt_import(crt, &text, GNUTLS_X509_FMT_PEM) == 0)
		fresh = gnutls_x509_crt_get_expiration_time(crt) > time(NULL) + LEFT_S;
	gnutls_x509_crt_deinit(crt);
	return fresh;
}

static int read_both(const char *dir, struct cert *ret)
{
	char path[PATH_TEXT_MAX];
	struct cert c = { 0 };
	size_t len;
	int r = file_path(path, dir, "tls.key");

	if (r == 0)
		r = fdio_read_file(path, PEM_MAX, &c.key_pem, &len);
	if (r == 0)
		r = file_path(path, dir, "tls.crt");
	if (r == 0)
		r = fdio_read_file(path, PEM_MAX, &c.crt_pem, &len);
	if (r < 0)
		cert_free(&c);
	else
		*ret = c;
	return r;
}

int cert_load(const char *dir, struct cert *ret)
{
	struct cert c = { 0 };
	int r = read_both(dir, &c);

	if (r == 0 && !is_fresh(c.crt_pem)) {
		cert_free(&c);
		r = -ENOENT;
	}
	if (r == -ENOENT) {
		r = make(dir);
		if (r == 0)
			r = read_both(dir, &c);
	}
	if (r == 0)
		*ret = c;
	return r;
}

void cert_free(struct cert *c)
{
	if (c->key_pem != NULL)
		sodium_memzero(c->key_pem, strlen(c->key_pem));
	free(c->key_pem);
	free(c->crt_pem);
	*c = (struct cert){ 0 };
}
