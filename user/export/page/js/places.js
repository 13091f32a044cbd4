/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The five places of a direction's bytes, in the order of their way, and what
 * each is called when an end is not traced.
 */

import { app } from "./app.js";
import { rowAt } from "./sample.js";
import { word } from "./language.js";

/* From the bottom of the picture to its top. */
export const PLACES = ["read", "queue", "flight", "unsent", "program"];
export const KERNEL_PLACES = ["queue", "flight", "unsent"];

export function placeName(place, flow) {
	if (place === "queue" && !flow.receiverSeen)
		return word("place_acked");
	if (place === "flight" && !flow.receiverSeen)
		return word("place_unacked");
	return word("place_" + place);
}

/* What was acknowledged is at the end of its way as far as is known: it looks as what was read. */
export function placeLook(place, flow) {
	return place === "queue" && !flow.receiverSeen ? "read" : place;
}

/* Places that this capture can tell of. */
export function knownPlaces(flow) {
	return PLACES.filter((place) => (flow.receiverSeen || place !== "read") &&
		(flow.senderSeen || (place !== "unsent" && place !== "program")));
}

export function bytesIn(place, series, row) {
	if (row < 0)
		return 0;
	switch (place) {
	case "read": return series.read[row];
	case "queue": return series.received[row] - series.read[row];
	case "flight": return series.sent[row] - series.received[row];
	case "unsent": return series.handed[row] - series.sent[row];
	default: return series.in_program[row];
	}
}

export function flowShown() {
	return app.chosen.flows[app.sender];
}

export function rowNow() {
	return rowAt(flowShown().series, app.now);
}
