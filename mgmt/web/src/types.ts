// SPDX-License-Identifier: GPL-3.0-or-later
// What the management API answers (docs/api.md). Times are RFC 3339 in UTC.

export type Role = "admin" | "manager" | "auditor" | "requester";

export interface Me {
	login: string;
	name: string;
	role: Role;
	must_change: boolean;
}

export interface Session {
	user: Me;
	csrf: string;
	site: string;
}

export interface Part {
	name: string;
	ok: boolean;
	text: string;
	revision?: number;
	started?: string | null;
	connections?: number;
	records?: number;
	lost?: number;
}

export interface Trial {
	revision: number;
	until: string;
	seconds: number; // left
	who: string;
}

export interface Lockdown {
	on: boolean;
	since: string | null;
	who: string;
	reason: string;
}

// Devices without a permit are kept from their neighbours on flat LANs.
export interface Containment {
	ok: boolean;
	zones: string[];
	interfaces: number; // where it is wanted
	containing: number; // where it works
	contained: number; // devices, now
	answers: number; // since the sensor started
}

export interface Status {
	ok: boolean;
	reviews_overdue: number; // of flows
	containment?: Containment | null; // null: nowhere
	trial: Trial | null;
	lockdown: Lockdown | null;
	revision: number;
	site: string;
	time: string;
	parts: Part[];
	probes: { time: string; result: ProbeRun["result"]; revision: number;
		contradictions: number; untested: number } | null;
}

export interface Policy {
	revision: number;
	applied: string;
	applied_by: string;
	reason: string;
	text: string;
	trial: Trial | null;
}

export interface PolicyVersion {
	revision: number | null;
	applied: string;
	applied_by: string;
	reason: string;
	state: "in-force" | "replaced" | "trial" | "rolled-back" | "unconfirmed";
	until: string | null;
	ended: string | null;
	ended_by: string | null;
}

export interface Flow {
	id: string;
	from: string;
	to: string;
	services: { name: string; matches: string[] }[];
	source: string[];
	destination: string[];
	partner: string | null;
	basis: string | null;
	owner: string | null;
	review: string | null;
	due: string | null;
	overdue: boolean;
	reviewed: { at: string; who: string; result: string; next: string | null } | null;
	stamp: string; // of what a review is of
}

export interface Packet {
	iif?: string;
	oif?: string;
	mac?: string | null;
	src: string;
	dst: string;
	proto: string;
	sport?: number;
	dport?: number;
	icmp_type?: number | null;
	state?: string | null;
}

export interface Rule {
	chain: string;
	position: number;
	id: string;
	text: string;
}

export interface Difference {
	kind: "more" | "less";
	from: string;
	to: string;
	packet: Packet | null;
	rule: Rule | null;
	flow: string | null;
}

export interface Assertion {
	from: string;
	to: string;
	holds: boolean;
	counterexample: Packet | null;
}

export interface Proof {
	revision: number;
	current: number;
	result: "proved" | "broken" | "not-proved";
	reasons: string[];
	elapsed_ms: number;
	rules: number;
	assertions: Assertion[];
	differences: Difference[];
	matrix: { from: string; to: string; services: { text: string; flow: string | null }[] }[];
	foreign: string[];
	time: string;
	zones: { name: string; label: string }[];
	flows: Record<string, Flow>;
}

export interface ProbeItem {
	kind: string;
	from: string;
	to: string;
	flow: string | null;
	family: number;
}

export interface ProbeRun {
	id: number;
	time: string;
	who: string;
	revision: number;
	result: "good" | "bad" | "not-tested";
	passed: number;
	blocked: number;
	contradictions: number;
	untested: number;
	left_out: number;
	wrong: (ProbeItem & { expected: "pass" | "block"; packet: Packet })[];
	not_tested: (ProbeItem & { why: string })[];
}

export interface Explanation {
	firewall: { verdict: "accept" | "drop" | "unknown"; from: string; to: string;
		flow: string | null; rule: Rule | null } | null;
	proxy: { known: boolean; allowed?: boolean; reason_text?: string } | null;
	approvals: { kind: "flow" | "permit" | "entry"; id: string; by: string | null;
		since: string | null; reason: string | null; revision: number | null }[];
}

export interface Published {
	revision: number;
	warning?: string; // a part that will follow later
}

export interface Applied extends Published {
	cut: number; // connections
}

export interface Warning {
	code: string;
	text: string;
	line?: number; // of a file
	host?: string;
}

export type Scheme = "any" | "http" | "https";

export interface AllowEntry {
	id: string;
	host: string;
	shown?: string; // the host in Unicode
	address: boolean;
	ports: number[];
	scheme: Scheme;
	tls_any: boolean;
	path: string;
	methods: string[];
	list: string;
	list_name: string;
	purpose: string;
	owner: string;
	from?: string | null;
	until?: string | null;
	review?: string | null;
	override?: string | null;
	replaces?: string | null;
	warnings: Warning[];
	state: "requested" | "active";
	requested_by: string;
	requested: string;
	approved_by?: string | null;
	approved?: string | null;
}

export interface AllowRequest {
	host: string;
	address?: boolean;
	ports?: number[];
	scheme?: Scheme;
	tls_any?: boolean;
	path?: string;
	methods?: string[];
	list?: string;
	purpose: string;
	owner?: string;
	from?: string;
	until?: string;
	review?: string;
	override?: string;
	replaces?: string;
}

