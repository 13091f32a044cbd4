/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Many connections: a list, the longest blocked first, of which one is shown. */

import { app, changed, ENDS, on } from "./app.js";
import { choose } from "./chosen.js";
import { byId, html } from "./dom.js";
import { bytes, count, duration } from "./format.js";
import { word } from "./language.js";
import { head, row } from "./datatables.js";

const MOST = 500;
const LESSONS = ["connect-failed", "reset", "last-read", "server-established", "client-established"];
const KEYS = ["number", "<client", "<server", "to_server", "to_client", "blocked", "length", "<outcome"];

let sorted = [];

function who(fact, end) {
	const one = fact[end];
	const address = one.address === undefined ? "" : one.address + ":" + one.port;
	return one.traced ? [one.comm, one.pid, address].filter(Boolean).join(" ") : address + " (" + word("not_traced") + ")";
}

/* As --view connections: what the sender's kernel took over, or else what arrived. */
function carried(flow) {
	const moved = flow.handed_over ?? flow.received;
	return moved === null ? "–" : bytes(moved);
}

function outcome(fact) {
	const lossy = fact.lossy ? " · " + word("outcome_lossy") : "";
	if (fact.connect_error)
		return word("outcome_failed", fact.connect_error) + lossy;
	if (fact.reset_by)
		return word("outcome_reset", word(fact.reset_by)) + lossy;
	return word(fact.finished ? "outcome_closed" : "outcome_open") + lossy;
}

/* Where the verdict's sentence is true: a page that is only looked at shows that. */
function lesson() {
	const { moments, first, flows } = app.chosen;
	const back = flows[app.sender].summary.at_return;
	return back?.t_ns ?? moments.findLast((moment) => LESSONS.includes(moment.moment))?.t_ns ?? first;
}

export function show(id) {
	choose(id);
	app.from = app.chosen.first;
	app.to = app.chosen.last;
	app.now = lesson();
	app.untouched = true;
	changed("connection");
}

/* The first rows of the list, and the one that is shown, for a menu. */
export function choices() {
	const some = sorted.slice(0, MOST);
	const shown = sorted.find((fact) => fact.connection === app.chosen.id);
	return (some.includes(shown) ? some : [shown, ...some]).map((fact) => ({
		id: fact.connection, words: "#" + fact.connection + " " + who(fact, "client") + " → " + who(fact, "server"),
	}));
}

function listRow(fact) {
	const chosen = app.chosen?.id === fact.connection;
	const button = html("button", { "aria-pressed": String(chosen), "aria-label": word("show") + " " + fact.connection, onclick: () => show(fact.connection) }, fact.connection);
	return row(KEYS, [button, who(fact, "client"), who(fact, "server"), carried(fact.to_server), carried(fact.to_client),
		fact.blocked_ns === null ? "–" : duration(fact.blocked_ns), duration(fact.last_ns - fact.t_ns), outcome(fact)], { class: chosen ? "chosen" : null, "data-connection": fact.connection });
}

function matches(fact, needle) {
	return !needle || ("#" + fact.connection + " " + ENDS.map((end) => who(fact, end)).join(" ") + " " + outcome(fact)).toLowerCase().includes(needle);
}

function drawList() {
	const facts = app.facts.connection ?? [];
	byId("list").hidden = facts.length < 2;
	if (facts.length < 2)
		return;
	const needle = byId("filter").value.trim().toLowerCase();
	const found = sorted.filter((fact) => matches(fact, needle));
	const shown = found.slice(0, MOST);
	byId("list-count").textContent = word(shown.length < found.length ? "connections_more" : "connections_count", count(shown.length), count(facts.length));
	byId("connections").replaceChildren(head(KEYS), html("tbody", {}, shown.map(listRow)));
}

/* Only the rows whose choice changed, so that the list keeps its place. */
function markChosen() {
	for (const one of byId("connections").querySelectorAll("tr[data-connection]")) {
		const chosen = Number(one.dataset.connection) === app.chosen.id;
		one.classList.toggle("chosen", chosen);
		one.querySelector("button").setAttribute("aria-pressed", String(chosen));
	}
}

/* The one that a reader most likely looks for: the longest blocked. */
export function firstChoice() {
	return sorted[0]?.connection;
}

export function startList() {
	sorted = [...(app.facts.connection ?? [])].sort((a, b) => b.blocked_ns - a.blocked_ns || a.connection - b.connection);
	byId("filter").addEventListener("input", drawList);
	on("language", drawList);
	on("connection", markChosen);
}
