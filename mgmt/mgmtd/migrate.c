/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/migrate.h"

#include <errno.h>
#include <stddef.h>

/*
 * Times are seconds UTC. Accounts are never deleted, so that a login in an old
 * record always means the same person. Lists in a column (ports, zones,
 * destinations) are JSON arrays that we wrote.
 */
static const char first[] =
	"CREATE TABLE account (login TEXT PRIMARY KEY, name TEXT NOT NULL,"
	"  role TEXT NOT NULL CHECK (role IN ('admin','manager','auditor','requester')),"
	"  hash TEXT NOT NULL, must_change INTEGER NOT NULL, disabled INTEGER NOT NULL,"
	"  created INTEGER NOT NULL) WITHOUT ROWID;"
	/* by the login that was typed, known or not: the answers do not differ */
	"CREATE TABLE attempt (id INTEGER PRIMARY KEY, login TEXT NOT NULL UNIQUE,"
	"  failed INTEGER NOT NULL, locked_until INTEGER NOT NULL);"
	"CREATE TABLE session (hash TEXT PRIMARY KEY,"
	"  login TEXT NOT NULL REFERENCES account(login), csrf TEXT NOT NULL,"
	"  created INTEGER NOT NULL, used INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE policy_version (id INTEGER PRIMARY KEY AUTOINCREMENT,"
	"  text TEXT NOT NULL, applied INTEGER NOT NULL, by TEXT NOT NULL,"
	"  reason TEXT NOT NULL);"
	"CREATE TABLE entry (id TEXT PRIMARY KEY, host TEXT NOT NULL, ports TEXT NOT "
	"NULL,"
	"  zones TEXT NOT NULL, reason TEXT NOT NULL,"
	"  state TEXT NOT NULL CHECK (state IN ('requested','active','removed')),"
	"  requested_by TEXT NOT NULL, requested_role TEXT NOT NULL,"
	"  requested INTEGER NOT NULL, approved_by TEXT NOT NULL DEFAULT '',"
	"  approved INTEGER NOT NULL DEFAULT 0, removed_by TEXT NOT NULL DEFAULT '',"
	"  removed INTEGER NOT NULL DEFAULT 0, removed_reason TEXT NOT NULL DEFAULT '');"
	"CREATE INDEX entry_state ON entry (state, host);"
	/* a card on an interface, as permits are: the same one elsewhere is another row */
	"CREATE TABLE device (id TEXT PRIMARY KEY, mac TEXT NOT NULL,"
	"  name TEXT NOT NULL, interface TEXT NOT NULL, address TEXT NOT NULL,"
	"  first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL, UNIQUE (mac, "
	"interface));"
	/* the number is the kernel's mark: never reused, 24 bits */
	"CREATE TABLE permit (number INTEGER PRIMARY KEY AUTOINCREMENT"
	"  CHECK (number <= 16777215), id TEXT NOT NULL UNIQUE,"
	"  device TEXT NOT NULL REFERENCES device(id), interface TEXT NOT NULL,"
	"  kind TEXT NOT NULL CHECK (kind IN ('business','contractor')),"
	"  owner TEXT NOT NULL, reason TEXT NOT NULL, destinations TEXT NOT NULL,"
	"  until INTEGER NOT NULL, seconds INTEGER NOT NULL,"
	"  state TEXT NOT NULL CHECK (state IN ('requested','active','replaced',"
	"    'withdrawn','revoked')),"
	"  requested_by TEXT NOT NULL, requested_role TEXT NOT NULL,"
	"  requested INTEGER NOT NULL, approved_by TEXT NOT NULL DEFAULT '',"
	"  approved INTEGER NOT NULL DEFAULT 0, ended_by TEXT NOT NULL DEFAULT '',"
	"  ended INTEGER NOT NULL DEFAULT 0, ended_reason TEXT NOT NULL DEFAULT '');"
	"CREATE UNIQUE INDEX permit_open ON permit (device) WHERE state = 'requested';"
	"CREATE UNIQUE INDEX permit_active ON permit (device) WHERE state = 'active';"
	"CREATE INDEX permit_device ON permit (device, number);"
	"CREATE TABLE change (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL,"
	"  who TEXT NOT NULL, what TEXT NOT NULL, object TEXT NOT NULL,"
	"  reason TEXT NOT NULL, break_glass INTEGER NOT NULL);"
	"CREATE TABLE revision (number INTEGER PRIMARY KEY, created INTEGER NOT NULL,"
	"  why TEXT NOT NULL);";

