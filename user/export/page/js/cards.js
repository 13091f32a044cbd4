/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The verdict, and a few numbers of it that lead to their moments. */

import { app, on } from "./app.js";
import { byId, html } from "./dom.js";
import { bytes, count, duration, durationSeen, instant, percent, sentence } from "./format.js";
import { told, word } from "./language.js";
import { flowShown } from "./places.js";
import { seek } from "./player.js";
import { peak } from "./sample.js";
import { showRange } from "./timeline.js";
import { asleepNs } from "./waits.js";

const RST = 4;

/* A count with its share, in the brackets of either language; a name of an error that the model knows. */
function keyWords() {
	const errors = app.facts.words[0].errors.filter(Boolean).join("|");
	return new RegExp(`([\\d,]+(?: [^\\s\\d(（]+)? ?[(（][<>]?\\d+ %[)）]|\\b(?:${errors})\\b)`);
}

/* What the sentence is about stands out: what was not read, or why it failed. */
function emphasised(words) {
	return sentence(words).split(keyWords()).map((part, i) => i % 2 ? html("b", { class: "bad" }, part) : part);
}

function drawVerdict() {
	byId("verdict").replaceChildren(...emphasised(told(app.chosen.fact, "verdict")));
}

function card(title, value, note, time) {
	const inside = time === undefined || time === null ? html("strong", {}, value)
		: html("button", { onclick: () => show(time) }, value);
	return html("div", {}, html("dt", {}, title), html("dd", {}, inside, note ? html("small", {}, note) : null));
}

/* A moment outside the picture brings the picture along. */
function show(time) {
	if (time < app.from || time > app.to)
		showRange(app.chosen.first, app.chosen.last);
	seek(time);
}

/* Where both ends called connect() there are not three ways. */
function opening(fact) {
	const up = [fact.client_established_ns, fact.server_established_ns].filter((time) => time !== null);
	return up.length ? card(word("card_opening"), duration(Math.max(...up) - fact.syn_ns), word("card_opening_note"), fact.syn_ns) : null;
}

function handshake(fact) {
	if (fact.syn_ns === null)
		return null;
	if (fact.both_connected || fact.itself)
		return opening(fact);
	if (fact.server_established_ns !== null)
		return card(word("card_handshake"), duration(fact.server_established_ns - fact.syn_ns), word("card_handshake_note"), fact.syn_ns);
	if (fact.client_established_ns !== null)
		return card(word("card_handshake"), duration(fact.client_established_ns - fact.syn_ns), word("card_handshake_note_client"), fact.syn_ns);
	return null;
}

function failure({ fact, moments }) {
	if (!fact.connect_error)
		return null;
	const call = fact.client.calls?.find((one) => one.call === "connect");
	const moment = moments.find((one) => one.moment === "connect-failed");
	return card(word("card_failed"), fact.connect_error, call ? word("card_failed_note", durationSeen(call.longest_ns, !call.at_least)) : null, moment?.t_ns);
}

/* What came back to the SYNs: ICMP, a RST, or nothing, perhaps because a queue was full. */
function answer({ fact, flows }) {
	const { icmp } = fact;
	const answers = flows[1].segments;
	const reset = Array.from({ length: answers.length }, (_, i) => i).find((i) => answers.flags[i] & RST);
	if (icmp)
		return card(word("card_answer"), "ICMP", word(icmp.own ? "icmp_own_note" : "icmp_note", icmp.name, icmp.icmp_from), icmp.first_ns);
	if (reset !== undefined)
		return card(word("card_answer"), word("answer_rst"), instant(answers.t[reset]), answers.t[reset]);
	if (!fact.syns)
		return card(word("card_answer"), word("answer_local"), word("answer_local_note"));
	return card(word("card_answer"), word("answer_none"), fact.syns_refused ? word("answer_queue_full", count(fact.syns_refused)) : null);
}

/* What there is of a connect() that failed: its SYNs and what came back. Times count from the first. */
function attempt(chosen) {
	const { fact } = chosen;
	const times = fact.syn_times_ns.map((time, i) => i ? duration(time - fact.syn_times_ns[0]) : "0 s");
	const more = fact.syns > times.length ? " …" : "";
	return [card(word("card_syns"), count(fact.syns), times.length > 1 ? times.join(" · ") + more : null, fact.syn_times_ns[0]), answer(chosen)];
}

