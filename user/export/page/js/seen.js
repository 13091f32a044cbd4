/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A capture without a connection: what was seen instead. */

import { app, on } from "./app.js";
import { callName } from "./chosen.js";
import { byId, html } from "./dom.js";
import { duration, instant } from "./format.js";
import { head, result, row } from "./datatables.js";
import { word } from "./language.js";

const MOST = 100;
const PROCESS_KEYS = ["time", "<process_event", "pid", "<name"];
const CALL_KEYS = ["time", "<call", "socket", "result", "inside"];

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
		html("code", {}, callName(series.call[i]) + "()"), socket.socket, result(series, i), duration(series.inside[i])]));
	return found.length ? html("table", { class: "data" }, head(CALL_KEYS), html("tbody", {}, rows)) : null;
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
	byId("seen-body").replaceChildren(...(all || app.facts.socket ? [] : [html("p", {}, word("seen_nothing"))]),
		...section("seen_calls", all), ...section("seen_processes", processes()));
}

export function startSeen() {
	on("language", drawSeen);
}