/*
 * Lists carry what entries share: zones, groups, users, schedule, mode. A change of
 * one is a new version of it, requested and approved. Entries that had zones of their
 * own go to a list with those zones. An entry never changes: another replaces it.
 */
static const char second[] =
	"CREATE TABLE list (number INTEGER PRIMARY KEY AUTOINCREMENT,"
	"  version TEXT NOT NULL UNIQUE, id TEXT NOT NULL, name TEXT NOT NULL,"
	"  mode TEXT NOT NULL CHECK (mode IN ('enforce','observe')),"
	"  zones TEXT NOT NULL, groups TEXT NOT NULL, users TEXT NOT NULL,"
	"  schedule TEXT NOT NULL, reason TEXT NOT NULL,"
	"  state TEXT NOT NULL CHECK (state IN ('requested','active','replaced',"
	"    'withdrawn','removed')),"
	"  requested_by TEXT NOT NULL, requested_role TEXT NOT NULL,"
	"  requested INTEGER NOT NULL, approved_by TEXT NOT NULL DEFAULT '',"
	"  approved INTEGER NOT NULL DEFAULT 0, ended_by TEXT NOT NULL DEFAULT '',"
	"  ended INTEGER NOT NULL DEFAULT 0, ended_reason TEXT NOT NULL DEFAULT '');"
	"CREATE UNIQUE INDEX list_open ON list (id) WHERE state = 'requested';"
	"CREATE UNIQUE INDEX list_active ON list (id) WHERE state = 'active';"
	"CREATE UNIQUE INDEX list_name ON list (name) WHERE state = 'active';"
	"INSERT INTO list (version, id, name, mode, zones, groups, users, schedule,"
	"  reason, state, requested_by, requested_role, requested)"
	"  VALUES ('v0000000000000000', 'ldefault', 'default', 'enforce', '[]', '[]',"
	"  '[]', '', '', 'active', '', '', 0);"
	"INSERT INTO list (version, id, name, mode, zones, groups, users, schedule,"
	"  reason, state, requested_by, requested_role, requested)"
	"  SELECT 'v' || lower(hex(randomblob(8))), 'l' || lower(hex(randomblob(8))),"
	"  'zones-' || row_number() OVER (ORDER BY zones), 'enforce', zones, '[]', '[]',"
	"  '', 'zones of entries', 'active', '', '', 0"
	"  FROM (SELECT DISTINCT zones FROM entry WHERE zones <> '[]'"
	"    AND state <> 'removed');"
	"ALTER TABLE entry RENAME COLUMN reason TO purpose;"
	"ALTER TABLE entry ADD COLUMN address INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE entry ADD COLUMN scheme TEXT NOT NULL DEFAULT 'any'"
	"  CHECK (scheme IN ('any','http','https'));"
	"ALTER TABLE entry ADD COLUMN tls_any INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE entry ADD COLUMN path TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE entry ADD COLUMN methods TEXT NOT NULL DEFAULT '[]';"
	"ALTER TABLE entry ADD COLUMN list TEXT NOT NULL DEFAULT 'ldefault';"
	"ALTER TABLE entry ADD COLUMN owner TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE entry ADD COLUMN since INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE entry ADD COLUMN until INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE entry ADD COLUMN review TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE entry ADD COLUMN override TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE entry ADD COLUMN replaces TEXT NOT NULL DEFAULT '';"
	"UPDATE entry SET list = (SELECT l.id FROM list l WHERE l.zones = entry.zones"
	"  AND l.state = 'active') WHERE zones <> '[]' AND state <> 'removed';"
	"ALTER TABLE entry DROP COLUMN zones;"
	"CREATE INDEX entry_list ON entry (list, state);"
	/* which devices a list counts for; a device is in one group or in none */
	"ALTER TABLE device ADD COLUMN grp TEXT NOT NULL DEFAULT '';";

