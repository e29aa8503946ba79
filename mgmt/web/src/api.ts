// SPDX-License-Identifier: GPL-3.0-or-later
// The one door to the management API. No page calls fetch() itself.

import { AdmissionApi } from "./api-admission";
import { learnServerTime } from "./clock";
import type {
	AllowEntry, AllowList, AllowRequest, AllowTest, Applied, DevicePage, Explanation, Flow, Lint,
	ListSettings, Policy, PolicyVersion, ProbeRun, Proof, ProxyConnectionPage, Published,
	RecordPage, Role, Session, Status, Suggestions, Trial, User, UserWithPassword, Verification, Warning,
} from "./types";

export class ApiError extends Error {
	constructor(
		readonly status: number, // 0: the server did not answer
		readonly code: string,
		message: string,
		readonly diagnostics: string[] = [],
	) {
		super(message);
	}
}

// What a page asks by itself is answered soon or not at all: less than the time until it asks
// again, so that "no answer" is said, and not put off for ever by the next question.
export const BACKGROUND_MS = 8_000;

export interface ApiHooks {
	language: () => string;
	signedOut: () => void; // a session that we had is over
	foreground: () => void; // a request of the user's own reached the server
}

interface CallOptions {
	method?: "GET" | "POST" | "DELETE";
	body?: object;
	background?: boolean;
	text?: boolean;
}

// Record numbers pass 2^53: they become text before JSON.parse() would round them.
export function parseJson(text: string): unknown {
	return JSON.parse(text.replace(/"(id|conn|bad)"\s*:\s*(-?\d+)/g, '"$1":"$2"'));
}

// What an error answer says, as far as it says anything.
export function errorOf(status: number, text: string): ApiError {
	try {
		const error = (JSON.parse(text) as { error?: Partial<ApiError> }).error;
		const lines = Array.isArray(error?.diagnostics) ? error.diagnostics.map(String) : [];
		return new ApiError(status, String(error?.code ?? ""), String(error?.message ?? ""), lines);
	} catch {
		return new ApiError(status, "", "");
	}
}

export class Api {
	private csrf = "";
	readonly admission = new AdmissionApi({
		get: (path, background = false) => this.call(path, { background }),
		text: (path) => this.call(path, { text: true }),
		post: (path, body) => this.post(path, body),
	});

	constructor(private readonly hooks: ApiHooks) {}

	private async call<T>(path: string, options: CallOptions = {}): Promise<T> {
		const method = options.method ?? "GET";
		const headers: Record<string, string> = { "Accept-Language": this.hooks.language() };
		if (options.background === true)
			headers["X-Background"] = "1";
		if (method !== "GET" && this.csrf !== "")
			headers["X-CSRF-Token"] = this.csrf;
		const init: RequestInit = { method, headers, credentials: "same-origin", cache: "no-store" };
		if (options.body !== undefined) {
			headers["Content-Type"] = "application/json";
			init.body = JSON.stringify(options.body);
		}
		const [response, text] = await this.send(path, init, options.background === true);
		learnServerTime(response.headers.get("Date"));
		if (!response.ok) {
			if (response.status === 401 && this.csrf !== "") {
				this.csrf = "";
				this.hooks.signedOut();
			}
			throw errorOf(response.status, text);
		}
		if (options.background !== true)
			this.hooks.foreground();
		if (options.text === true)
			return text as T;
		try {
			return parseJson(text === "" ? "{}" : text) as T;
		} catch {
			throw new ApiError(response.status, "bad-answer", "");
		}
	}

	private async send(path: string, init: RequestInit, background: boolean):
		Promise<[Response, string]> {
		const abort = new AbortController();
		const timer = background ? setTimeout(() => abort.abort(), BACKGROUND_MS) : undefined;
		try {
			const response = await fetch(path, { ...init, signal: abort.signal });
			return [response, await response.text()];
		} catch {
			throw new ApiError(0, "unreachable", "");
		} finally {
			clearTimeout(timer);
		}
	}

	private post<T>(path: string, body: object): Promise<T> {
		return this.call<T>(path, { method: "POST", body });
	}

	private async keep(answer: Promise<Session>): Promise<Session> {
		const session = await answer;
		this.csrf = session.csrf;
		return session;
	}

	signIn(login: string, password: string): Promise<Session> {
		this.csrf = "";
		return this.keep(this.post<Session>("/api/session", { login, password }));
	}
	session(): Promise<Session> {
		return this.keep(this.call<Session>("/api/session"));
	}
	async signOut(): Promise<void> {
		const done = this.call<object>("/api/session", { method: "DELETE" });
		this.csrf = "";
		await done;
	}
	changePassword(old: string, next: string): Promise<object> {
		return this.post("/api/password", { old, new: next });
	}

	status(background: boolean): Promise<Status> {
		return this.call("/api/status", { background });
	}

	policy(background: boolean): Promise<Policy> {
		return this.call("/api/policy", { background });
	}
	nft(background: boolean): Promise<string> {
		return this.call("/api/policy/nft", { background, text: true });
	}
	// within: seconds that it is on trial, 0: for good
	applyPolicy(text: string, reason: string, within: number):
		Promise<Applied & { warnings: string[]; trial: Trial | null }> {
		return this.post("/api/policy", within === 0 ? { text, reason }
			: { text, reason, confirm_within: within });
	}
	confirmPolicy(revision: number): Promise<Published> {
		return this.post("/api/policy/confirm", { revision });
	}
	rollbackPolicy(reason: string): Promise<Published> {
		return this.post("/api/policy/rollback", { reason });
	}
	async policyHistory(background: boolean): Promise<PolicyVersion[]> {
		return (await this.call<{ versions: PolicyVersion[] }>("/api/policy/history",
			{ background })).versions;
	}
	policyDiff(what: { text: string } | { from: number }): Promise<string> {
		return this.call("/api/policy/diff", { method: "POST", body: what, text: true });
	}

