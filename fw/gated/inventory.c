/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a revision means on this machine: its interfaces and accounts go into the rules. */
#include <errno.h>
#include <net/if.h>
#include <pwd.h>
#include <stdlib.h>
#include <time.h>

#include "fw/gated/load.h"
#include "lib/mem.h"
#include "lib/str.h"

/* The machine's interfaces. The array is malloc()ed. */
static int list_interfaces(char (**ret_names)[FW_IFNAME_MAX], size_t *ret_count)
{
	struct if_nameindex *list = if_nameindex();
	char(*names)[FW_IFNAME_MAX];
	size_t count = 0;

	if (list == NULL)
		return -errno;
	while (list[count].if_index != 0)
		count++;
	names = calloc(count + 1, sizeof(*names));
	for (size_t i = 0; i < count && names != NULL; i++)
		(void)str_copy(names[i], sizeof(names[i]), list[i].if_name);
	if_freenameindex(list);
	if (names == NULL)
		return -ENOMEM;
	*ret_names = names;
	*ret_count = count;
	return 0;
}

/* The account that the policy names, if there is one of that name. Returns 0 or 1. */
static size_t find_account(const struct policy *p, struct inventory_account *ret)
{
	const char *name = p->gateway.ntp.account;
	const struct passwd *pw = name[0] != '\0' ? getpwnam(name) : NULL;

	if (pw == NULL)
		return 0;
	(void)str_copy(ret->name, sizeof(ret->name), name);
	ret->uid = pw->pw_uid;
	return 1;
}

int load_compile(const struct gate *g, const struct revision *rev,
		 const struct policy *known, struct ruleset **ret, struct diags *diags)
{
	CLEANUP(free_p) char(*names)[FW_IFNAME_MAX] = NULL;
	struct inventory_account account;
	struct inventory inv = { .known = known,
				 .account = &account,
				 .account_count = find_account(rev->policy, &account),
				 .uid_proxy = g->svc->roles.proxyd,
				 .uid_management = g->svc->roles.mgmtd,
				 .now = (int64_t)time(NULL) };
	int r = list_interfaces(&names, &inv.interface_count);

	if (r < 0)
		return r;
	inv.interface = (const char(*)[FW_IFNAME_MAX])names;
	/* what is in force needs no proof of it, and may have lost an account since */
	if (g->lockdown.on && (rev == g->now.rev || rev == g->before.rev))
		return lockdown_compile(rev, &inv, ret, diags);
	r = ruleset_compile(rev, &inv, ret, diags);
	if (r < 0 || !g->lockdown.on)
		return r;
	/* it could be put in force; that it is refused now, and not at the end, is the use */
	ruleset_free(*ret);
	*ret = NULL;
	return lockdown_compile(rev, &inv, ret, diags);
}
