/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One connection, ready to be drawn: its ends, lanes of states, calls, places
 * of bytes, sleeps and moments. Takes the facts as the model made them; what
 * it adds is only where on the axis they stand.
 */

import { app, ENDS } from "./app.js";
import { count } from "./format.js";
import { Coverage } from "./sample.js";

const CALL_KIND = 31;
export const CALL_UNFINISHED = 32;
export const CALL_OPEN = 64;
export const CALL_FOUND = 128;

let socketsById = null;
let statesBySocket = null;
let momentsByConnection = null;
let detailById = null;

function group(items, key) {
	const groups = new Map();
	for (const item of items ?? [])
		groups.has(item[key]) ? groups.get(item[key]).push(item) : groups.set(item[key], [item]);
	return groups;
}

/* Moments are told when they are known, which may be later than when they were: all else takes them by time. */
export function indexFacts() {
	const facts = app.facts;
	socketsById = new Map((facts.socket ?? []).map((socket) => [socket.socket, socket]));
	statesBySocket = group(facts.state, "socket");
	momentsByConnection = group([...facts.moment ?? []].sort((a, b) => a.t_ns - b.t_ns), "connection");
	detailById = new Map((facts.detail ?? []).map((detail) => [detail.connection, detail]));
}

export function callName(code) {
	return app.facts.words[0].calls[code & CALL_KIND][0];
}

/* With --coalesce a row may stand for several calls: its sizes and its time are those of all. */
export function callTitle(calls, row) {
	const several = calls.calls[row] > 1 ? count(calls.calls[row]) + " × " : "";
	return several + callName(calls.call[row]);
}

export function errorName(error) {
	return app.facts.words[0].errors[error] ?? "errno " + error;
}

/* The accepts of other connections are not part of this one's story, nor is the listener's end. */
function listenerRows(listener, child) {
	const rows = [];
	const series = listener ? app.tables.calls.series(listener.index) : { length: 0 };
	for (let i = 0; i < series.length; i++) {
		const name = callName(series.call[i]);
		if (series.other[i] ? series.other[i] === child?.index : !name.startsWith("accept") && name !== "close")
			rows.push(i);
	}
	return { series, rows };
}

const CALL_COLUMNS = ["t", "inside", "call", "asked", "result", "calls"];
const TRADES = ["send", "receive", "other"];

function makeSpans(length) {
	const spans = { length };
	for (const name of CALL_COLUMNS)
		spans[name] = new Float64Array(length);
	return spans;
}

/* Calls of one end by their trade; the few of its listener come first. */
function callsOf(end, listener) {
	const early = listenerRows(listener, end.socket);
	const own = end.socket ? app.tables.calls.series(end.socket.index) : { length: 0 };
	const trades = app.facts.words[0].calls.map(([, trade]) => TRADES.indexOf(trade));
	const rows = TRADES.map(() => []);
	early.rows.forEach((i) => rows[trades[early.series.call[i] & CALL_KIND]].push([early.series, i]));
	const counts = rows.map((list) => list.length);
	for (let i = 0; i < own.length; i++)
		counts[trades[own.call[i] & CALL_KIND]]++;
	const spans = counts.map(makeSpans);
	const next = rows.map((list, trade) => {
		list.forEach(([series, i], at) => copyCall(series, i, spans[trade], at));
		return list.length;
	});
	for (let i = 0; i < own.length; i++) {
		const trade = trades[own.call[i] & CALL_KIND];
		copyCall(own, i, spans[trade], next[trade]++);
	}
	sortByEnd(spans[2]);
	return Object.fromEntries(TRADES.map((trade, i) => [trade, new Coverage(spans[i])]));
}

function copyCall(from, row, to, at) {
	to.t[at] = from.t[row];
	to.inside[at] = from.inside[row];
	to.call[at] = from.call[row];
	to.asked[at] = from.asked[row];
	to.result[at] = from.result[row];
	to.calls[at] = from.calls[row];
}

/* A listener's calls and the connection's own may mix, but only among the few others. */
function sortByEnd(spans) {
	const order = Array.from({ length: spans.length }, (_, i) => i).sort((a, b) => spans.t[a] + spans.inside[a] - spans.t[b] - spans.inside[b]);
	for (const name of CALL_COLUMNS)
		spans[name] = Float64Array.from(order, (i) => spans[name][i]);
}

/* Spans of states on one lifeline: of the listener until there is a socket of its own. */
function lane(end, listener, until) {
	const changes = [...(end.socket ? statesBySocket.get(end.socket.socket) ?? [] : [])];
	const spans = [];
	const first = changes.length ? changes[0].t_ns : until;
	for (const change of listener ? statesBySocket.get(listener.socket) ?? [] : [])
		if (change.t_ns < first)
			spans.push({ state: change.new_state, from: change.t_ns, of: "listener", change });
	for (const change of changes)
		spans.push({ state: change.new_state, from: change.t_ns, of: "end", change });
	for (let i = 0; i < spans.length; i++)
		spans[i].to = i + 1 < spans.length ? spans[i + 1].from : Math.max(until, spans[i].from);
	return spans;
}

