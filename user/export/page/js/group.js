/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Rows of a ladder from the columns: the segments of a group that was opened,
 * and whole ladders of connections of which the model keeps none.
 */

import { app, ENDS } from "./app.js";
import { CALL_FOUND, CALL_OPEN, CALL_UNFINISHED, callName, errorName } from "./chosen.js";
import { count } from "./format.js";
import { word } from "./language.js";
import { upTo } from "./sample.js";

const MOST = 200;
const PLAIN_SEGMENTS = 6;
const PLAIN_CALLS = 2;
const [FIN, SYN, RST, ACK, URG] = [1, 2, 4, 16, 32];

function nameOf(flags, length) {
	const first = [[SYN, "SYN"], [FIN, "FIN"], [RST, "RST"]].find(([flag]) => flags & flag);
	const name = first ? first[1] + (flags & ACK ? "-ACK" : "") : length ? "data" : "ACK";
	return name + (flags & URG ? " URG" : "");
}

function segmentRow(end, i) {
	const { segments } = app.chosen.flows[end];
	const flags = segments.flags[i] & 255;
	const isn = app.chosen.detail[ENDS[end] + "_isn"];
	return {
		kind: "segment", end, t: segments.t[i], name: nameOf(flags, segments.bytes[i]), flags,
		seq: segments.seq[i], raw_seq: isn === undefined ? undefined : (isn + segments.seq[i]) % 2 ** 32, ack: flags & ACK ? segments.ack[i] : undefined, length: segments.bytes[i],
		window: segments.window[i], again: segments.flags[i] >= 256, peer: false,
	};
}

function rowsOf(end, from, until) {
	const { segments } = app.chosen.flows[end];
	const rows = [];
	for (let i = upTo(segments.t, from - 1); i < segments.length && segments.t[i] <= until; i++)
		rows.push(segmentRow(end, i));
	return rows;
}

export function groupSegments(group) {
	const rows = [...rowsOf(0, group.t, group.until), ...rowsOf(1, group.t, group.until)];
	rows.sort((a, b) => a.t - b.t);
	if (rows.length <= MOST)
		return rows;
	return [...rows.slice(0, MOST), { kind: "note", t: rows[MOST].t, words: word("segments_more", count(rows.length - MOST)) }];
}

function callRows(end) {
	return Object.entries(app.chosen.calls[end]).flatMap(([trade, { spans }]) => {
		const rows = [];
		for (let i = 0; i < spans.length; i++)
			if (spans.call[i] & (CALL_OPEN | CALL_UNFINISHED))
				continue;
			else if (trade !== "other" && (i >= PLAIN_CALLS || spans.calls[i] > 1))
				rows.push({ kind: "unshown", t: spans.t[i] + spans.inside[i], calls: spans.calls[i] });
			else
				rows.push({ kind: "call", end, t: spans.t[i] + spans.inside[i], call: callName(spans.call[i]), result: spans.result[i],
					inside: spans.inside[i], found: (spans.call[i] & CALL_FOUND) !== 0, error: spans.result[i] < 0 ? errorName(-spans.result[i]) : undefined });
		return rows;
	});
}

function stateRows(end) {
	return app.chosen.lanes[end].filter((span) => span.of === "end" && span.state)
		.map((span) => ({ kind: "state", end, t: span.from, state: span.state }));
}

function makeGroup(row) {
	return { kind: "data", end: row.end, t: row.t, until: row.t, segments: 1, bytes: row.length };
}

/*
 * Data and bare acknowledgements in a row become one group, but one alone stays
 * an arrow; what opens, closes or repeats stays. Calls without rows are counted.
 */
function grouped(rows) {
	const kept = [];
	let plain = 0;
	for (const row of rows) {
		let last = kept[kept.length - 1];
		if (row.kind === "unshown") {
			if (last)
				last.calls = (last.calls ?? 0) + row.calls;
			continue;
		}
		if (row.kind !== "segment" || row.flags & (SYN | FIN | RST) || row.again || plain++ < PLAIN_SEGMENTS) {
			kept.push(row);
			continue;
		}
		if (last?.grouped)
			last = kept[kept.length - 1] = makeGroup(last);
		if (last?.kind === "data")
			Object.assign(last, { segments: last.segments + 1, bytes: last.bytes + row.length, until: row.t, calls: 0 });
		else
			kept.push({ ...row, grouped: true });
	}
	return kept;
}

export function ladderFromColumns() {
	const { first, last } = app.chosen;
	const rows = [0, 1].flatMap((end) => [...rowsOf(end, first, last), ...callRows(end), ...stateRows(end)]);
	return grouped(rows.sort((a, b) => a.t - b.t));
}
