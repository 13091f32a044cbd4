/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A capture without a connection: what was seen instead. */

import { app, on } from "./app.js";
import { callName } from "./chosen.js";
import { byId, html } from "./dom.js";
import { bytes, count, duration, instant, sentence } from "./format.js";
import { head, result, row } from "./datatables.js";
import { told, word } from "./language.js";

const MOST = 100;
const PROCESS_KEYS = ["time", "<process_event", "pid", "<name"];
const CALL_KEYS = ["time", "<call", "<owner", "socket", "result", "inside"];

function processes() {
	const rows = (app.facts.process ?? []).map((process) => row(PROCESS_KEYS, [instant(process.t_ns), word("process_" + process.event), process.pid, process.comm]));
	return html("table", { class: "data" }, head(PROCESS_KEYS), html("tbody", {}, rows));
}

function calls() {
	const found = [];
	for (const socket of [{ index: 0 }, ...(app.facts.socket ?? [])]) {
		const series = app.tables.calls.series(socket.index);
		for (let i = 0; i < series.length; i++)
			found.push({ series, i, socket });
	}
	found.sort((a, b) => a.series.t[a.i] - b.series.t[b.i]);
	const rows = found.slice(0, MOST).map(({ series, i, socket }) => row(CALL_KEYS, [instant(series.t[i]),
		html("code", {}, callName(series.call[i]) + "()"), socket.comm ?? null, socket.socket, result(series, i), duration(series.inside[i])]));
	return found.length ? html("table", { class: "data" }, head(CALL_KEYS), html("tbody", {}, rows)) : null;
}

const WHYS = [["UDP", "why_udp"], ["UNIX", "why_unix"]];

function nameOf(socket) {
	return socket.socket_type === "raw" ? word("raw") : socket.family === "UNIX" ? "UNIX" : socket.protocol ?? socket.family;
}

function several(key, number, ...values) {
	return number ? [word(number === 1 ? key + "_one" : key, ...values, count(number))] : [];
}

/* "5 UDP sockets, 300 B in 3 calls sent, 200 B in 2 calls received, 2 calls failed." */
function summary() {
	const kinds = Map.groupBy(app.facts.socket ?? [], nameOf);
	const trades = new Map(app.facts.words[0].calls);
	const sums = { send: [0, 0], receive: [0, 0], failed: 0 };
	for (const socket of app.facts.socket ?? []) {
		const series = app.tables.calls.series(socket.index);
		for (let i = 0; i < series.length; i++) {
			const sum = sums[trades.get(callName(series.call[i]))];
			sums.failed += series.result[i] < 0;
			if (!sum || series.result[i] < 0)
				continue;
			sum[0]++;
			sum[1] += series.result[i];
		}
	}
	const parts = [...kinds].map(([name, all]) => word(all.length === 1 ? "seen_socket" : "seen_sockets", count(all.length), name));
	parts.push(...several("seen_sent", sums.send[0], bytes(sums.send[1])), ...several("seen_received", sums.receive[0], bytes(sums.receive[1])),
		...several("seen_failed", sums.failed));
	return word("seen_what", parts.join(app.lang === "zh" ? "，" : ", "));
}

/* Why there is neither handshake nor state nor segment. */
function reasons() {
	const names = new Set((app.facts.socket ?? []).map(nameOf));
	const known = WHYS.filter(([name]) => names.has(name)).map(([, key]) => key);
	return (known.length ? known : names.has("TCP") || !names.size ? [] : ["why_other"]).map((key) => html("p", { class: "why" }, word(key)));
}

function moments() {
	const found = [...app.facts.moment ?? []].sort((a, b) => a.t_ns - b.t_ns);
	const keys = ["time", "<what"];
	return found.length ? html("table", { class: "data" }, head(keys), html("tbody", {}, found.slice(0, MOST).map((moment) =>
		row(keys, [instant(moment.t_ns), [html("b", {}, sentence(told(moment, "title"))), " ", sentence(told(moment, "caption"))]])))) : null;
}

function section(key, content) {
	return content ? [html("h3", {}, word(key)), html("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": word(key) }, content)] : [];
}

function drawSeen() {
	const none = !app.facts.connection;
	byId("seen").hidden = !none;
	byId("story").hidden = none;
	byId("player").hidden = none;
	document.body.classList.toggle("single", none);
	if (none)
		byId("verdict").textContent = word("no_connection");
	for (const id of ["class-mode", "save-svg", "save-csv", "copy-link", "keys"])
		byId(id).hidden = none;
	if (!none)
		return;
	const all = calls();
	byId("sockets-part").open = true;
	byId("seen-body").replaceChildren(...(all || app.facts.socket ? [html("p", {}, summary()), ...reasons()] : [html("p", {}, word("seen_nothing"))]),
		...section("seen_moments", moments()), ...section("seen_calls", all), ...section("seen_processes", processes()));
}

export function startSeen() {
	on("language", drawSeen);
}
