// SPDX-License-Identifier: GPL-3.0-or-later
// What the management API answers about the register, alarms, work and terms.

import type { Device, DeviceKind, DeviceState } from "./types";

export interface Asset {
	id: string;
	number: string;
	name: string;
	owner: string;
	organisation: string;
	kind: DeviceKind | "";
	zone: string;
	note: string;
	state: DeviceState;
	since: string | null;
	by: string;
	reason: string;
	created: string;
	certified: string | null;
	certified_by: string | null;
	certify_due: string | null;
	release: { requested_by: string; requested: string; reason: string } | null;
	cards: Device[];
}

export interface AssetStep {
	time: string;
	actor: string;
	from: DeviceState | "";
	to: DeviceState;
	reason: string;
}

export type AssetWithHistory = Asset & { history: AssetStep[] };

export interface AssetPage {
	assets: Asset[];
	more: boolean;
}

export interface AssetFacts {
	number: string;
	name: string;
	owner: string;
	organisation: string;
	kind: DeviceKind;
	zone: string;
	note: string;
}

export interface CardFacts {
	mac: string;
	interface: string;
	name?: string;
}

export interface AssetFile {
	base64: string;
	encoding: "utf-8" | "shift_jis";
}

export interface AssetsImported {
	added: number;
	changed: number;
	check: boolean;
}

export interface DueDevice {
	asset: string;
	number: string;
	name: string;
	owner: string;
	kind: DeviceKind | "";
	state: DeviceState;
	due: string;
}

export interface Due {
	days: number;
	ending: DueDevice[];
	dormant: DueDevice[];
	recertify: DueDevice[];
}

export type Severity = "notice" | "warning" | "critical";
export type EventAction = "record" | "alarm" | "quarantine";

export interface Alarm {
	id: string;
	kind: string;
	severity: Severity;
	text: string;
	advice: string;
	action: EventAction;
	raised: string;
	closed: string | null;
	interface: string;
	other_interface: string;
	mac: string;
	other_mac: string;
	address: string;
	detail: string;
	count: number;
	device: string | null;
	number?: string; // of the device in the register, and so on
	name?: string;
	owner?: string;
	manufacturer?: string;
	asset: string | null;
	quarantined: boolean;
	held_back: string; // why it was not
	acknowledged: string | null;
	acknowledged_by: string | null;
	done: string;
}

export type AlarmState = "open" | "unacknowledged" | "all";

export interface AlarmPage {
	alarms: Alarm[];
	more: boolean;
	open: number;
	unacknowledged: number;
}

export interface Work {
	permit: string;
	device: string;
	asset: string | null;
	kind: DeviceKind;
	owner: string;
	company: string;
	ticket: string;
	day: string;
	first: string;
	confirmed: string | null;
	confirmed_by: string | null;
	work: string;
	result: string;
	records: string;
}

export interface WorkPage {
	work: Work[];
	unchecked: number; // days that could not be looked up in time
}

export interface Terms {
	contractor_days: number;
	private_days: number;
	maintenance_days: number;
	dormant_days: number; // 0: never
	certify_days: number; // 0: never
	quarantine_per_hour: number;
}

export interface Zone {
	name: string;
	label: string;
	mode: "off" | "detect" | "enforce";
	since: string | null; // it has been in this mode
	interfaces: string[];
	ports: string[];
	port_lock: boolean;
	containment: boolean;
	vlan: number | null;
	seen: number; // cards, in the last 35 days
	registered: number; // of them
	permitted: number; // of them
}

export interface Unadmitted {
	zone: string;
	mac: string;
	manufacturer: string;
	count: number;
	first: string;
	last: string;
	device: Device | null;
}

export interface UnadmittedPage {
	days: number;
	devices: Unadmitted[];
	total: number;
	unnamed: number; // records that name no device
	cut: boolean;
}

export interface Admission extends Terms {
	zones: Zone[];
	events: { kind: string; severity: Severity; action: EventAction; text: string }[];
}
