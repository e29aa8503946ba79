// SPDX-License-Identifier: GPL-3.0-or-later
import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { useAction, useApp, useLoad } from "../context";
import { Badge } from "../parts/badge";
import { Dialog } from "../parts/dialog";
import { Buttons, Field, Form } from "../parts/form";
import { ErrorBox, LoadNote } from "../parts/message";
import { ReasonDialog } from "../parts/reason-dialog";
import { Table } from "../parts/table";
import { Time } from "../parts/time";
import { oneLine } from "../rules";
import type { Role, User, UserWithPassword } from "../types";

const roles: Role[] = ["requester", "manager", "admin", "auditor"];

type Open = { what: "add" } | { what: "disable" | "reset"; user: User }
	| { what: "password"; user: UserWithPassword } | null;

export function UsersPage(): JSX.Element {
	const { api, t, me, notify } = useApp();
	const users = useLoad((background) => api.users(background));
	const [open, setOpen] = useState<Open>(null);
	const close = (): void => setOpen(null);

	const disable = async (user: User, reason: string): Promise<void> => {
		await api.disableUser(user.login, reason);
		notify(t("users.disableDone", { login: user.login }));
		close();
		users.reload();
	};
	const reveal = (user: UserWithPassword): void => {
		setOpen({ what: "password", user });
		users.reload();
	};
	return (
		<>
			<h1>{t("users.title")}</h1>
			<p>{t("users.intro")}</p>
			{me.role === "admin" && (
				<div class="tools">
					<button type="button" class="primary" onClick={() => setOpen({ what: "add" })}>
						{t("users.add")}
					</button>
				</div>
			)}
			<LoadNote loaded={users} />
			{users.data !== undefined && (
				<UserTable users={users.data} onOpen={(what, user) => setOpen({ what, user })} />
			)}
			{open?.what === "add" && <AddForm onAdded={reveal} onClose={close} />}
			{open?.what === "disable" && (
				<ReasonDialog title={t("users.disableTitle")} danger submit={t("users.disableSubmit")}
					text={t("users.disableText", { name: open.user.name, login: open.user.login })}
					onConfirm={(reason) => disable(open.user, reason)} onClose={close} />
			)}
			{open?.what === "reset" && (
				<ReasonDialog title={t("users.resetTitle")} submit={t("users.resetSubmit")}
					text={t("users.resetText", { name: open.user.name, login: open.user.login })}
					onConfirm={async (reason) => reveal(await api.resetUser(open.user.login, reason))}
					onClose={close} />
			)}
			{open?.what === "password" && <PasswordOnce user={open.user} onClose={close} />}
		</>
	);
}

interface UserTableProps {
	users: User[];
	onOpen: (what: "disable" | "reset", user: User) => void;
}

function UserTable({ users, onOpen }: UserTableProps): JSX.Element {
	const { t, term, me } = useApp();
	const state = (u: User): JSX.Element => (
		<>
			<Badge tone={u.disabled ? "off" : "good"}
				text={t(u.disabled ? "users.disabled" : "users.active")} />
			{u.must_change && !u.disabled &&
				<><br /><span class="quiet">{t("users.initial")}</span></>}
		</>
	);
	return (
		<Table<User> caption={t("users.title")} rows={users} keyOf={(u) => u.login} columns={[
			{ label: t("users.name"), style: "wide", cell: (u) => <b>{u.name}</b> },
			{ label: t("users.login"), style: "place", cell: (u) => u.login },
			{ label: t("users.role"), cell: (u) => term("role", u.role) },
			{ label: t("common.state"), cell: state },
			{ label: t("users.created"), style: "time", cell: (u) => <Time at={u.created} /> },
			...(me.role !== "admin" ? [] : [{
				label: t("common.actions"), style: "actions" as const, cell: (u: User) =>
					u.login === me.login ? null : (
						<>
							<button type="button" aria-label={`${t("users.reset")}: ${u.login}`}
								onClick={() => onOpen("reset", u)}>
								{t("users.reset")}
							</button>
							{!u.disabled && (
								<button type="button" aria-label={`${t("users.disable")}: ${u.login}`}
									onClick={() => onOpen("disable", u)}>
									{t("users.disable")}
								</button>
							)}
						</>
					),
			}]),
		]} />
	);
}

interface AddFormProps {
	onAdded: (user: UserWithPassword) => void;
	onClose: () => void;
}

function AddForm({ onAdded, onClose }: AddFormProps): JSX.Element {
	const { api, t, term, lang } = useApp();
	const [login, setLogin] = useState("");
	const [name, setName] = useState("");
	const [role, setRole] = useState<Role>("requester");
	const [tried, setTried] = useState(false);
	const action = useAction();
	const problem = (value: string): string | undefined =>
		tried && value.trim() === "" ? t("common.fillIn") : undefined;

	const submit = (): void => {
		setTried(true);
		if (login.trim() === "" || name.trim() === "")
			return;
		void action.run(async () => onAdded(await api.addUser(login.trim(), oneLine(name), role)));
	};
	return (
		<Dialog title={t("users.addTitle")} onClose={onClose}>
			<Form onSubmit={submit}>
				<Field label={t("users.name")} required requiredText={t("common.required")}
					value={name} onValue={setName} maxLength={60} problem={problem(name)} />
				<Field label={t("users.login")} required requiredText={t("common.required")}
					value={login} onValue={setLogin} maxLength={32} hint={t("users.loginHint")}
					problem={problem(login)} />
				<Field label={t("users.role")} value={role} hint={t("users.roleNote")}
					onValue={(v) => setRole(roles.find((r) => r === v) ?? "requester")}
					options={roles.map((r): [string, string] => [r, term("role", r)])} />
				<ErrorBox error={action.error} lang={lang} />
				<Buttons submit={t("users.addSubmit")} busy={action.busy} onCancel={onClose} />
			</Form>
		</Dialog>
	);
}

// Kept nowhere: when the dialog is gone, so is the password.
function PasswordOnce({ user, onClose }: { user: UserWithPassword; onClose: () => void }):
	JSX.Element {
	const { t } = useApp();
	return (
		<Dialog title={t("users.passwordTitle")} onClose={onClose}>
			<p>{t("users.passwordText", { name: user.name, login: user.login })}</p>
			<p class="secret"><code>{user.initial_password}</code></p>
			<div class="buttons">
				<button type="button" class="primary" onClick={onClose}>
					{t("users.passwordClose")}
				</button>
			</div>
		</Dialog>
	);
}
