// SPDX-License-Identifier: GPL-3.0-or-later
// What every page may ask for, and the two ways in which pages talk to the server.

import { createContext } from "preact";
import { useCallback, useContext, useEffect, useRef, useState } from "preact/hooks";

import { ApiError, type Api } from "./api";
import type { Lang } from "./format";
import { messages, translate, type MessageKey, type Params } from "./i18n";
import type { Me } from "./types";

export interface App {
	api: Api;
	lang: Lang;
	me: Me;
	site: string;
	t: (key: MessageKey, params?: Params) => string;
	term: (group: string, value: string) => string;
	// says it once, also to screen readers; a warning of the server's comes after it
	notify: (text: string, warning?: string) => void;
}

export const AppContext = createContext<App | null>(null);

export function useApp(): App {
	const app = useContext(AppContext);
	if (app === null)
		throw new Error("no application context");
	return app;
}

// An error in words: the server's own, else ours for its status.
export function describeError(lang: Lang, error: unknown): string {
	if (!(error instanceof ApiError))
		return translate(lang, "error.other", { status: String(error) });
	if (error.message !== "")
		return error.message;
	if (error.status === 0)
		return translate(lang, "error.unreachable");
	const key = `error.${error.status}`;
	return key in messages[lang] ? translate(lang, key as MessageKey)
		: translate(lang, "error.other", { status: error.status });
}

export interface Loaded<T> {
	data: T | undefined;
	error: unknown; // of the last try; data of an earlier one may still be there
	at: Date | undefined; // when data was fetched
	reload: () => void;
}

// Load once, again when asked, and every pollMs in the background (0: never).
export function useLoad<T>(load: (background: boolean) => Promise<T>, pollMs = 0): Loaded<T> {
	const [state, setState] = useState<Omit<Loaded<T>, "reload">>({
		data: undefined, error: undefined, at: undefined,
	});
	const latest = useRef(load);
	const round = useRef(0);
	latest.current = load;

	const run = useCallback(async (background: boolean): Promise<void> => {
		const mine = ++round.current;
		try {
			const data = await latest.current(background);
			if (mine === round.current)
				setState({ data, error: undefined, at: new Date() });
		} catch (error) {
			if (mine === round.current)
				setState((old) => ({ ...old, error }));
		}
	}, []);

	useEffect(() => {
		void run(false);
		const timer = pollMs === 0 ? 0 : setInterval(() => {
			if (!document.hidden)
				void run(true);
		}, pollMs);
		return () => {
			clearInterval(timer);
			round.current++; // what arrives later has no reader
		};
	}, [run, pollMs]);

	return { ...state, reload: useCallback(() => void run(false), [run]) };
}

export interface Action {
	busy: boolean;
	error: unknown;
	run: (work: () => Promise<void>) => Promise<void>;
}

// One change at a time: a second press while the first is under way does nothing.
export function useAction(): Action {
	const [busy, setBusy] = useState(false);
	const [error, setError] = useState<unknown>(undefined);
	const running = useRef(false);

	const run = useCallback(async (work: () => Promise<void>): Promise<void> => {
		if (running.current)
			return;
		running.current = true;
		setBusy(true);
		setError(undefined);
		try {
			await work();
		} catch (problem) {
			setError(problem);
		} finally {
			running.current = false;
			setBusy(false);
		}
	}, []);
	return { busy, error, run };
}
