/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The picture over time: puts axis, lanes, bands and marks together, with the playhead on top. */

import { app, changed, on } from "./app.js";
import { Axis } from "./axis.js";
import { drawBands, drawLosses, drawMemory, placesShown } from "./bands.js";
import { byId, html, line, svg, text } from "./dom.js";
import { duration, instant } from "./format.js";
import { drawCalls, drawStates, laneLabel } from "./lanes.js";
import { flowShown, knownPlaces, placeLook, placeName } from "./places.js";
import { told, word } from "./language.js";

let layout = null;

function carriesNothing() {
	return !app.chosen.flows.some((flow) => flow.any);
}

/* The heights of the parts; in class mode what the window leaves. */
function measure(width) {
	const memory = flowShown().any && flowShown().senderSeen && !(app.classMode && window.innerHeight < 800);
	const unknown = flowShown().any && !flowShown().senderSeen ? 22 : 0;
	const fixed = unknown + 22 + 2 * 26 + 24 + 24 + 2 * 26 + 26 + (memory ? 24 : 0);
	let room = width < 620 ? 190 : 300;
	if (carriesNothing())
		return { bands: 0, memory: 0 };
	if (!flowShown().any)
		room = 56;
	else if (app.classMode)
		room = Math.max(110, (window.innerHeight - byId("player").offsetHeight - 286 - fixed) / (memory ? 1.3 : 1));
	return { bands: room, unknown, memory: memory ? Math.max(60, room * 0.3) : 0 };
}

function parts(axis) {
	const sizes = measure(axis.right);
	const states = 28;
	const bandsTitle = states + 2 * 26 + 16;
	const bands = bandsTitle + 8;
	const memoryTitle = bands + sizes.bands + 24;
	const memory = memoryTitle + 8;
	const callsTitle = !sizes.bands ? bandsTitle : sizes.memory ? memory + sizes.memory + 24 : bands + sizes.bands + sizes.unknown + 24;
	const calls = callsTitle + 8;
	return { ...sizes, axis, states, bandsTitle, bandsTop: bands, memoryTitle, memoryTop: memory,
		callsTitle, calls, height: calls + 2 * 26 + 24 };
}

function title(x, y, key) {
	return text(x, y, "small strong", word(key));
}

function drawAll(l) {
	const { axis } = l;
	const content = axis.draw(0, l.height);
	for (const index of [0, 1]) {
		content.push(laneLabel(index, axis, l.states + index * 26), ...drawStates(index, axis, l.states + index * 26));
		content.push(laneLabel(index, axis, l.calls + index * 26 - 2), ...drawCalls(index, axis, l.calls + index * 26));
	}
	if (l.bands)
		content.push(title(axis.left, l.bandsTitle, app.kernelOnly ? "bytes_title_kernel" : "bytes_title"),
			...drawBands(axis, l.bandsTop, l.bands));
	if (l.memory)
		content.push(title(axis.left, l.memoryTitle, axis.narrow ? "memory_title_short" : "memory_title"), ...drawMemory(axis, l.memoryTop, l.memory));
	else if (l.unknown)
		content.push(title(axis.left, l.callsTitle - 24, "memory_unknown"));
	content.push(title(axis.left, l.callsTitle, "calls_title"), ...drawLosses(axis, l.states, l.height - 22));
	return content;
}

function drawTimeline() {
	const picture = byId("timeline");
	const width = picture.parentElement.clientWidth;
	if (!app.chosen || !width)
		return;
	layout = parts(new Axis(width));
	picture.setAttribute("viewBox", `0 0 ${width} ${layout.height}`);
	picture.setAttribute("height", layout.height);
	const heading = word(app.chosen.fact.connect_error ? "time_axis_failed" : "time_axis");
	picture.setAttribute("aria-label", heading);
	document.querySelector("#time-part h2").textContent = heading;
	for (const id of ["all-bytes", "kernel-bytes"])
		byId(id).hidden = carriesNothing();
	picture.replaceChildren(...drawAll(layout), svg("g", { class: "overlay", id: "crosshair" }), svg("g", { class: "overlay", id: "playhead" }));
	drawPlayhead();
	drawLegend();
}