/*
 * A policy may be on trial: then its revision is not the one in force until it is
 * confirmed. Numbers of versions from before are found by what came into force then.
 */
static const char third[] =
	"ALTER TABLE revision ADD COLUMN tried INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE policy_version ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE policy_version ADD COLUMN state TEXT NOT NULL DEFAULT 'confirmed'"
	"  CHECK (state IN ('confirmed','trial','rolled-back','unconfirmed'));"
	"ALTER TABLE policy_version ADD COLUMN until INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE policy_version ADD COLUMN ended INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE policy_version ADD COLUMN ended_by TEXT NOT NULL DEFAULT '';"
	"UPDATE policy_version SET revision = coalesce((SELECT max(r.number)"
	"  FROM revision r WHERE r.why = 'policy-apply'"
	"  AND r.created = policy_version.applied), 0);"
	"CREATE UNIQUE INDEX policy_trial ON policy_version (state)"
	"  WHERE state = 'trial';"
	"CREATE TABLE lockdown (id INTEGER PRIMARY KEY AUTOINCREMENT,"
	"  at INTEGER NOT NULL, active INTEGER NOT NULL, who TEXT NOT NULL,"
	"  reason TEXT NOT NULL);"
	/* that a flow was looked at again; when it is due stands in the policy */
	"CREATE TABLE flow_review (id INTEGER PRIMARY KEY AUTOINCREMENT,"
	"  flow TEXT NOT NULL, at INTEGER NOT NULL, who TEXT NOT NULL,"
	"  result TEXT NOT NULL, next TEXT NOT NULL);"
	"CREATE INDEX flow_review_flow ON flow_review (flow, id);";

/*
 * The register: an entry owns cards, which devices were until now; a permit binds
 * more, and one that covers several cards has a row for each, with one bundle. A
 * permit's numbers stay, they are the kernel's marks.
 */
