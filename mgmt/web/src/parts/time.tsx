// SPDX-License-Identifier: GPL-3.0-or-later
// A moment in a table: breaks only between date and clock.

import type { JSX } from "preact";

import { dateTime } from "../format";

export function Time({ at }: { at: string | null | undefined }): JSX.Element {
	const [date = "", clock] = dateTime(at).split(" ");
	if (!at || clock === undefined)
		return <>{date}</>;
	return <time dateTime={at}><span>{date}</span> <span>{clock}</span></time>;
}

// Who did something, and when.
export function By(props: { who: string | null | undefined; when: string | null | undefined }):
	JSX.Element {
	if (!props.who)
		return <>–</>;
	return <>{props.who}<br /><span class="quiet"><Time at={props.when} /></span></>;
}
