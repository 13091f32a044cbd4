/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tables: calls, time in each state, longest calls, sockets outside connections. */

import { app, ENDS, on } from "./app.js";
import { CALL_OPEN, CALL_UNFINISHED, callName, callTitle, errorName } from "./chosen.js";
import { byId, html } from "./dom.js";
import { bytes, count, duration, durationSeen, instant, sentence } from "./format.js";
import { told, word } from "./language.js";
import { callTime } from "./lanes.js";
import { seek } from "./player.js";
import { acceptWaits, connectWaits, sendWaits } from "./waits.js";

const LONGEST = 20;

/* A column begins with "<" when its cells are text and stand at the left. */
export function head(keys) {
	return html("thead", {}, html("tr", {}, keys.map((key) => {
		const left = key.startsWith("<");
		return html("th", { scope: "col", class: left ? "text" : null }, word(left ? key.slice(1) : key));
	})));
}

export function row(keys, cells, attributes) {
	return html("tr", attributes, cells.map((cell, i) =>
		html("td", { class: keys[i].startsWith("<") ? "text" : null }, cell ?? "-")));
}

const CALL_KEYS = ["<call", "count", "bytes", "failed", "short_calls", "inside", "longest"];

function callRows() {
	const rows = [];
	ENDS.forEach((end, index) => {
		for (const call of app.chosen.fact[end].calls ?? [])
			rows.push({ ...call, end, index });
	});
	return rows.sort((a, b) => b.inside_ns - a.inside_ns);
}

/* The sleeps of all sends of an end stand under the one with the longest time inside. */
function waitsOf(call, trade, seen) {
	if (call.call === "connect")
		return call.index === 0 ? connectWaits(call) : [];
	if (call.call.startsWith("accept"))
		return acceptWaits(call);
	if (trade !== "send" || seen.has(call.end))
		return [];
	seen.add(call.end);
	return sendWaits(call.index);
}

function waitRow(text) {
	return html("tr", { class: "note" }, html("td", { colspan: CALL_KEYS.length, class: "text" }, text));
}

function drawCalls() {
	const seen = new Set();
	const trades = new Map(app.facts.words[0].calls);
	const rows = callRows().flatMap((call) => {
		const moves = trades.get(call.call) !== "other";
		const cells = [html("code", {}, word(call.end) + " " + call.call + "()"), count(call.count), moves ? count(call.moved_bytes) : null,
			call.failed ? count(call.failed) : null, moves && call.short ? count(call.short) : null, ...[call.inside_ns, call.longest_ns].map((ns) => ns === null ? null : durationSeen(ns, !call.at_least))];
		return [row(CALL_KEYS, cells, { "data-call": call.end + " " + call.call }), ...waitsOf(call, trades.get(call.call), seen).map(waitRow)];
	});
	byId("calls").replaceChildren(head(CALL_KEYS), html("tbody", {}, rows));
}

const STATE_KEYS = ["<end", "<state", "entered", "in_state", "<cause"];

function causeWords(change) {
	if (!change || !change.cause)
		return "";
	return change.cause === "unknown" ? word("cause_unknown") : word("cause_" + change.cause) + (change.detail ? ": " + change.detail : "");
}

function stateRow(end, state) {
	const index = ENDS.indexOf(end);
	const span = app.chosen.lanes[index].find((one) => one.of === "end" && one.state === state.state);
	let time = word(state.open ? "passing" : "unknown");
	if (state.ns !== undefined)
		time = (state.found ? ">= " : "") + (state.open ? word("so_far", duration(state.ns)) : duration(state.ns));
	const entered = span ? html("button", { onclick: () => seek(span.from) }, instant(span.from)) : null;
	return row(STATE_KEYS, [word(end), html("code", {}, state.state), entered, time, causeWords(span?.change) + (state.late ? " · " + word("late_syn_recv") : "")],
		{ "data-state": end + " " + state.state });
}

function drawStates() {
	const { detail, lanes } = app.chosen;
	const rows = ENDS.flatMap((end, index) => (detail[end + "_states"] ?? [])
		.map((state) => ({ state, at: lanes[index].find((one) => one.of === "end" && one.state === state.state)?.from ?? 0 }))
		.sort((a, b) => a.at - b.at).map(({ state }) => stateRow(end, state)));
	byId("states").replaceChildren(head(STATE_KEYS), html("tbody", {}, rows));
}

const LONGEST_KEYS = ["time", "<call", "asked", "result", "inside"];

/* The longest of all, in one pass: there may be a million. */
function longestCalls() {
	const found = [];
	let least = -1;
	ENDS.forEach((end, index) => Object.values(app.chosen.calls[index]).forEach(({ spans: all }) => {
		for (let i = 0; i < all.length; i++) {
			if (found.length === LONGEST && all.inside[i] <= least)
				continue;
			found.push({ end, all, i });
			found.sort((a, b) => b.all.inside[b.i] - a.all.inside[a.i]);
			found.length = Math.min(found.length, LONGEST);
			const last = found[found.length - 1];
			least = last.all.inside[last.i];
		}
	}));
	return found;
}

