/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/api.h"

#include <errno.h>
#include <string.h>

#include "lib/str.h"
#include "mgmt/mgmtd/handlers.h"
#include "mgmt/mgmtd/session.h"

enum access {
	ACCESS_ANYBODY,
	ACCESS_SIGNED_IN, /* even while a new password is due */
	ACCESS_ROLE, /* as the act says */
};

struct route {
	const char *method;
	const char *path; /* "*" stands for one part, the handler's argument */
	enum access access;
	enum act act;
	call_handler *handler;
};

/* clang-format off */
static const struct route routes[] = {
	{ "POST", "/api/session", ACCESS_ANYBODY, ACT_LOOK, handle_session_start },
	{ "GET", "/api/session", ACCESS_SIGNED_IN, ACT_LOOK, handle_session_show },
	{ "DELETE", "/api/session", ACCESS_SIGNED_IN, ACT_LOOK, handle_session_end },
	{ "POST", "/api/password", ACCESS_SIGNED_IN, ACT_LOOK, handle_password },
	{ "GET", "/api/status", ACCESS_ROLE, ACT_LOOK, handle_status },
	{ "GET", "/api/policy", ACCESS_ROLE, ACT_LOOK, handle_policy_show },
	{ "GET", "/api/policy/nft", ACCESS_ROLE, ACT_SHOW_NFT, handle_policy_nft },
	{ "POST", "/api/policy", ACCESS_ROLE, ACT_APPLY_POLICY, handle_policy_apply },
	{ "POST", "/api/policy/confirm", ACCESS_ROLE, ACT_APPLY_POLICY, handle_policy_confirm },
	{ "POST", "/api/policy/rollback", ACCESS_ROLE, ACT_WITHDRAW, handle_policy_rollback },
	{ "GET", "/api/policy/history", ACCESS_ROLE, ACT_LOOK, handle_policy_history },
	{ "POST", "/api/policy/diff", ACCESS_ROLE, ACT_LOOK, handle_policy_diff },
	{ "POST", "/api/lockdown", ACCESS_ROLE, ACT_LOCKDOWN, handle_lockdown },
	{ "GET", "/api/verify", ACCESS_ROLE, ACT_PROVE, handle_verify },
	{ "GET", "/api/probes", ACCESS_ROLE, ACT_PROVE, handle_probe_list },
	{ "POST", "/api/probes", ACCESS_ROLE, ACT_PROVE, handle_probe_run },
	{ "GET", "/api/explain", ACCESS_ROLE, ACT_PROVE, handle_explain },
	{ "GET", "/api/flows", ACCESS_ROLE, ACT_LOOK, handle_flow_list },
	{ "POST", "/api/flows/*/review", ACCESS_ROLE, ACT_WITHDRAW, handle_flow_review },
	{ "GET", "/api/allow", ACCESS_ROLE, ACT_LOOK, handle_allow_list },
	{ "POST", "/api/allow", ACCESS_ROLE, ACT_REQUEST, handle_allow_request },
	{ "GET", "/api/allow/test", ACCESS_ROLE, ACT_LOOK, handle_allow_test },
	{ "GET", "/api/allow/export", ACCESS_ROLE, ACT_LOOK, handle_allow_export },
	{ "GET", "/api/allow/lint", ACCESS_ROLE, ACT_LOOK, handle_allow_lint },
	{ "GET", "/api/allow/suggest", ACCESS_ROLE, ACT_READ_RECORDS, handle_allow_suggest },
	{ "POST", "/api/allow/import", ACCESS_ROLE, ACT_REQUEST, handle_allow_import },
	{ "POST", "/api/allow/approve", ACCESS_ROLE, ACT_APPROVE, handle_allow_approve_all },
	{ "POST", "/api/allow/*/approve", ACCESS_ROLE, ACT_APPROVE, handle_allow_approve },
	{ "POST", "/api/allow/*/remove", ACCESS_ROLE, ACT_WITHDRAW, handle_allow_remove },
	{ "GET", "/api/lists", ACCESS_ROLE, ACT_LOOK, handle_list_list },
	{ "POST", "/api/lists", ACCESS_ROLE, ACT_REQUEST, handle_list_request },
	{ "POST", "/api/lists/*/change", ACCESS_ROLE, ACT_REQUEST, handle_list_change },
	{ "POST", "/api/lists/*/approve", ACCESS_ROLE, ACT_APPROVE, handle_list_approve },
	{ "POST", "/api/lists/*/withdraw", ACCESS_ROLE, ACT_WITHDRAW, handle_list_withdraw },
	{ "POST", "/api/lists/*/remove", ACCESS_ROLE, ACT_WITHDRAW, handle_list_remove },
	{ "GET", "/api/devices", ACCESS_ROLE, ACT_LOOK, handle_device_list },
	{ "POST", "/api/devices", ACCESS_ROLE, ACT_REQUEST, handle_device_add },
	{ "POST", "/api/devices/*/request", ACCESS_ROLE, ACT_REQUEST, handle_device_request },
	{ "POST", "/api/devices/*/approve", ACCESS_ROLE, ACT_APPROVE, handle_device_approve },
	{ "POST", "/api/devices/*/revoke", ACCESS_ROLE, ACT_WITHDRAW, handle_device_revoke },
	{ "POST", "/api/devices/*/group", ACCESS_ROLE, ACT_SET_GROUP, handle_device_group },
	{ "POST", "/api/devices/*/check", ACCESS_ROLE, ACT_APPROVE, handle_device_check },
	{ "POST", "/api/devices/*/quarantine", ACCESS_ROLE, ACT_WITHDRAW, handle_device_quarantine },
	{ "POST", "/api/devices/*/release", ACCESS_ROLE, ACT_WITHDRAW, handle_device_release },
	{ "POST", "/api/devices/*/release/approve", ACCESS_ROLE, ACT_APPROVE, handle_device_release_approve },
	{ "POST", "/api/devices/*/suspend", ACCESS_ROLE, ACT_WITHDRAW, handle_device_suspend },
	{ "POST", "/api/devices/*/resume", ACCESS_ROLE, ACT_APPROVE, handle_device_resume },
	{ "POST", "/api/devices/*/retire", ACCESS_ROLE, ACT_WITHDRAW, handle_device_retire },
	{ "POST", "/api/devices/*/certify", ACCESS_ROLE, ACT_APPROVE, handle_device_certify },
	{ "GET", "/api/assets", ACCESS_ROLE, ACT_LOOK, handle_asset_list },
	{ "POST", "/api/assets", ACCESS_ROLE, ACT_REQUEST, handle_asset_add },
	{ "POST", "/api/assets/import", ACCESS_ROLE, ACT_APPROVE, handle_asset_import },
	{ "GET", "/api/assets/export", ACCESS_ROLE, ACT_LOOK, handle_asset_export },
	{ "GET", "/api/assets/draft", ACCESS_ROLE, ACT_LOOK, handle_asset_draft },
	{ "GET", "/api/assets/due", ACCESS_ROLE, ACT_LOOK, handle_asset_due },
	{ "GET", "/api/assets/*", ACCESS_ROLE, ACT_LOOK, handle_asset_show },
	{ "POST", "/api/assets/*/change", ACCESS_ROLE, ACT_APPROVE, handle_asset_change },
	{ "POST", "/api/assets/*/card", ACCESS_ROLE, ACT_APPROVE, handle_asset_card },
	{ "GET", "/api/alarms", ACCESS_ROLE, ACT_LOOK, handle_alarm_list },
	{ "POST", "/api/alarms/*/ack", ACCESS_ROLE, ACT_WITHDRAW, handle_alarm_ack },
	{ "GET", "/api/admission", ACCESS_ROLE, ACT_LOOK, handle_admission_show },
	{ "POST", "/api/admission", ACCESS_ROLE, ACT_WITHDRAW, handle_admission_set },
	{ "GET", "/api/admission/unadmitted", ACCESS_ROLE, ACT_READ_RECORDS, handle_unadmitted },
	{ "GET", "/api/work", ACCESS_ROLE, ACT_READ_RECORDS, handle_work_list },
	{ "POST", "/api/work/confirm", ACCESS_ROLE, ACT_WITHDRAW, handle_work_confirm },
	{ "GET", "/api/proxy/connections", ACCESS_ROLE, ACT_READ_RECORDS, handle_proxy_list },
	{ "POST", "/api/proxy/connections/*/cut", ACCESS_ROLE, ACT_WITHDRAW, handle_proxy_cut },
	{ "GET", "/api/records", ACCESS_ROLE, ACT_READ_RECORDS, handle_record_search },
	{ "GET", "/api/records/verify", ACCESS_ROLE, ACT_VERIFY_RECORDS, handle_record_verify },
	{ "GET", "/api/users", ACCESS_ROLE, ACT_LIST_USERS, handle_user_list },
	{ "POST", "/api/users", ACCESS_ROLE, ACT_MANAGE_USERS, handle_user_add },
	{ "POST", "/api/users/*/disable", ACCESS_ROLE, ACT_MANAGE_USERS, handle_user_disable },
	{ "POST", "/api/users/*/reset", ACCESS_ROLE, ACT_MANAGE_USERS, handle_user_reset },
};
/* clang-format on */

