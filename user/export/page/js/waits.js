/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What calls waited for, as sentences: sleeps of sends, phases of connect, accept too late or too early. */

import { app } from "./app.js";
import { duration, percent } from "./format.js";
import { word } from "./language.js";

const NOTICED_NS = 1e6;
export const PEER_WINDOW = 1; /* in the column of causes */
const CAUSES = ["unknown", "peer_window", "congestion", "buffer", "lowat", "pacing"];
const PHASES = ["before_syn", "syn_retry", "syn_ack_retry", "accept_queue", "syn_ack_wait", "after_answer"];

function inWords(list, index) {
	return list[index][app.lang === "zh" ? 1 : 0];
}

export function sleepName(cause) {
	return inWords(app.facts.words[0].sleeps, cause);
}

export function asleepNs(summary) {
	return CAUSES.reduce((sum, cause) => sum + summary["sleep_" + cause + "_ns"], 0);
}

/* As in the terminal: slow is a reader that had bytes to read for most of the time. */
function reader(summary, peer) {
	if (!peer.traced || !peer.pid)
		return word("reader_not_known");
	const slow = summary.sleep_unread_ns && summary.sleep_unread_ns >= Math.floor(summary.sleep_peer_window_ns / 2);
	return slow ? word("slow_reader", peer.comm + " " + peer.pid) : word("reader_kept_up");
}

export function readerOf(sender) {
	return reader(app.chosen.flows[sender].summary, app.chosen.ends[1 - sender]);
}

/* The sleeps of all send calls of an end. */
export function sendWaits(index) {
	const { summary } = app.chosen.flows[index];
	const total = asleepNs(summary);
	return CAUSES.map((cause, i) => ({ ns: summary["sleep_" + cause + "_ns"], i }))
		.filter(({ ns }) => ns && ns >= total / 100)
		.map(({ ns, i }) => {
			const slept = word("slept_share", duration(ns), percent(ns, total), sleepName(i));
			return i === PEER_WINDOW ? word("with_reader", slept, readerOf(index)) : slept;
		});
}

export function phaseName(phase) {
	return inWords(app.facts.words[0].phases, PHASES.indexOf(phase)).replace("{0}", app.chosen.fact.syns);
}

export function connectWaits(call) {
	const wait = app.chosen.fact.connect_wait;
	const total = wait ? PHASES.reduce((sum, phase) => sum + wait[phase + "_ns"], 0) : 0;
	if (total < NOTICED_NS)
		return [];
	return PHASES.filter((phase) => wait[phase + "_ns"] && wait[phase + "_ns"] >= total / 100).map((phase) =>
		word(call.inside_ns >= total ? "waited" : "not_waited", duration(wait[phase + "_ns"]), percent(wait[phase + "_ns"], total), phaseName(phase)));
}

export function acceptWaits(call) {
	const { ready_ns: ready, not_ready_ns: idle } = app.chosen.fact.accept_wait ?? { ready_ns: 0, not_ready_ns: 0 };
	const waits = [];
	if (ready >= NOTICED_NS)
		waits.push(word("accept_late", duration(ready)));
	if (idle >= NOTICED_NS)
		waits.push(word("not_ready", duration(idle), percent(idle, call.inside_ns)));
	return waits;
}
