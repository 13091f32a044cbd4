/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The stacked places of bytes, one value for each pixel: at its right edge a
 * step function is exact. Losses are grey gaps, never bridged.
 */

import { app } from "./app.js";
import { line, rect, round, svg, text, textWidth } from "./dom.js";
import { bytes, count, niceStep, roundBytes } from "./format.js";
import { word } from "./language.js";
import { bytesIn, flowShown, KERNEL_PLACES, knownPlaces, placeLook, placeName } from "./places.js";
import { peak, rowAt, upTo } from "./sample.js";

export function placesShown() {
	const known = flowShown().any ? knownPlaces(flowShown()) : [];
	return app.kernelOnly ? known.filter((place) => KERNEL_PLACES.includes(place)) : known;
}

/* Heights of the stack at each pixel: edges[k][x] is the top of the k lowest places. */
function stack(axis, places) {
	const { series } = flowShown();
	const pixels = Math.ceil(axis.width);
	const edges = Array.from({ length: places.length + 1 }, () => new Float64Array(pixels));
	let row = rowAt(series, app.from);
	for (let x = 0; x < pixels; x++) {
		row += upTo(series.t.subarray(row + 1), axis.time(axis.left + x + 1));
		let sum = 0;
		places.forEach((place, k) => {
			sum += bytesIn(place, series, row);
			edges[k + 1][x] = sum;
		});
	}
	return edges;
}

/* Corner points only, so a long flat stretch costs nothing. */
function steps(values, y, left, from, to, step) {
	let path = "";
	let last = null;
	for (let x = from; x !== to + step; x += step) {
		const height = round(y(values[x]));
		if (height === last)
			continue;
		const at = round(left + x + (step < 0 ? 1 : 0));
		path += last === null ? `${at} ${height}` : `H${at}V${height}`;
		last = height;
	}
	return path;
}

function bandPath(lower, upper, y, left) {
	const last = upper.length - 1;
	return "M" + steps(upper, y, left, 0, last, 1) + `H${round(left + last + 1)}V${round(y(lower[last]))}` +
		"L" + steps(lower, y, left, last, 0, -1) + `H${round(left)}Z`;
}

function largest(edges) {
	let top = 0;
	for (const value of edges[edges.length - 1])
		top = Math.max(top, value);
	return top;
}

function verticalGrid(axis, y, top) {
	const step = niceStep(top / 5);
	const parts = [];
	for (let value = 0; value <= top; value += step) {
		parts.push(line(axis.left, y(value), axis.right, y(value), "grid"));
		parts.push(text(axis.left - 8, y(value) + 4, "end muted small", value ? roundBytes(value) : "0 B"));
	}
	return parts;
}

/* Where a band is high and wide enough for its own name. */
function placeLabel(lower, upper, y, left, words, taken) {
	const need = textWidth(words, 13) + 8;
	let best = null;
	let start = -1;
	for (let x = 0; x <= upper.length; x++) {
		const high = x < upper.length && y(lower[x]) - y(upper[x]) >= 22 && !(x >= taken[0] && x <= taken[1]);
		if (high && start < 0)
			start = x;
		if (!high && start >= 0) {
			if (x - start >= need && (!best || x - start > best.width))
				best = { start, width: x - start };
			start = -1;
		}
	}
	return best ? widestMiddle(best, need, lower, upper, y, left, words) : null;
}

/* In that stretch, where the name keeps the largest distance to both edges all along. */
function widestMiddle(best, need, lower, upper, y, left, words) {
	let found = null;
	for (let x = best.start; x + need <= best.start + best.width; x += 8) {
		let top = -Infinity;
		let bottom = Infinity;
		for (let k = x; k < x + need; k += 4) {
			top = Math.max(top, y(upper[k]));
			bottom = Math.min(bottom, y(lower[k]));
		}
		if (bottom - top >= 18 && (!found || bottom - top > found.room + 4))
			found = { room: bottom - top, x: x + need / 2, y: (top + bottom) / 2 + 4 };
	}
	return found ? text(left + found.x, found.y, "middle strong halo", words) : null;
}

/* The pixels where the mark below has its words. */
function markSpan(axis) {
	const back = flowShown().summary.at_return;
	if (!back || app.kernelOnly || back.t_ns < app.from || back.t_ns > app.to)
		return [-1, -1];
	const x = axis.x(back.t_ns) - axis.left;
	return axis.left + x < axis.right - 190 ? [x - 4, x + 170] : [x - 170, x + 4];
}

/* The lesson: what is not read when send() says that all is done. */
/* All that was handed over is the result of a call only when there was one. */
function returnWords(back) {
	const [end, way] = app.sender ? ["server", "to_client"] : ["client", "to_server"];
	const call = app.chosen.detail[way].call ?? "send";
	const trades = new Map(app.facts.words[0].calls);
	const sends = (app.chosen.fact[end].calls ?? []).filter((one) => trades.get(one.call) === "send");
	return sends.reduce((sum, one) => sum + one.count, 0) === 1 ? `${call}() = ${count(back.handed_over)}` : word("last_returned", call);
}