static size_t body_max(const char *method, const char *path)
{
	if (strncmp(path, "/api/", 5) != 0 || strcmp(method, "POST") != 0)
		return 0;
	if (strcmp(path, "/api/allow/import") == 0 ||
	    strcmp(path, "/api/assets/import") == 0)
		return API_BODY_IMPORT_MAX;
	if (strcmp(path, "/api/policy") == 0 || strcmp(path, "/api/policy/diff") == 0)
		return API_BODY_FILE_MAX;
	return API_BODY_MAX;
}

/* Does path fit pattern? What stands for "*" goes into arg. */
static bool path_fits(const char *pattern, const char *path, char arg[CALL_ARG_MAX])
{
	const char *star = strchr(pattern, '*');
	size_t head, len;

	if (star == NULL)
		return strcmp(pattern, path) == 0;
	head = (size_t)(star - pattern);
	if (strncmp(pattern, path, head) != 0)
		return false;
	len = strcspn(path + head, "/");
	if (len == 0 || len >= CALL_ARG_MAX || strcmp(star + 1, path + head + len) != 0)
		return false;
	memcpy(arg, path + head, len);
	arg[len] = '\0';
	return true;
}

static const struct route *find_route(struct call *c)
{
	enum msg msg = MSG_NOT_FOUND;

	for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
		if (!path_fits(routes[i].path, c->req->path, c->arg))
			continue;
		if (strcmp(routes[i].method, c->req->method) == 0)
			return &routes[i];
		msg = MSG_METHOD;
	}
	call_fail(c, msg, "");
	return NULL;
}

