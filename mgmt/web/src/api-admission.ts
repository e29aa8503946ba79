// SPDX-License-Identifier: GPL-3.0-or-later
// The API's part for admission: the register, alarms, work, terms. Api (api.ts) sends.

import type { Applied, Device, PermitRequest, Published } from "./types";
import type {
	Admission, Alarm, AlarmPage, AlarmState, Asset, AssetFacts, AssetFile, AssetPage,
	AssetsImported, AssetWithHistory, CardFacts, Due, EventAction, Terms, UnadmittedPage, Work, WorkPage,
} from "./types-admission";

export interface Sender {
	get: <T>(path: string, background?: boolean) => Promise<T>;
	text: (path: string) => Promise<string>;
	post: <T>(path: string, body: object) => Promise<T>;
}

const part = encodeURIComponent;

export class AdmissionApi {
	constructor(private readonly send: Sender) {}

	assets(query: URLSearchParams, background: boolean): Promise<AssetPage> {
		return this.send.get(`/api/assets?${query}`, background);
	}
	asset(id: string, background = false): Promise<AssetWithHistory> {
		return this.send.get(`/api/assets/${part(id)}`, background);
	}
	add(facts: AssetFacts, cards: CardFacts[]): Promise<Asset> {
		return this.send.post("/api/assets", { ...facts, cards });
	}
	change(id: string, facts: AssetFacts, reason: string): Promise<Asset> {
		return this.send.post(`/api/assets/${part(id)}/change`, { ...facts, reason });
	}
	addCard(id: string, card: CardFacts, reason: string): Promise<Asset> {
		return this.send.post(`/api/assets/${part(id)}/card`, { ...card, reason });
	}
	importFile(file: AssetFile, check: boolean): Promise<AssetsImported> {
		return this.send.post("/api/assets/import", { ...file, check });
	}
	exportFile(): Promise<string> {
		return this.send.text("/api/assets/export");
	}
	// zone, since (a day): "" for any
	draft(zone: string, since: string): Promise<string> {
		const query = new URLSearchParams();
		for (const [key, value] of Object.entries({ zone, since })) {
			if (value !== "")
				query.set(key, value);
		}
		return this.send.text(`/api/assets/draft?${query}`);
	}
	due(days: number, background: boolean): Promise<Due> {
		return this.send.get(`/api/assets/due?days=${days}`, background);
	}

	// id: of a register's entry, or of a card
	quarantine(id: string, reason: string): Promise<Asset & Applied> {
		return this.send.post(`/api/devices/${part(id)}/quarantine`, { reason });
	}
	suspend(id: string, reason: string): Promise<Asset & Applied> {
		return this.send.post(`/api/devices/${part(id)}/suspend`, { reason });
	}
	retire(id: string, reason: string): Promise<Asset & Applied> {
		return this.send.post(`/api/devices/${part(id)}/retire`, { reason });
	}
	resume(id: string, reason: string): Promise<Asset & Published> {
		return this.send.post(`/api/devices/${part(id)}/resume`, { reason });
	}
	askRelease(id: string, reason: string): Promise<Asset> {
		return this.send.post(`/api/devices/${part(id)}/release`, { reason });
	}
	// asked: who and when, as the approver has read it
	approveRelease(id: string, asked: { requested_by: string; requested: string }):
		Promise<Asset & Published> {
		return this.send.post(`/api/devices/${part(id)}/release/approve`,
			{ requested_by: asked.requested_by, requested: asked.requested });
	}
	certify(id: string, result: string): Promise<Asset> {
		return this.send.post(`/api/devices/${part(id)}/certify`, { result });
	}

	// card: the permit's first; the others stand in the body
	request(card: string, body: PermitRequest): Promise<Device> {
		return this.send.post(`/api/devices/${part(card)}/request`, body);
	}
	// permit: the request that the approver has read
	approve(card: string, permit: string): Promise<Device & Published> {
		return this.send.post(`/api/devices/${part(card)}/approve`, { permit });
	}
	// checked: the day on which the remote terminal was checked again
	check(card: string, checked: string): Promise<Device & Published> {
		return this.send.post(`/api/devices/${part(card)}/check`, { checked });
	}
	revoke(card: string, reason: string): Promise<Applied> {
		return this.send.post(`/api/devices/${part(card)}/revoke`, { reason });
	}
	group(card: string, group: string, reason: string): Promise<Device & Published> {
		return this.send.post(`/api/devices/${part(card)}/group`, { group, reason });
	}

	alarms(state: AlarmState, after: string | null, background: boolean): Promise<AlarmPage> {
		const query = new URLSearchParams({ state });
		if (after !== null)
			query.set("after", after);
		return this.send.get(`/api/alarms?${query}`, background);
	}
	acknowledge(id: string, done: string): Promise<Alarm> {
		return this.send.post(`/api/alarms/${part(id)}/ack`, { done });
	}

	work(state: "open" | "all", background: boolean): Promise<WorkPage> {
		return this.send.get(`/api/work?state=${state}`, background);
	}
	confirmWork(of: Pick<Work, "permit" | "day">, said: Pick<Work, "work" | "result" | "records">):
		Promise<Work> {
		return this.send.post("/api/work/confirm",
			{ permit: of.permit, day: of.day, ...said });
	}

	terms(background: boolean): Promise<Admission> {
		return this.send.get("/api/admission", background);
	}
	unadmitted(background: boolean): Promise<UnadmittedPage> {
		return this.send.get("/api/admission/unadmitted", background);
	}
	setTerms(terms: Terms, reason: string): Promise<Admission> {
		return this.send.post("/api/admission", { ...terms, reason });
	}
	setEvents(events: Record<string, EventAction>, reason: string): Promise<Admission> {
		return this.send.post("/api/admission", { events, reason });
	}
}