static const char fourth[] =
	"CREATE TABLE asset (id TEXT PRIMARY KEY, number TEXT NOT NULL,"
	"  name TEXT NOT NULL, owner TEXT NOT NULL, organisation TEXT NOT NULL,"
	"  kind TEXT NOT NULL, zone TEXT NOT NULL, note TEXT NOT NULL,"
	"  retired INTEGER NOT NULL DEFAULT 0, quarantined INTEGER NOT NULL DEFAULT 0,"
	"  suspended INTEGER NOT NULL DEFAULT 0,"
	"  state TEXT NOT NULL, since INTEGER NOT NULL, who TEXT NOT NULL,"
	"  why TEXT NOT NULL, created INTEGER NOT NULL,"
	"  certified INTEGER NOT NULL DEFAULT 0, certified_by TEXT NOT NULL DEFAULT '',"
	"  release_by TEXT NOT NULL DEFAULT '', release_role TEXT NOT NULL DEFAULT '',"
	"  release_at INTEGER NOT NULL DEFAULT 0, release_why TEXT NOT NULL DEFAULT '');"
	"CREATE UNIQUE INDEX asset_number ON asset (number) WHERE number <> '';"
	"CREATE TABLE asset_history (id INTEGER PRIMARY KEY AUTOINCREMENT,"
	"  asset TEXT NOT NULL REFERENCES asset(id), at INTEGER NOT NULL,"
	"  who TEXT NOT NULL, was TEXT NOT NULL, state TEXT NOT NULL, why TEXT NOT NULL);"
	"CREATE INDEX asset_history_asset ON asset_history (asset, id);"
	"ALTER TABLE device ADD COLUMN asset TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE device ADD COLUMN mac_given TEXT NOT NULL DEFAULT '';"
	"CREATE INDEX device_asset ON device (asset);"
	"CREATE TABLE permit_new (number INTEGER PRIMARY KEY AUTOINCREMENT"
	"  CHECK (number <= 16777215), id TEXT NOT NULL UNIQUE, bundle TEXT NOT NULL,"
	"  device TEXT NOT NULL REFERENCES device(id), interface TEXT NOT NULL,"
	"  address TEXT NOT NULL DEFAULT '', kind TEXT NOT NULL, owner TEXT NOT NULL,"
	"  company TEXT NOT NULL DEFAULT '', ticket TEXT NOT NULL DEFAULT '',"
	"  reason TEXT NOT NULL, destinations TEXT NOT NULL,"
	"  terminal TEXT NOT NULL DEFAULT '', checked TEXT NOT NULL DEFAULT '',"
	"  check_until INTEGER NOT NULL DEFAULT 0,"
	"  since INTEGER NOT NULL DEFAULT 0, until INTEGER NOT NULL,"
	"  seconds INTEGER NOT NULL,"
	"  state TEXT NOT NULL CHECK (state IN ('requested','active','replaced',"
	"    'withdrawn','revoked','expired')),"
	"  live INTEGER NOT NULL DEFAULT 0,"
	"  requested_by TEXT NOT NULL, requested_role TEXT NOT NULL,"
	"  requested INTEGER NOT NULL, approved_by TEXT NOT NULL DEFAULT '',"
	"  approved INTEGER NOT NULL DEFAULT 0, ended_by TEXT NOT NULL DEFAULT '',"
	"  ended INTEGER NOT NULL DEFAULT 0, ended_reason TEXT NOT NULL DEFAULT '');"
	"INSERT INTO permit_new (number, id, bundle, device, interface, kind, owner,"
	"  reason, destinations, until, seconds, state, live, requested_by,"
	"  requested_role, requested, approved_by, approved, ended_by, ended,"
	"  ended_reason)"
	"  SELECT number, id, id, device, interface, kind, owner, reason, destinations,"
	"  until, seconds, state, state = 'active', requested_by, requested_role,"
	"  requested, approved_by, approved, ended_by, ended, ended_reason"
	"  FROM permit ORDER BY number;"
	"DROP TABLE permit;"
	"ALTER TABLE permit_new RENAME TO permit;"
	"CREATE UNIQUE INDEX permit_open ON permit (device) WHERE state = 'requested';"
	"CREATE UNIQUE INDEX permit_active ON permit (device) WHERE state = 'active';"
	"CREATE INDEX permit_device ON permit (device, number);"
	"CREATE INDEX permit_bundle ON permit (bundle);"
	/* what the clock changes is found without a look at all the others */
	"CREATE INDEX permit_until ON permit (until) WHERE state = 'active'"
	"  AND until <> 0;"
	"CREATE INDEX permit_since ON permit (since) WHERE state = 'active'"
	"  AND since <> 0;"
	"CREATE INDEX permit_remote ON permit (check_until) WHERE state = 'active'"
	"  AND kind = 'maintenance';"
	"CREATE INDEX asset_new ON asset (state) WHERE state = '';"
	"UPDATE device SET asset = 'r' || substr(id, 2)"
	"  WHERE id IN (SELECT device FROM permit);"
	/* the state is worked out and written to the history at the first tick */
	"INSERT INTO asset (id, number, name, owner, organisation, kind, zone, note,"
	"  state, since, who, why, created)"
	"  SELECT d.asset, '', d.name, p.owner, '', p.kind, '', '', '', p.requested, '',"
	"  '', p.requested FROM device d JOIN permit p ON p.device = d.id"
	"  WHERE p.number = (SELECT max(q.number) FROM permit q WHERE q.device = d.id);";

/*
 * Terms, alarms, maintenance work; which revisions are small, and what the last one
 * holds in quarantine.
 */