function returnMark(axis, y, bottom, top) {
	const flow = flowShown();
	const back = flow.summary.at_return;
	if (!back || app.kernelOnly || back.t_ns < app.from || back.t_ns > app.to)
		return [];
	const x = axis.x(back.t_ns);
	const done = flow.receiverSeen ? back.app_read : back.handed_over - back.unacked;
	const rest = back.handed_over - done;
	const parts = [line(x, top, x, bottom, "return")];
	const right = x < axis.right - 190;
	const words = returnWords(back);
	if (x > axis.left + textWidth(words, 13) + 20)
		parts.push(text(x - (right ? 6 : 18), bottom - 6, "end strong bad halo", words));
	else
		parts.push(text(x + 18, bottom - 6, "strong bad halo", words));
	if (rest && y(done) - y(back.handed_over) > 14)
		parts.push(...bracket(x, y(back.handed_over), y(done), right, bytes(rest),
			word(flow.receiverSeen ? "returned_unread" : "returned_unacked")));
	return parts;
}

function bracket(x, top, bottom, right, amount, words) {
	const side = right ? 1 : -1;
	const anchor = right ? "" : " end";
	const middle = Math.min(bottom - 8, Math.max(top + 16, (top + bottom) / 2 - 2));
	return [svg("path", { d: `M${round(x + 3 * side)} ${round(top)}h${7 * side}V${round(bottom)}h${-7 * side}`, class: "bracket" }),
		text(x + 17 * side, middle, "strong halo" + anchor, amount),
		text(x + 17 * side, middle + 15, "small halo" + anchor, words)];
}

export function drawBands(axis, top, height) {
	const flow = flowShown();
	const bottom = top + height;
	if (!flow.any || !flow.series.length)
		return [line(axis.left, bottom, axis.right, bottom, "line"),
			text(axis.left + axis.width / 2, top + height / 2, "middle muted", word("no_bytes"))];
	const places = placesShown();
	const edges = stack(axis, places);
	const most = Math.max(largest(edges), 1) * 1.04;
	const y = (value) => bottom - value / most * height;
	const parts = verticalGrid(axis, y, most);
	places.forEach((place, k) => parts.push(svg("path", {
		d: bandPath(edges[k], edges[k + 1], y, axis.left), class: "fill-" + placeLook(place, flow), "data-place": place,
	})));
	for (let k = 1; k < edges.length; k++)
		parts.push(svg("path", { d: "M" + steps(edges[k], y, axis.left, 0, edges[k].length - 1, 1) + `H${axis.right}`, class: "edge" }));
	const taken = markSpan(axis);
	places.forEach((place, k) => parts.push(placeLabel(edges[k], edges[k + 1], y, axis.left, placeName(place, flow), taken)));
	return parts.concat(returnMark(axis, y, bottom, top)).filter(Boolean);
}

/* sk_wmem_queued: the highest of each pixel, so that no peak is lost, against its limit. */
export function drawMemory(axis, top, height) {
	const { series } = flowShown();
	const bottom = top + height;
	if (!series.length)
		return [line(axis.left, bottom, axis.right, bottom, "line")];
	const pixels = Math.ceil(axis.width);
	const used = new Float64Array(pixels);
	const limits = new Float64Array(pixels);
	let row = rowAt(series, app.from);
	for (let x = 0; x < pixels; x++) {
		const next = row + upTo(series.t.subarray(row + 1), axis.time(axis.left + x + 1));
		used[x] = peak(series.wmem, Math.max(0, Math.min(row + 1, next)), next);
		limits[x] = next < 0 ? 0 : series.sndbuf[next];
		row = next;
	}
	const most = Math.max(peak(used, 0, pixels - 1), peak(limits, 0, pixels - 1), 1) * (axis.narrow ? 1.4 : 1.12);
	const y = (value) => bottom - value / most * height;
	const zero = new Float64Array(pixels);
	return [...verticalGrid(axis, y, most).filter((_, i) => i % 4 < 2),
		svg("path", { d: bandPath(zero, used, y, axis.left), class: "fill-unsent", "data-place": "wmem" }),
		...limitLine(limits, y, axis)];
}

function limitLine(limits, y, axis) {
	const first = limits.findIndex((limit) => limit > 0);
	if (first < 0)
		return [];
	const last = limits.length - 1;
	return [svg("path", { d: "M" + steps(limits, y, axis.left, first, last, 1) + `H${axis.right}`, class: "limit" }),
		text(axis.right - 6, y(limits[last]) - 6, "end small bad strong halo", word("limit", bytes(limits[last])))];
}

export function drawLosses(axis, top, bottom) {
	const parts = [];
	for (const loss of app.facts.loss ?? []) {
		if (loss.last_ns < app.from || loss.t_ns > app.to)
			continue;
		const from = axis.clamp(axis.x(loss.t_ns));
		const width = Math.max(2, axis.clamp(axis.x(loss.last_ns)) - from);
		const words = word("lost_here", count(loss.records));
		const bar = rect(from, top, width, bottom - top, "fill-gap", { "data-loss": loss.records });
		bar.append(svg("title", {}, words));
		parts.push(bar, width > textWidth(words, 12) ? text(from + width / 2, top + 16, "middle small strong halo", words) : null);
	}
	return parts.filter(Boolean);
}