export interface AllowTest {
	allowed: boolean;
	entry?: string | null;
	list_name?: string | null;
	reason: string;
	reason_text: string;
	would?: string | null; // why it would be refused, were its list enforced
}

export interface Hours {
	days: string[]; // "mon" to "sun"
	from: string;
	to: string;
}

export interface Schedule {
	timezone: string;
	weekly: Hours[];
	holidays: string[];
}

export interface ListSettings {
	name: string;
	mode: "enforce" | "observe";
	zones: string[];
	groups: string[];
	users: string[];
	schedule: Schedule | null;
}

export interface ListVersion extends ListSettings {
	version: string;
	reason: string;
	requested_by: string;
	requested: string | null;
	approved_by?: string | null;
	approved?: string | null;
}

export interface AllowList extends ListVersion {
	id: string;
	state: "requested" | "active";
	entries: number;
	request: ListVersion | null; // what waits for approval
}

export interface Finding {
	code: string;
	id: string;
	host: string;
	list_name: string;
	other?: string | null;
}

export interface Lint {
	findings: Finding[];
	more: boolean;
	days: number;
	unchecked: number;
}

export interface Suggestion {
	host: string;
	address: boolean;
	ports: number[];
	scheme: Scheme;
	count: number;
	devices: string[];
	users: string[];
	first: string;
	last: string;
	warnings: Warning[];
}

export interface Suggestions {
	days: number;
	domains: { domain: string; count: number; hosts: Suggestion[] }[];
	cut: boolean;
	left_out: number;
	cycle: { days: number; seen: number };
}

export type DeviceState = "seen" | "requested" | "approved" | "admitted" | "suspended" |
	"expired" | "revoked" | "quarantined" | "retired";
export type DeviceKind = "business" | "contractor" | "private" | "infrastructure" | "printer" |
	"maintenance";

export interface Permit {
	id: string;
	from?: string | null;
	until?: string | null;
	seconds?: number; // instead of until: counted from the approval on
	kind?: DeviceKind;
	owner?: string;
	company?: string;
	ticket?: string;
	address?: string; // "" any
	cards?: string[]; // all of the permit, by id
	terminal?: string; // requirements of a remote terminal
	checked?: string | null; // a day
	waits_for?: "" | "from" | "check"; // approved, but not in force yet
	destinations?: string[];
	flows?: string[]; // ids; none: all of the zone's
	lists?: string[]; // names; likewise
	reason: string;
	requested_by: string;
	requested: string;
	approved_by?: string | null;
	approved?: string | null;
}

// One card. The register's entry that owns it: asset (types-admission.ts).
export interface Device {
	id: string;
	mac: string;
	mac_given?: string; // as it was written
	mac_local?: boolean; // made up by the device itself
	mac_text?: string; // what that means
	manufacturer?: string;
	name?: string;
	group: string;
	interface: string;
	zone?: string | null;
	address?: string;
	first_seen?: string | null;
	last_seen?: string | null;
	state: DeviceState;
	kind?: DeviceKind | "" | null;
	owner?: string | null;
	asset?: string | null;
	permit?: Permit | null; // what the state is about
	request?: Permit | null; // what waits for approval, also while another permit is live
}

export interface DevicePage {
	devices: Device[];
	more: boolean;
	places: { interface: string; zone: string }[]; // where a card can be
}

export interface PermitRequest {
	kind: DeviceKind;
	owner: string;
	reason: string;
	from?: string;
	until?: string;
	address?: string;
	company?: string;
	ticket?: string;
	destinations?: string[];
	flows?: string[];
	lists?: string[]; // ids or names
	cards?: string[]; // further ones
	terminal?: string;
	checked?: string;
}

// Numbers of 64 bits arrive as text (api.ts keeps their digits).
export interface ConnRecord {
	id: string;
	time: string;
	kind: string;
	reason?: number;
	reason_name?: string;
	reason_text?: string;
	revision?: number;
	conn?: string;
	src?: string;
	src_port?: number;
	dst?: string;
	dst_port?: number;
	proto?: number | string;
	mac?: string;
	zone?: string;
	device?: string;
	user?: string;
	rule?: string;
	host?: string;
	method?: string;
	detail?: string;
	bytes_up?: number;
	bytes_down?: number;
	duration_ms?: number;
	count?: number;
	packets?: number; // of a connection of the firewall's, both ways
}

export interface RecordPage {
	records: ConnRecord[];
	more: boolean;
	behind: { until: string | null } | null; // records that cannot be found yet
}

export interface ProxyConnection {
	id: string;
	state: "opening" | "hello" | "relay" | "exchange";
	opened: string;
	zone?: string;
	src: string;
	src_port: number;
	device?: string;
	user?: string;
	method?: string;
	host?: string;
	dst?: string;
	dst_port: number;
	rule?: string;
	bytes_up: number;
	bytes_down: number;
	idle_ms: number;
	transparent: boolean;
}

export interface ProxyConnectionPage {
	connections: ProxyConnection[];
	more: boolean;
}

export interface Verification {
	ok: boolean;
	checked: number;
	head: string;
	bad: string | null;
	text: string;
}

export interface User {
	login: string;
	name: string;
	role: Role;
	disabled: boolean;
	must_change: boolean;
	created: string;
}

export type UserWithPassword = User & { initial_password: string };
