/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The view as a fragment of the address: connection, direction, playhead, range, mode. */

import { app, changed, ENDS, on } from "./app.js";
import { byId } from "./dom.js";
import { setSender } from "./direction.js";
import { word } from "./language.js";
import { show } from "./list.js";
import { seek } from "./player.js";
import { setKernelOnly, showAll, showRange } from "./timeline.js";
import { setClassMode, setLadderMode } from "./mode.js";

let timer = 0;

function fragment() {
	const parts = { c: app.chosen.id, t: Math.round(app.now) };
	if (app.sender !== app.chosen.sender)
		parts.d = ENDS[app.sender];
	if (app.from > app.chosen.first || app.to < app.chosen.last)
		parts.z = Math.round(app.from) + ".." + Math.round(app.to);
	if (app.kernelOnly)
		parts.m = "kernel";
	if (app.classMode)
		parts.v = app.ladderMode ? "ladder" : "class";
	return "#" + new URLSearchParams(parts);
}

function remember() {
	clearTimeout(timer);
	timer = setTimeout(() => history.replaceState(null, "", fragment()), 300);
}

function number(text) {
	return /^-?\d{1,18}$/.test(text ?? "") ? Number(text) : null;
}

/* What a link doesn't say is as it was when the connection was chosen. */
function followDirection(name) {
	const sender = ENDS.indexOf(name);
	const wanted = sender >= 0 && app.chosen.flows[sender].any ? sender : app.chosen.sender;
	if (wanted !== app.sender)
		setSender(wanted);
}

/* A fragment is somebody else's text: what isn't a number of ours is passed over. */
export function followLink() {
	const parts = new URLSearchParams(location.hash.slice(1));
	const id = number(parts.get("c"));
	if (id !== null && app.facts.connection.some((fact) => fact.connection === id) && id !== app.chosen?.id)
		show(id);
	followDirection(parts.get("d"));
	const [from, to] = (parts.get("z") ?? "").split("..").map(number);
	if (from !== null && to !== null && from < to)
		showRange(from, to);
	else
		showAll();
	setKernelOnly(parts.get("m") === "kernel");
	if (["class", "ladder"].includes(parts.get("v")) !== app.classMode)
		setClassMode(!app.classMode);
	setLadderMode(parts.get("v") === "ladder");
	if (parts.get("t") !== null && number(parts.get("t")) !== null)
		seek(number(parts.get("t")));
}

function say(key) {
	byId("message").textContent = word(key);
	setTimeout(() => { byId("message").textContent = ""; }, 2500);
}

async function copy() {
	history.replaceState(null, "", fragment());
	try {
		await navigator.clipboard.writeText(location.href);
		say("copied");
	} catch {
		say("link_in_bar");
	}
}

export function startLink() {
	on("connection direction range mode", remember);
	on("now", () => { if (!app.playing) remember(); });
	byId("copy-link").addEventListener("click", copy);
	window.addEventListener("hashchange", () => { followLink(); changed("mode"); });
}
