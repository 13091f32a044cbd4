/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* State lanes and call lanes of both ends, and the sleeps inside the calls. */

import { app, ENDS } from "./app.js";
import { CALL_FOUND, CALL_OPEN, CALL_UNFINISHED, callName, callTitle, errorName } from "./chosen.js";
import { rect, round, svg, text, textWidth } from "./dom.js";
import { count, duration, durationSeen, percent } from "./format.js";
import { word } from "./language.js";
import { sleepName } from "./waits.js";

const BARS_MOST = 300; /* more calls in view are shown as shares of time */
export const LANE_HEIGHT = 21;

export function laneLabel(index, axis, y) {
	return text(axis.left - 8, y + 15, "end strong small", word(ENDS[index]));
}

function titled(element, words) {
	element.append(svg("title", {}, words));
	return element;
}

function fits(words, width) {
	return textWidth(words, 12) + 12 <= width;
}

/* Of a state that the socket was found in it is the part that was seen. */
function stateTime(index, span) {
	const found = (app.chosen.detail[ENDS[index] + "_states"] ?? []).some((one) => one.found && one.state === span.state);
	return durationSeen(span.to - span.from, !(found && span.of === "end"));
}

export function drawStates(index, axis, y) {
	const parts = [];
	if (!app.chosen.ends[index].traced)
		parts.push(rect(axis.left, y, axis.width, LANE_HEIGHT, "fill-panel"), text(axis.left + 6, y + 15, "small muted", word("not_traced")));
	for (const span of app.chosen.lanes[index]) {
		const from = axis.clamp(axis.x(span.from));
		const to = axis.clamp(axis.x(span.to));
		if (span.to < app.from || span.from > app.to || span.state === "CLOSE")
			continue;
		const width = Math.max(1.5, to - from);
		const name = span.state ?? word("unknown");
		const long = name + " " + stateTime(index, span);
		parts.push(titled(rect(from, y, width, LANE_HEIGHT, "state-" + (span.state ?? "unknown"), { rx: Math.min(3, width / 3) }), long));
		if (fits(long, width))
			parts.push(text(from + 6, y + 15, "small strong on-dark", long));
		else if (fits(name, width))
			parts.push(text(from + 6, y + 15, "small strong on-dark", name));
	}
	return parts;
}

export function callWords(spans, row, short) {
	const name = callTitle(spans, row);
	const asked = spans.asked[row] && !short ? count(spans.asked[row]) : "";
	const code = spans.call[row];
	let end = "";
	if (code & (CALL_UNFINISHED | CALL_OPEN))
		end = " " + word("unfinished");
	else if (spans.result[row] < 0)
		end = " = " + errorName(-spans.result[row]);
	else
		end = " = " + count(spans.result[row]);
	return `${name}(${asked})${end}`;
}

/* Of a call that had begun before the trace it is the part that was seen. */
export function callTime(spans, row) {
	return durationSeen(spans.inside[row], !(spans.call[row] & CALL_FOUND));
}

function callEnd(spans, row) {
	return spans.call[row] & CALL_OPEN ? app.chosen.last : spans.t[row] + spans.inside[row];
}

function drawBars(cover, trade, axis, y) {
	const { spans } = cover;
	const [first, last] = cover.touching(app.from, app.to);
	const parts = [];
	for (let row = first; row < last; row++) {
		const from = axis.clamp(axis.x(spans.t[row]));
		const width = Math.max(1.5, axis.clamp(axis.x(callEnd(spans, row))) - from);
		const words = callWords(spans, row) + " " + callTime(spans, row);
		parts.push(titled(rect(from, y, width, LANE_HEIGHT - 4, "fill-" + trade, { rx: Math.min(3, width / 3) }), words));
		for (const one of [words, callWords(spans, row, true), callName(spans.call[row])])
			if (fits(one, width)) {
				parts.push(text(from + 6, y + 13, "small strong on-call", one));
				break;
			}
	}
	return parts;
}

/*
 * Each pixel as dark as the share of its time that went by inside calls. One
 * path for each of the eight shades, however often they change.
 */
function drawShares(cover, trade, axis, y) {
	const shades = new Array(9).fill("");
	const height = LANE_HEIGHT - 4;
	let start = axis.left;
	let level = 0;
	for (let x = Math.floor(axis.left); x <= axis.right; x++) {
		const share = x < axis.right ? cover.share(axis.time(x), axis.time(x + 1)) : 0;
		const next = share <= 0 ? 0 : Math.max(1, Math.round(share * 8));
		if (next !== level || x >= axis.right) {
			const width = round(x - start);
			shades[level] += `M${round(start)} ${round(y)}h${width}v${height}h${-width}z`;
			start = x;
			level = next;
		}
	}
	return shades.map((d, shade) => shade && d ?
		svg("path", { d, class: "fill-" + trade, "fill-opacity": 0.2 + shade / 10 }) : null)
		.filter((path) => path);
}

function describeShares(index, axis, y) {
	const byTrade = app.chosen.calls[index];
	const cover = ["send", "receive"].map((trade) => [trade, byTrade[trade]])
		.sort(([, a], [, b]) => b.countIn(app.from, app.to) - a.countIn(app.from, app.to))[0][1];
	if (cover.countIn(app.from, app.to) <= BARS_MOST)
		return [];
	const calls = cover.callsIn(app.from, app.to);
	const inside = cover.before(app.to) - cover.before(app.from);
	const words = word("share", count(calls), percent(inside, app.to - app.from));
	return fits(words, axis.width / 2) ? [text(axis.right - 8, y + 13, "small strong end halo", words)] : [];
}

export function drawCalls(index, axis, y) {
	const parts = [];
	for (const [trade, cover] of Object.entries(app.chosen.calls[index])) {
		const many = cover.countIn(app.from, app.to) > BARS_MOST;
		parts.push(...(many ? drawShares : drawBars)(cover, trade, axis, y));
	}
	if (index === app.sender)
		parts.push(...drawSleeps(axis, y));
	return parts.concat(describeShares(index, axis, y));
}

/* Parts that touch are one sleep: a bar, however short they are. */
function wholeSleeps(sleeps) {
	const whole = [];
	for (let i = 0; i < sleeps.length; i++) {
		const last = whole[whole.length - 1];
		const joins = last && last.end === sleeps.t[i];
		const sleep = joins ? last : { from: sleeps.t[i], causes: new Map() };
		sleep.end = sleeps.t[i] + sleeps.inside[i];
		sleep.causes.set(sleeps.cause[i], (sleep.causes.get(sleeps.cause[i]) ?? 0) + sleeps.inside[i]);
		if (!joins)
			whole.push(sleep);
	}
	return whole;
}

function sleepWords({ causes }) {
	return [...causes].sort((a, b) => b[1] - a[1]).map(([cause, ns]) => word("slept", duration(ns), sleepName(cause))).join("\n");
}

function drawSleeps(axis, y) {
	const parts = [];
	for (const sleep of wholeSleeps(app.chosen.flows[app.sender].sleeps)) {
		if (sleep.end < app.from || sleep.from > app.to)
			continue;
		const from = axis.clamp(axis.x(sleep.from));
		const width = axis.clamp(axis.x(sleep.end)) - from;
		if (width >= 2)
			parts.push(titled(rect(from + 0.5, y + LANE_HEIGHT - 3, width - 1, 6, "fill-muted", { rx: 2 }), sleepWords(sleep)));
	}
	return parts;
}
