// SPDX-License-Identifier: GPL-3.0-or-later
// Signed in or not, in which language, on which page.

import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import { Api, ApiError } from "./api";
import { type App, AppContext, describeError } from "./context";
import type { Lang } from "./format";
import { type MessageKey, storedLanguage, storeLanguage, termOf, translate } from "./i18n";
import { AlarmsPage } from "./pages/alarms";
import { AllowPage } from "./pages/allow";
import { ConnectionsPage } from "./pages/connections";
import { DevicesPage } from "./pages/devices";
import { FlowsPage } from "./pages/flows";
import { ListsPage } from "./pages/lists";
import { PasswordDialog, PasswordPage } from "./pages/password";
import { PolicyPage } from "./pages/policy";
import { ProofPage } from "./pages/proof";
import { RecordsPage } from "./pages/records";
import { ReviewPage } from "./pages/review";
import { SignInPage } from "./pages/signin";
import { StatusPage } from "./pages/status";
import { UsersPage } from "./pages/users";
import { WorkPage } from "./pages/work";
import { ZonesPage } from "./pages/zones";
import { IdleGuard } from "./parts/idle-guard";
import { Layout } from "./parts/layout";
import { type PageName, pagesFor, useRoute } from "./router";
import type { Session } from "./types";

const pageOf: Record<PageName, (props: { query: URLSearchParams }) => JSX.Element> = {
	status: StatusPage, allow: AllowPage, lists: ListsPage, review: ReviewPage,
	devices: DevicesPage, alarms: AlarmsPage, work: WorkPage, zones: ZonesPage,
	records: RecordsPage, connections: ConnectionsPage, flows: FlowsPage, proof: ProofPage,
	users: UsersPage, policy: PolicyPage,
};

type Who = { state: "asking" } | { state: "out"; why: MessageKey | null; text?: string }
	| { state: "in"; session: Session };

export function Root(): JSX.Element {
	const [lang, setLang] = useState<Lang>(storedLanguage);
	const [who, setWho] = useState<Who>({ state: "asking" });
	const touched = useRef(0);
	const current = useRef(lang);
	current.current = lang;

	const api = useMemo(() => new Api({
		language: () => current.current,
		signedOut: () => setWho({ state: "out", why: "signin.lost" }),
		foreground: () => { touched.current = Date.now(); },
	}), []);

	useEffect(() => {
		document.documentElement.lang = lang;
	}, [lang]);

	useEffect(() => {
		api.session().then((session) => setWho({ state: "in", session }), (error: unknown) => {
			const signedOut = error instanceof ApiError && error.status === 401;
			setWho(signedOut ? { state: "out", why: null }
				: { state: "out", why: null, text: describeError(current.current, error) });
		});
	}, []);

	const chooseLang = (next: Lang): void => {
		storeLanguage(next);
		setLang(next);
	};
	const leave = (why: MessageKey): void => {
		setWho({ state: "out", why });
		// over already (401) is as good; else it lives until the server finds it idle
		api.signOut().catch((error: unknown) => {
			if (error instanceof ApiError && error.status === 401)
				return;
			setWho((now) => now.state === "out" ? { state: "out", why: "signin.notOut" } : now);
		});
	};

	if (who.state === "asking")
		return <p class="quiet start">{translate(lang, "common.loading")}</p>;
	if (who.state === "out") {
		const note = who.text ?? (who.why === null ? "" : translate(lang, who.why));
		return (
			<SignInPage api={api} lang={lang} onLang={chooseLang} note={note}
				onSession={(session) => setWho({ state: "in", session })} />
		);
	}
	return (
		<SignedIn key={who.session.user.login} api={api} lang={lang} session={who.session}
			touchedAt={() => touched.current} onLang={chooseLang} onLeave={leave}
			onSession={(session) => setWho({ state: "in", session })} />
	);
}

interface SignedInProps {
	api: Api;
	lang: Lang;
	session: Session;
	touchedAt: () => number;
	onLang: (lang: Lang) => void;
	onLeave: (why: MessageKey) => void;
	onSession: (session: Session) => void;
}

function SignedIn(props: SignedInProps): JSX.Element {
	const { api, lang, session } = props;
	const me = session.user;
	const route = useRoute();
	const [message, setMessage] = useState("");
	const [password, setPassword] = useState(false);
	const page = pagesFor(me.role).includes(route.page) ? route.page : "status";
	const Page = pageOf[page];

	const app = useMemo<App>(() => ({
		api, lang, me, site: session.site,
		t: (key, params) => translate(lang, key, params),
		term: (group, value) => termOf(lang, group, value),
		notify: (text, warning) => setMessage(warning === undefined ? text
			: `${text} ${warning}`),
	}), [api, lang, session]);

	useEffect(() => setMessage(""), [page]);

	const changed = async (): Promise<void> => {
		props.onSession(await api.session());
		setPassword(false);
		setMessage(translate(lang, "password.done"));
	};
	const guard = <IdleGuard touchedAt={props.touchedAt}
		onOver={() => props.onLeave("signin.idle")} />;

	if (me.must_change) {
		return (
			<AppContext.Provider value={app}>
				<PasswordPage onLang={props.onLang} onDone={changed}
					onLeave={() => props.onLeave("signin.out")} />
				{guard}
			</AppContext.Provider>
		);
	}
	return (
		<AppContext.Provider value={app}>
			<Layout page={page} message={message} onMessageClose={() => setMessage("")}
				onLang={props.onLang} onSignOut={() => props.onLeave("signin.out")}
				onPassword={() => setPassword(true)}>
				<Page key={page} query={route.query} />
			</Layout>
			{password && <PasswordDialog onDone={changed} onClose={() => setPassword(false)} />}
			{guard}
		</AppContext.Provider>
	);
}