/* Who is signed in, into the call. Returns false when it has answered. */
static bool identify(struct call *c, enum access access)
{
	struct account a;
	int r = -ENOENT;

	if (c->req->token != NULL)
		r = session_find(c->app->db, c->req->token, c->req->now,
				 c->req->background, &c->session);
	if (r == 0)
		r = store_account_get(c->app->db, c->session.login, &a);
	if (r < 0 && r != -ENOENT) {
		call_fail_internal(c, r);
		return false;
	}
	if (r == -ENOENT || a.disabled) {
		call_fail(c, MSG_NOT_SIGNED_IN, "");
		return false;
	}
	(void)str_copy(c->actor.login, sizeof(c->actor.login), a.login);
	c->actor.role = a.role;
	if (a.must_change && access != ACCESS_SIGNED_IN) {
		call_fail(c, MSG_MUST_CHANGE, "");
		return false;
	}
	return true;
}

/* May this caller use the route? Returns false when it has answered. */
static bool admit(struct call *c, const struct route *route)
{
	if (c->req->door == API_DOOR_LOCAL) {
		(void)str_copy(c->actor.login, sizeof(c->actor.login), "root");
		c->actor.role = ROLE_ROOT;
		return true;
	}
	if (route->access == ACCESS_ANYBODY)
		return true;
	if (!identify(c, route->access))
		return false;
	if (strcmp(route->method, "GET") != 0 &&
	    !session_csrf_ok(&c->session, c->req->csrf)) {
		call_fail(c, MSG_CSRF, "");
		return false;
	}
	if (route->access == ACCESS_ROLE && !workflow_may(&c->actor, route->act)) {
		call_fail(c, MSG_ROLE, "");
		return false;
	}
	return true;
}

static bool read_body(struct call *c)
{
	if (c->req->body_len == 0)
		c->body = json_object();
	else if (strcmp(c->req->method, "POST") == 0)
		c->body = json_loadb(c->req->body, c->req->body_len,
				     JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object(c->body))
		return true;
	call_fail(c,
		  strcmp(c->req->method, "POST") == 0 ? MSG_BAD_JSON
						      : MSG_BODY_NOT_WANTED,
		  "");
	return false;
}

static struct call call_of(struct app *app, const struct api_request *req,
			   struct api_response *res)
{
	*res = (struct api_response){ .status = 500, .type = "application/json" };
	return (struct call){
		.app = app,
		.req = req,
		.res = res,
		.ja = msg_wants_japanese(req->language),
	};
}

/* The route of a caller who may use it; NULL when it has answered. */
static const struct route *enter(struct call *c)
{
	const struct route *route;

	if (c->req->door == API_DOOR_LOCAL && !c->req->root) {
		call_fail(c, MSG_NOT_ROOT, "");
		return NULL;
	}
	if (c->req->query_cut) {
		call_fail(c, MSG_BAD_QUERY, "...");
		return NULL;
	}
	route = find_route(c);
	return route != NULL && admit(c, route) ? route : NULL;
}

bool api_expect(struct app *app, const struct api_request *req, uint64_t announced,
		size_t *ret_max, struct api_response *ret)
{
	struct api_request quiet = *req;
	struct call c = call_of(app, &quiet, ret);
	size_t max = body_max(req->method, req->path);

	quiet.background = true;
	if (announced > max) {
		call_fail(&c, MSG_TOO_LARGE, "");
		return false;
	}
	if (max > API_BODY_MAX && enter(&c) == NULL) {
		if (announced > API_BODY_MAX)
			return false;
		free(ret->body); /* api_handle() says it when all is there */
		max = API_BODY_MAX;
	}
	*ret_max = max;
	return true;
}

void api_handle(struct app *app, const struct api_request *req, struct api_response *ret)
{
	struct call c = call_of(app, req, ret);
	const struct route *route = enter(&c);

	if (route != NULL && read_body(&c))
		route->handler(&c);
	json_decref(c.body);
}