function describeEnd(fact, which) {
	const end = fact[which];
	const endpoint = end.address === undefined ? null
		: (end.address.includes(":") ? "[" + end.address + "]" : end.address) + ":" + end.port;
	return {
		which,
		traced: end.traced,
		comm: end.comm ?? "",
		pid: end.pid,
		endpoint,
		socket: end.traced ? socketsById.get(end.socket) ?? null : null,
	};
}

/* Without places only what calls moved is known, if that. */
export function movedBy({ summary }) {
	return summary.sent ?? summary.handed_over ?? 0;
}

function flowOf(id, sender, fact) {
	const summary = fact[sender ? "to_client" : "to_server"];
	const key = (id - 1) * 2 + sender;
	return {
		series: app.tables.bytes.series(key),
		segments: app.tables.segments.series(key),
		sleeps: app.tables.sleeps.series(key),
		summary,
		senderSeen: summary.handed_over !== null,
		receiverSeen: summary.app_read !== null,
		any: fact.places_known && (summary.sent > 0 || summary.handed_over > 0),
	};
}

/* A listen() long before says nothing about this connection's pace. */
function closeListen(listener, moments, first, last) {
	if (!listener)
		return [];
	return (momentsByConnection.get(null) ?? []).filter((moment) =>
		moment.socket === listener.socket && moment.t_ns <= first &&
		first - moment.t_ns <= Math.max(0.1 * (last - first), 1e6)).slice(-1);
}

/*
 * Where the story begins: the client's connect() comes before the SYN, and what
 * prepares the socket belongs to it unless it was long before.
 */
function firstCall(calls, start, end) {
	let first = start;
	for (const { spans } of Object.values(calls))
		for (let i = 0; i < spans.length && spans.t[i] < start; i++)
			if (callName(spans.call[i]) === "connect" || start - spans.t[i] <= Math.max(0.1 * (end - start), 1e6))
				first = Math.min(first, spans.t[i]);
	return first;
}

/* A connect() that fails may return after all that there was of the connection. */
function lastConnect(calls, end) {
	const { spans } = calls.other;
	let last = end;
	for (let i = 0; i < spans.length; i++)
		if (callName(spans.call[i]) === "connect")
			last = Math.max(last, spans.t[i] + spans.inside[i]);
	return last;
}

function range(first, last) {
	const pad = Math.max(0.008 * (last - first), 500);
	return { first: first - pad, last: last + pad };
}

export function choose(id) {
	const fact = app.facts.connection.find((one) => one.connection === id);
	const detail = detailById.get(id) ?? {};
	const ends = ENDS.map((which) => describeEnd(fact, which));
	const listener = socketsById.get(detail.listener) ?? null;
	let moments = momentsByConnection.get(id) ?? [];
	const calls = ends.map((one, index) => callsOf(one, index ? listener : null));
	const end = lastConnect(calls[0], Math.max(fact.last_ns, ...moments.map((moment) => moment.t_ns)));
	const start = firstCall(calls[0], Math.min(fact.t_ns, ...moments.map((moment) => moment.t_ns)), end);
	moments = closeListen(listener, moments, start, end).concat(moments);
	const span = range(Math.min(start, ...moments.map((moment) => moment.t_ns)), end);
	app.chosen = {
		id, fact, detail, ends, listener, moments, ...span,
		flows: [0, 1].map((sender) => flowOf(id, sender, fact)),
		lanes: ends.map((one, index) => lane(one, index ? listener : null, fact.last_ns)),
		calls,
	};
	const [to, back] = app.chosen.flows;
	app.chosen.sender = movedBy(back) > movedBy(to) ? 1 : 0;
	app.sender = app.chosen.sender;
}

/* The state of an end at a time: null when it isn't known. */
export function stateAt(index, time) {
	const spans = app.chosen.lanes[index];
	let found = null;
	for (const span of spans)
		if (span.from <= time && span.of === "end")
			found = span;
	return found;
}

/* The call that an end is inside at a time, the innermost last begun; null: none. */
export function callAt(index, time) {
	const byTrade = app.chosen.calls[index];
	for (const trade of TRADES) {
		const [first, last] = byTrade[trade].touching(time, time);
		for (let i = last - 1; i >= first; i--)
			if (byTrade[trade].spans.t[i] <= time && byTrade[trade].ends[i] > time)
				return { spans: byTrade[trade].spans, row: i, trade };
	}
	return null;
}

export function sleepAt(flow, time) {
	const { sleeps } = flow;
	for (let i = 0; i < sleeps.length; i++)
		if (sleeps.t[i] <= time && time < sleeps.t[i] + sleeps.inside[i])
			return i;
	return -1;
}
