/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Mouse and finger on the time axis: zoom, move, playhead, and the values under the pointer. */

import { app, ENDS } from "./app.js";
import { callAt, sleepAt, stateAt } from "./chosen.js";
import { byId, html, line, rect } from "./dom.js";
import { bytes, count, duration, instant } from "./format.js";
import { word } from "./language.js";
import { callTime, callWords } from "./lanes.js";
import { bytesIn, flowShown, knownPlaces, placeName } from "./places.js";
import { seek } from "./player.js";
import { rowAt } from "./sample.js";
import { showAll, showRange, timelineLayout, zoom } from "./timeline.js";
import { PEER_WINDOW, readerOf, sleepName } from "./waits.js";

let drag = null;

function position(event) {
	return event.clientX - byId("timeline").getBoundingClientRect().left;
}

function values(time) {
	const flow = flowShown();
	const row = rowAt(flow.series, time);
	const rows = knownPlaces(flow).reverse().map((place) => [placeName(place, flow), count(bytesIn(place, flow.series, row))]);
	if (row >= 0 && flow.series.sndbuf[row])
		rows.push(["sk_wmem_queued", bytes(flow.series.wmem[row]) + " / " + bytes(flow.series.sndbuf[row])]);
	for (const index of [0, 1]) {
		const state = stateAt(index, time);
		const call = callAt(index, time);
		rows.push([word(ENDS[index]), state?.state ?? word(app.chosen.ends[index].traced ? "unknown" : "not_traced")]);
		if (call)
			rows.push(["", callWords(call.spans, call.row) + (call.spans.inside[call.row] ? " " + callTime(call.spans, call.row) : "")]);
	}
	const sleep = sleepAt(flow, time);
	if (sleep >= 0)
		rows.push(["", word("sleep", sleepName(flow.sleeps.cause[sleep])) + " " + duration(flow.sleeps.inside[sleep])]);
	if (sleep >= 0 && flow.sleeps.cause[sleep] === PEER_WINDOW)
		rows.push(["", readerOf(app.sender)]);
	return rows;
}

function showTip(event, time) {
	const tip = byId("tip");
	tip.replaceChildren(html("strong", {}, instant(time)),
		html("table", {}, values(time).map(([name, value]) => html("tr", {}, html("td", {}, name), html("td", { class: "mono" }, value)))));
	tip.hidden = false;
	const left = event.clientX + 18 + tip.offsetWidth > window.innerWidth ? event.clientX - 18 - tip.offsetWidth : event.clientX + 18;
	tip.style.left = Math.max(4, left) + "px";
	tip.style.top = Math.max(4, Math.min(event.clientY - 20, window.innerHeight - tip.offsetHeight - 8)) + "px";
}

function hide() {
	byId("tip").hidden = true;
	byId("crosshair")?.replaceChildren();
}

function hover(event) {
	const l = timelineLayout();
	const x = position(event);
	if (!l || x < l.axis.left || x > l.axis.right) {
		hide();
		return;
	}
	byId("crosshair").replaceChildren(line(x, 18, x, l.height - 18, "crosshair"));
	showTip(event, l.axis.time(x));
}

function press(event) {
	const l = timelineLayout();
	if (event.button || !l)
		return;
	drag = { x: position(event), from: app.from, to: app.to, move: event.shiftKey, moved: false };
	byId("timeline").setPointerCapture(event.pointerId);
}

function move(event) {
	if (!drag) {
		if (event.pointerType === "mouse")
			hover(event);
		return;
	}
	const { axis, height } = timelineLayout();
	const x = position(event);
	drag.moved ||= Math.abs(x - drag.x) > 4;
	if (!drag.moved)
		return;
	hide();
	if (drag.move) {
		const shift = (drag.x - x) / axis.width * (drag.to - drag.from);
		showRange(drag.from + shift, drag.to + shift);
	} else {
		const [left, right] = [drag.x, x].map((one) => axis.clamp(one)).sort((a, b) => a - b);
		byId("crosshair").replaceChildren(rect(left, 20, right - left, height - 40, "selection"));
	}
}

function release(event) {
	const done = drag;
	drag = null;
	if (!done || !timelineLayout())
		return;
	const { axis } = timelineLayout();
	const x = axis.clamp(position(event));
	if (!done.moved)
		seek(axis.time(x));
	else if (!done.move)
		showRange(axis.time(Math.min(axis.clamp(done.x), x)), axis.time(Math.max(axis.clamp(done.x), x)));
	hide();
}

function wheel(event) {
	if (!event.ctrlKey && !event.metaKey)
		return;
	event.preventDefault();
	zoom(event.deltaY > 0 ? 1.25 : 0.8, timelineLayout().axis.time(position(event)));
}

export function startPointer() {
	const picture = byId("timeline");
	picture.addEventListener("pointerdown", press);
	picture.addEventListener("pointermove", move);
	picture.addEventListener("pointerup", release);
	picture.addEventListener("pointercancel", () => { drag = null; hide(); });
	picture.addEventListener("pointerleave", () => { if (!drag) hide(); });
	picture.addEventListener("dblclick", showAll);
	picture.addEventListener("wheel", wheel, { passive: false });
}