static const char fifth[] =
	/* the quarantine of the last revision */
	"CREATE TABLE isolated (mac TEXT PRIMARY KEY) WITHOUT ROWID;"
	/* a small revision rests on a full one, which is its own */
	"ALTER TABLE revision ADD COLUMN full INTEGER NOT NULL DEFAULT 0;"
	"UPDATE revision SET full = number;"
	"CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE alarm (id INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL,"
	"  action TEXT NOT NULL, raised INTEGER NOT NULL,"
	"  closed INTEGER NOT NULL DEFAULT 0, interface TEXT NOT NULL,"
	"  other_interface TEXT NOT NULL, mac TEXT NOT NULL, other_mac TEXT NOT NULL,"
	"  address TEXT NOT NULL, detail TEXT NOT NULL, frames INTEGER NOT NULL,"
	"  asset TEXT NOT NULL DEFAULT '', quarantined INTEGER NOT NULL DEFAULT 0,"
	"  held_back TEXT NOT NULL DEFAULT '', acked INTEGER NOT NULL DEFAULT 0,"
	"  acked_by TEXT NOT NULL DEFAULT '', done TEXT NOT NULL DEFAULT '');"
	"CREATE INDEX alarm_open ON alarm (kind, mac, interface) WHERE closed = 0;"
	"CREATE INDEX alarm_unacked ON alarm (id) WHERE acked = 0;"
	"CREATE TABLE work (permit TEXT NOT NULL REFERENCES permit(id),"
	"  day TEXT NOT NULL, used INTEGER NOT NULL, confirmed INTEGER NOT NULL DEFAULT "
	"0,"
	"  who TEXT NOT NULL DEFAULT '', work TEXT NOT NULL DEFAULT '',"
	"  result TEXT NOT NULL DEFAULT '', records TEXT NOT NULL DEFAULT '',"
	"  PRIMARY KEY (permit, day)) WITHOUT ROWID;";

/* What gated's own packets found; answer is its JSON. */
static const char sixth[] =
	"CREATE TABLE probe (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL,"
	"  who TEXT NOT NULL, policy INTEGER NOT NULL, revision INTEGER NOT NULL,"
	"  result TEXT NOT NULL, passed INTEGER NOT NULL, blocked INTEGER NOT NULL,"
	"  contradictions INTEGER NOT NULL, untested INTEGER NOT NULL,"
	"  answer TEXT NOT NULL);";

/* What a permit is limited to; lists are ids. */
static const char seventh[] =
	"ALTER TABLE permit ADD COLUMN flows TEXT NOT NULL DEFAULT '[]';"
	"ALTER TABLE permit ADD COLUMN lists TEXT NOT NULL DEFAULT '[]';";

/* What of a flow was reviewed (flow_stamp.h); of reviews before this nobody knows. */
static const char eighth[] =
	"ALTER TABLE flow_review ADD COLUMN stamp TEXT NOT NULL DEFAULT '';";

static const char *const steps[] = { first, second, third,   fourth,
				     fifth, sixth,  seventh, eighth };

static int take_step(struct db *db, size_t from)
{
	static const char *const stamp[] = {
		"PRAGMA user_version=1", "PRAGMA user_version=2", "PRAGMA user_version=3",
		"PRAGMA user_version=4", "PRAGMA user_version=5", "PRAGMA user_version=6",
		"PRAGMA user_version=7", "PRAGMA user_version=8"
	};
	int r = db_begin(db);

	if (r == 0)
		r = db_script(db, steps[from]);
	if (r == 0)
		r = db_script(db, stamp[from]);
	if (r == 0)
		r = db_commit(db);
	if (r < 0)
		db_rollback(db);
	return r;
}

int migrate_run(struct db *db)
{
	int64_t version;
	int r = db_number(db, &version, "PRAGMA user_version", "");

	if (r < 0)
		return r;
	if (version < 0 || version > (int64_t)ARRAY_LEN(steps))
		return -ENOTSUP;
	for (size_t i = (size_t)version; i < ARRAY_LEN(steps); i++) {
		r = take_step(db, i);
		if (r < 0)
			return r;
	}
	return 0;
}