	lockdown(on: boolean, reason: string): Promise<Applied> {
		return this.post("/api/lockdown", { on, reason });
	}

	proof(): Promise<Proof> {
		return this.call("/api/verify");
	}
	async probes(background: boolean): Promise<ProbeRun[]> {
		return (await this.call<{ runs: ProbeRun[] }>("/api/probes?limit=40", { background })).runs;
	}
	runProbes(): Promise<ProbeRun> {
		return this.post("/api/probes", {});
	}
	explain(query: Record<string, string>): Promise<Explanation> {
		return this.call(`/api/explain?${new URLSearchParams(query)}`);
	}
	async flows(background: boolean): Promise<Flow[]> {
		return (await this.call<{ flows: Flow[] }>("/api/flows", { background })).flows;
	}
	reviewFlow(flow: Flow, result: string, next: string): Promise<Flow> {
		return this.post(`/api/flows/${encodeURIComponent(flow.id)}/review`,
			{ result, next, stamp: flow.stamp });
	}

	async allow(background: boolean): Promise<AllowEntry[]> {
		return (await this.call<{ entries: AllowEntry[] }>("/api/allow", { background })).entries;
	}
	requestAllow(body: AllowRequest): Promise<AllowEntry> {
		return this.post("/api/allow", body);
	}
	approveAllow(id: string): Promise<AllowEntry & Published> {
		return this.post(`/api/allow/${encodeURIComponent(id)}/approve`, {});
	}
	removeAllow(id: string, reason: string): Promise<Applied> {
		return this.post(`/api/allow/${encodeURIComponent(id)}/remove`, { reason });
	}
	approveAllAllow(entries: string[]): Promise<Applied & { approved: number }> {
		return this.post("/api/allow/approve", { entries });
	}
	testAllow(url: string, device: string): Promise<AllowTest> {
		const query = new URLSearchParams(url.includes("://") ? { url } : { host: url });
		if (device !== "")
			query.set("device", device);
		return this.call(`/api/allow/test?${query}`);
	}
	importAllow(format: string, text: string, check: boolean):
		Promise<{ added?: number; would_add?: number; warnings: Warning[] }> {
		return this.post("/api/allow/import", { format, text, check });
	}
	exportAllow(format: string): Promise<string> {
		return this.call(`/api/allow/export?format=${format}`, { text: true });
	}
	lintAllow(): Promise<Lint> {
		return this.call("/api/allow/lint");
	}
	suggestAllow(days: number): Promise<Suggestions> {
		return this.call(`/api/allow/suggest?days=${days}`);
	}

	async lists(background: boolean): Promise<AllowList[]> {
		return (await this.call<{ lists: AllowList[] }>("/api/lists", { background })).lists;
	}
	requestList(body: ListSettings & { reason: string }): Promise<AllowList> {
		return this.post("/api/lists", body);
	}
	changeList(id: string, body: ListSettings & { reason: string }): Promise<AllowList> {
		return this.post(`/api/lists/${encodeURIComponent(id)}/change`, body);
	}
	// version: the request that the approver has read
	approveList(id: string, version: string): Promise<AllowList & Applied> {
		return this.post(`/api/lists/${encodeURIComponent(id)}/approve`, { request: version });
	}
	withdrawList(id: string, reason: string): Promise<Applied> {
		return this.post(`/api/lists/${encodeURIComponent(id)}/withdraw`, { reason });
	}
	removeList(id: string, reason: string): Promise<Applied> {
		return this.post(`/api/lists/${encodeURIComponent(id)}/remove`, { reason });
	}

	// what: filters of docs/api.md; the first page of it
	devices(what: Record<string, string>, background: boolean): Promise<DevicePage> {
		return this.call(`/api/devices?${new URLSearchParams(what)}`, { background });
	}
	records(query: URLSearchParams): Promise<RecordPage> {
		return this.call(`/api/records?${query}`);
	}
	proxyConnections(after?: string): Promise<ProxyConnectionPage> {
		const from = after === undefined ? "" : `?after=${encodeURIComponent(after)}`;
		return this.call(`/api/proxy/connections${from}`);
	}
	cutProxyConnection(id: string, reason: string): Promise<{ cut: number }> {
		return this.post(`/api/proxy/connections/${encodeURIComponent(id)}/cut`, { reason });
	}

	verify(): Promise<Verification> {
		return this.call("/api/records/verify");
	}

	async users(background: boolean): Promise<User[]> {
		return (await this.call<{ users: User[] }>("/api/users", { background })).users;
	}
	addUser(login: string, name: string, role: Role): Promise<UserWithPassword> {
		return this.post("/api/users", { login, name, role });
	}
	disableUser(login: string, reason: string): Promise<User> {
		return this.post(`/api/users/${encodeURIComponent(login)}/disable`, { reason });
	}
	resetUser(login: string, reason: string): Promise<UserWithPassword> {
		return this.post(`/api/users/${encodeURIComponent(login)}/reset`, { reason });
	}
}