function drawPlayhead() {
	const group = byId("playhead");
	if (!group || !layout)
		return;
	const x = layout.axis.x(app.now);
	const visible = app.now >= app.from && app.now <= app.to;
	group.replaceChildren(...(visible ? [
		line(x, 18, x, layout.height - 18, "playhead"),
		svg("path", { d: `M${x - 6} 12h12l-6 8z`, class: "fill-accent" }),
	] : []));
	const last = app.chosen.moments.filter((moment) => moment.t_ns <= app.now).pop();
	byId("timeline-text").textContent = word("time_text", instant(app.from), instant(app.to), instant(app.now),
		last ? told(last, "title") : "");
}

export function timelineLayout() {
	return layout;
}

function drawLegend() {
	const flow = flowShown();
	const shown = placesShown();
	byId("legend").replaceChildren(...knownPlaces(flow).filter((place) => shown.includes(place)).reverse().map((place) =>
		html("li", {}, svg("svg", { class: "swatch", viewBox: "0 0 14 14", "aria-hidden": "true" },
			svg("rect", { width: 14, height: 14, rx: 3, class: "fill-paper line" }),
			svg("rect", { width: 14, height: 14, rx: 3, class: "fill-" + placeLook(place, flow) })), placeName(place, flow))));
}

/* Shows [from, to], kept within the run and not below 200 ns. */
export function showRange(from, to) {
	const { first, last } = app.chosen;
	const span = Math.min(Math.max(to - from, 200), last - first);
	app.from = Math.min(Math.max(from, first), last - span);
	app.to = app.from + span;
	changed("range");
}

export function zoom(factor, around) {
	const middle = around ?? (app.now >= app.from && app.now <= app.to ? app.now : (app.from + app.to) / 2);
	showRange(middle - (middle - app.from) * factor, middle + (app.to - middle) * factor);
}

export function showAll() {
	showRange(app.chosen.first, app.chosen.last);
}

function preset(words, from, to) {
	return html("button", { onclick: () => showRange(from, to) }, words);
}

/* Stretches of the run that a teacher shows; only those that this run has. */
function drawPresets() {
	const { fact, detail, moments } = app.chosen;
	const buttons = [html("button", { onclick: showAll }, word("whole"))];
	const at = (kind) => moments.find((moment) => moment.moment === kind)?.t_ns;
	const call = detail[app.sender ? "to_client" : "to_server"].call ?? "send";
	const up = fact.server_established_ns ?? fact.client_established_ns ?? at("connect-failed");
	if (fact.syn_ns !== null && up !== undefined && up !== null)
		buttons.push(around("preset_handshake", fact.t_ns, up));
	if (at("send") !== undefined)
		buttons.push(preset(word("preset_send", call), at("send") - 1e5, at("send") + 2e6));
	const back = flowShown().summary.at_return;
	if (back)
		buttons.push(preset(word("preset_return", call), back.t_ns - 2e6, back.t_ns + 2e6));
	if (at("close") !== undefined)
		buttons.push(around("preset_close", Math.max(at("close"), at("fin-received") ?? 0), fact.last_ns));
	byId("presets").replaceChildren(...buttons);
}

function around(key, from, to) {
	const pad = Math.max(0.15 * (to - from), 5000);
	return preset(word(key), from - pad, to + pad);
}

export function setKernelOnly(only) {
	app.kernelOnly = only;
	byId("all-bytes").setAttribute("aria-pressed", String(!only));
	byId("kernel-bytes").setAttribute("aria-pressed", String(only));
	changed("range");
}

export function visibleSpan() {
	return duration(app.to - app.from);
}

export function startTimeline() {
	on("connection direction language mode size range", drawTimeline);
	on("connection direction language", drawPresets);
	on("now", drawPlayhead);
	byId("zoom-in").addEventListener("click", () => zoom(0.5));
	byId("zoom-out").addEventListener("click", () => zoom(2));
	byId("all-bytes").addEventListener("click", () => setKernelOnly(false));
	byId("kernel-bytes").addEventListener("click", () => setKernelOnly(true));
}
