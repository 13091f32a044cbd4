/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One row of the ladder in words, for the picture, the table and those who listen. */

import { count, bytes, duration, durationSeen } from "./format.js";
import { word } from "./language.js";

function callWords(row, short) {
	if (row.kind === "enter")
		return row.call + "(" + (row.asked ? count(row.asked) : "") + ")";
	const result = row.error ?? count(row.result);
	return row.call + "() = " + result + (short || !row.inside ? "" : " (" + durationSeen(row.inside, !row.found) + ")");
}

function segmentWords(row, short) {
	const parts = [(row.again ? word("again") : "") + row.name];
	if (row.length || row.flags & 7)
		parts.push("seq=" + row.seq);
	if (row.ack !== undefined)
		parts.push("ack=" + row.ack);
	if (row.length)
		parts.push("len=" + row.length);
	if (!short && row.window !== undefined)
		parts.push("win=" + count(row.window));
	return short ? parts.slice(0, 3).join(" ") : parts.join(" ");
}

export function rowWords(row, short) {
	if (row.kind === "segment")
		return segmentWords(row, short);
	if (row.kind === "state")
		return row.state;
	if (row.kind === "data") {
		const time = duration(row.until - row.t);
		if (row.segments === 1)
			return row.bytes ? word("segment_one", bytes(row.bytes)) : word("segment_one_only");
		return row.bytes ? word("segments", count(row.segments), bytes(row.bytes), time)
			: word("segments_only", count(row.segments), time);
	}
	return callWords(row, short);
}
