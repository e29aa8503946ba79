/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * In place of proxy/addrclass.c: every address may be dialled. A proxyd linked with
 * it must make the tour fail (tests/lab/test_tour.py). Never installed.
 */
#include "proxy/addrclass.h"

enum addrclass addrclass_of(struct addr a)
{
	(void)a;
	return ADDRCLASS_PUBLIC;
}

bool addrclass_may_dial(struct addr a, const struct prefix *site, size_t count)
{
	(void)a;
	(void)site;
	(void)count;
	return true;
}

bool addrclass_is_in(struct addr a, const struct prefix *nets, size_t count)
{
	(void)a;
	(void)nets;
	(void)count;
	return false;
}
