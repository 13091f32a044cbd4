/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The segments of a group of the ladder, from the columns of both directions. */

import { app } from "./app.js";
import { count } from "./format.js";
import { word } from "./language.js";
import { upTo } from "./sample.js";

const MOST = 200;

function nameOf(flags, length) {
	if (length)
		return "data";
	return flags & 16 ? "ACK" : "?";
}

function rowsOf(end, from, until) {
	const { segments } = app.chosen.flows[end];
	const rows = [];
	for (let i = upTo(segments.t, from - 1); i < segments.length && segments.t[i] <= until; i++) {
		const flags = segments.flags[i] & 255;
		rows.push({
			kind: "segment", end, t: segments.t[i], name: nameOf(flags, segments.bytes[i]), flags,
			seq: segments.seq[i], ack: flags & 16 ? segments.ack[i] : undefined, length: segments.bytes[i],
			window: segments.window[i], again: segments.flags[i] >= 256, peer: false, grouped: true,
		});
	}
	return rows;
}

export function groupSegments(group) {
	const rows = [...rowsOf(0, group.t, group.until), ...rowsOf(1, group.t, group.until)];
	rows.sort((a, b) => a.t - b.t);
	if (rows.length <= MOST)
		return rows;
	return [...rows.slice(0, MOST), { kind: "note", t: rows[MOST].t, words: word("segments_more", count(rows.length - MOST)) }];
}