function drawLongest() {
	byId("longest").replaceChildren(head(LONGEST_KEYS), html("tbody", {}, longestCalls().map(({ end, all, i }) =>
		row(LONGEST_KEYS, [html("button", { onclick: () => seek(all.t[i]) }, instant(all.t[i])), html("code", {}, word(end) + " " + callTitle(all, i) + "()"),
			all.asked[i] ? count(all.asked[i]) : null, result(all, i), callTime(all, i)]))));
}

export function result(all, i) {
	if (all.call[i] & (CALL_OPEN | CALL_UNFINISHED))
		return word(all.call[i] & CALL_OPEN ? "unfinished" : "unknown");
	return all.result[i] < 0 ? errorName(-all.result[i]) : count(all.result[i]);
}

const SOCKET_KEYS = ["socket", "<kind", "<address", "<owner", "<calls", "<queues"];

function callsOf(socket) {
	const series = app.tables.calls.series(socket.index);
	const sums = new Map();
	for (let i = 0; i < series.length; i++) {
		const name = callName(series.call[i]);
		const sum = sums.get(name) ?? { calls: 0, moved: 0, failed: 0 };
		sum.calls++;
		sum.failed += series.result[i] < 0;
		if (series.result[i] > 0 && series.asked[i] && !["setsockopt", "listen"].includes(name))
			sum.moved += series.result[i];
		sums.set(name, sum);
	}
	return [...sums].map(([name, sum]) => name + "()" + (sum.calls > 1 ? " × " + count(sum.calls) : "") +
		(sum.moved ? " " + bytes(sum.moved) : "") + (sum.failed ? " (" + count(sum.failed) + " " + word("failed") + ")" : "")).join(", ");
}

function address(socket) {
	const join = (host, port) => host === undefined ? "" : (host.includes(":") ? "[" + host + "]" : host) + (port ? ":" + port : "");
	if (socket.socket_type === "raw") /* its port is the number of a protocol */
		return join(socket.local_address);
	return [join(socket.local_address, socket.local_port), join(socket.remote_address, socket.remote_port)].filter(Boolean).join(" → ");
}

function kind(socket) {
	const what = [socket.socket_type === "raw" ? word("raw") : null, socket.protocol ?? socket.family, socket.protocol ? socket.family : socket.socket_type].filter(Boolean).join(" ");
	const queue = socket.backlog_limit === undefined ? "" : " · " + word("backlog", count(socket.backlog_peak ?? 0), count(socket.backlog_limit));
	return what + (socket.final_state === "LISTEN" || queue ? " " + word("listener") : "") + queue;
}

/* Of UDP, raw and UNIX sockets, as it was at their calls; what isn't known is left out. */
function queuesOf(socket) {
	const part = (key, ...values) => values[0] === undefined ? [] : [word(key, ...values.map(count))];
	return [...part("queue_recv", socket.recv_q, socket.recv_q_peak), ...part(socket.messages === 1 ? "queue_message" : "queue_messages", socket.messages, socket.messages_peak),
		...part("queue_send", socket.send_q, socket.send_q_peak), ...part("queue_drops", socket.drops)].join(app.lang === "zh" ? "；" : "; ");
}

/* What happened to a socket of no connection: bind() failed, for one. */
function momentRows(socket) {
	return (app.facts.moment ?? []).filter((moment) => moment.connection === null && moment.socket === socket.socket).map((moment) =>
		html("tr", { class: "note" }, html("td", {}), html("td", { colspan: SOCKET_KEYS.length - 1, class: "text" },
			html("b", {}, sentence(told(moment, "title")) + (app.lang === "zh" ? "：" : ": ")), sentence(told(moment, "caption")))));
}

function drawSockets() {
	const sockets = (app.facts.socket ?? []).filter((socket) => socket.connection === undefined).sort((a, b) => a.socket - b.socket).slice(0, 500);
	byId("sockets-part").hidden = !sockets.length;
	byId("sockets").replaceChildren(head(SOCKET_KEYS), html("tbody", {}, sockets.flatMap((socket) =>
		[row(SOCKET_KEYS, [socket.socket, kind(socket), address(socket) || null, [socket.comm, socket.pid].filter(Boolean).join(" "), callsOf(socket) || null,
			queuesOf(socket) || null]),
			...momentRows(socket)])));
}

export function startTables() {
	byId("sockets-part").open = (app.facts.moment ?? []).some((moment) => moment.moment === "bind-failed");
	on("connection language", () => {
		if (app.chosen) {
			drawCalls();
			drawStates();
			drawLongest();
		}
		drawSockets();
	});
}
