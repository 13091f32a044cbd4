/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What makes the page less than the truth, said before anything else. */

import { app, on } from "./app.js";
import { byId, html } from "./dom.js";
import { count, instant } from "./format.js";
import { word } from "./language.js";

function leftOut() {
	const amounts = app.facts.left_out[0];
	const parts = ["connections", "sockets", ...(app.facts.connection ? [] : ["processes"]), "calls", "bytes", "segments"]
		.filter((what) => amounts[what]).map((what) => word("left_" + what, count(amounts[what])));
	return parts.length ? word("warning_left_out", parts.join(app.lang === "zh" ? "、" : ", ")) : null;
}

function lossTable() {
	const last = (app.facts.loss ?? []).slice(0, 8);
	return last.map((loss) => html("div", {}, `${count(loss.records)} ${loss.kind}: ${instant(loss.t_ns)} … ${instant(loss.last_ns)}`));
}

function undecoded() {
	const mptcp = (app.facts.socket ?? []).filter((socket) => socket.protocol === "MPTCP").length;
	const narrow = (app.facts.process ?? []).find((process) => process.event === "32bit");
	return [mptcp ? word("warning_mptcp", count(mptcp)) : null,
		narrow ? word("warning_32bit", narrow.comm, narrow.pid) : null];
}

function drawWarnings() {
	const { facts } = app;
	const end = facts.end[0];
	const words = [];
	if (end.lost)
		words.push(html("div", {}, word("warning_lost", count(end.lost)), lossTable()));
	if (!end.complete)
		words.push(word(end.damaged ? "warning_damaged" : "warning_cut", end.t_ns === null ? "?" : instant(end.t_ns)));
	for (const hook of facts.capture[0].hooks)
		if (!hook.on && hook.asked)
			words.push(word("warning_hook", hook.fact));
	words.push(...undecoded(), leftOut());
	if (app.chosen && app.chosen.id > 2000)
		words.push(word("no_curves", count(2000)));
	byId("warnings").replaceChildren(...words.filter(Boolean).map((one) => html("p", { class: "warning" }, one)));
}

export function startWarnings() {
	on("connection language", drawWarnings);
}
