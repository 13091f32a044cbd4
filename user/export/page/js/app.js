/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the whole page shares: the data, and what the user looks at. */

export const app = {
	facts: null,
	tables: null,
	chosen: null, /* the connection that is shown: see chosen.js */
	sender: 0, /* direction: 0 the client sends, 1 the server */
	now: 0, /* playhead, ns */
	from: 0, /* visible part of the time axis, ns */
	to: 1,
	kernelOnly: false,
	lang: "en",
	classMode: false,
	ladderMode: false,
	playing: false,
	untouched: true, /* nobody has moved the playhead yet: it stands at the lesson */
};

const listeners = {};

/* Kinds of change: "connection", "direction", "range", "now", "language", "mode". */
export function on(changes, listener) {
	for (const change of changes.split(" "))
		(listeners[change] ??= []).push(listener);
}

export function changed(change) {
	for (const listener of listeners[change] ?? [])
		listener(change);
}

export const ENDS = ["client", "server"];