/* For how long the peer's window was 0, and how often its sender asked after it. */
function windowZero({ summary }, moments) {
	const moment = moments.find((one) => one.moment === "window-zero");
	if (!summary.window_zero_ns)
		return null;
	const found = summary.window_zero_found;
	const probes = word(summary.window_probes === 1 ? "card_probe" : "card_probes", count(summary.window_probes)) + (found ? word("card_probes_since") : "");
	return card(word("card_window_zero"), durationSeen(summary.window_zero_ns, !found), found && !summary.window_probes ? null : probes, moment?.t_ns);
}

function reset({ fact, moments }) {
	if (!fact.reset_by || fact.connect_error)
		return null;
	const moment = moments.find((one) => one.moment === "reset");
	return card(word("card_reset"), "RST", word("card_reset_by", word(fact.reset_by)), moment?.t_ns);
}

function insideNote(summary, call) {
	const asleep = asleepNs(summary);
	const calls = call.count === 1 ? word("card_calls_one") : word("card_calls", count(call.count));
	return asleep ? word("card_asleep", duration(asleep)) + " · " + calls : calls;
}

function sending(chosen, flow) {
	const back = flow.summary.at_return;
	const name = chosen.detail[app.sender ? "to_client" : "to_server"].call ?? "send";
	const call = chosen.fact[app.sender ? "server" : "client"].calls?.find((one) => one.call === name);
	const cards = [];
	const first = chosen.moments.find((moment) => moment.moment === "send");
	if (call && call.inside_ns !== null)
		cards.push(card(word("card_inside", name), durationSeen(call.inside_ns, !call.at_least), insideNote(flow.summary, call), first?.t_ns));
	if (!back)
		return cards;
	const rest = flow.receiverSeen ? back.handed_over - back.app_read : back.unacked;
	cards.push(card(word(flow.receiverSeen ? "card_unread" : "card_unacked", name), bytes(rest),
		count(rest) + " · " + percent(rest, back.handed_over), back.t_ns));
	return cards.concat(reading(chosen.fact, flow, back));
}

/* The last read is the last byte's only when all was read. */
function reading(fact, flow, back) {
	const { handed_over, app_read, last_read_ns } = flow.summary;
	if (!flow.receiverSeen)
		return [];
	if (app_read < handed_over)
		return fact.finished ? card(word("card_never_read"), bytes(handed_over - app_read), count(handed_over - app_read)) : [];
	return last_read_ns > back.t_ns ? card(word("card_last_read"), duration(last_read_ns - back.t_ns), null, last_read_ns) : [];
}

function buffer(flow) {
	const { series, summary } = flow;
	const limit = peak(series.sndbuf, 0, series.length - 1);
	if (!limit || !summary.wmem_peak)
		return null;
	return card(word("card_buffer"), bytes(summary.wmem_peak), "/ " + bytes(limit), series.t[series.wmem.indexOf(summary.wmem_peak)]);
}

function moved(flow) {
	if (!flow.any)
		return null;
	return flow.receiverSeen ? card(word("card_moved"), bytes(flow.summary.app_read), count(flow.summary.app_read), flow.summary.last_read_ns)
		: card(word("card_acked"), bytes(flow.summary.acked), count(flow.summary.acked));
}

function retransmits(flow, moments) {
	const { retransmits: again, segments } = flow.summary;
	const moment = moments.find((one) => one.moment === "retransmit");
	return again && segments ? card(word("card_retransmits"), count(again), word("card_retransmits_note", count(segments)), moment?.t_ns) : null;
}

function drawCards() {
	drawVerdict();
	const flow = flowShown();
	const { fact, moments } = app.chosen;
	const told_ = flow.summary.at_return || !flow.any ? sending(app.chosen, flow) : [moved(flow)];
	const cards = [failure(app.chosen), handshake(fact), ...told_, flow.any ? buffer(flow) : null, windowZero(flow, moments), retransmits(flow, moments),
		reset(app.chosen), ...(fact.connect_error ? attempt(app.chosen) : []),
		flow.any || fact.connect_error ? null : card(word("card_duration"), duration(fact.last_ns - fact.t_ns), null, null)];
	byId("cards").replaceChildren(...cards.filter(Boolean));
}

export function startCards() {
	on("connection direction language", drawCards);
}
