/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Five tanks from one program to the other, filled as the bytes are at the
 * playhead. One scale for all; when the kernels hold little, their three are
 * drawn larger and the picture says how much.
 */

import { app, ENDS, on } from "./app.js";
import { callAt, callName, sleepAt, stateAt } from "./chosen.js";
import { byId, line, rect, svg, text } from "./dom.js";
import { bytes, count, instant } from "./format.js";
import { word } from "./language.js";
import { bytesIn, flowShown, placeLook, PLACES, rowNow } from "./places.js";

const NARROW = 700;
const WAY = [...PLACES].reverse();

function tankName(place, flow) {
	return place === "queue" && !flow.receiverSeen ? word("tank_acked") : word("tank_" + place);
}

function known(place, flow) {
	if (place === "read")
		return flow.receiverSeen;
	return flow.senderSeen || (place !== "unsent" && place !== "program");
}

/* What the program at an end is doing. */
function doing(index) {
	const end = app.chosen.ends[index];
	if (!end.traced)
		return { words: word("not_traced") };
	const call = callAt(index, app.now);
	if (call) {
		const name = callName(call.spans.call[call.row]);
		const asleep = index === app.sender && call.trade === "send" && sleepAt(flowShown(), app.now) >= 0;
		return { words: word(asleep ? "tank_sleeping" : "tank_inside", name), waits: true };
	}
	const state = stateAt(index, app.now);
	if (state?.state === "CLOSE")
		return { words: "" };
	const gone = state && /^(FIN_|LAST_|CLOSING|TIME_)/.test(state.state);
	return { words: word(gone ? "tank_closed" : "tank_running") };
}

function stateName(index) {
	const state = stateAt(index, app.now);
	return state && state.state !== "unknown" ? state.state : "";
}

function memory(place, series, row) {
	if (row < 0)
		return "";
	if (place === "unsent" && series.sndbuf[row])
		return word("memory_of", bytes(series.wmem[row]), bytes(series.sndbuf[row]));
	if (place === "queue" && series.rcvbuf[row])
		return word("memory_of", bytes(series.rmem[row]), bytes(series.rcvbuf[row]));
	return "";
}

/* What a send() still has in the program goes over to the kernel: a byte is counted in one place. */
function peaks(series, last) {
	let total = 0;
	let held = 0;
	for (let i = 0; i <= last; i++) {
		total = Math.max(total, series.handed[i] + series.in_program[i], series.sent[i], series.received[i]);
		held = Math.max(held, series.received[i] - series.read[i], series.sent[i] - series.received[i], series.handed[i] - series.sent[i]);
	}
	return { total, held };
}

/* A full tank holds all bytes of this direction; and how much larger the kernel's are drawn. */
function scales(flow) {
	const { series } = flow;
	const last = series.length - 1;
	if (last < 0)
		return { largest: 1, zoom: 1 };
	const { total, held } = flow.peaks ??= peaks(series, last);
	const ratio = total / Math.max(held, 1);
	const zoom = ratio > 8 ? 10 ** Math.floor(Math.log10(ratio)) : 1;
	return { largest: Math.max(total, 1), zoom };
}

function describe(flow, row) {
	return WAY.map((place) => tankName(place, flow) + " " +
		(known(place, flow) ? count(bytesIn(place, flow.series, row)) : word("unknown"))).join(", ");
}

function below(place) {
	const index = place === "program" ? app.sender : 1 - app.sender;
	const state = stateName(index);
	const what = place === "read" && !flowShown().receiverSeen ? { words: word("tank_not_read") } : doing(index);
	return { state, what, role: word(ENDS[index]) };
}

function drawWide(width, height, flow, row) {
	const { largest, zoom } = scales(flow);
	const pad = 26;
	const gap = Math.max(44, width * 0.045);
	const tank = (width - 2 * pad - 4 * gap) / 5;
	const top = 62;
	const depth = height - top - 74;
	const x = (i) => pad + i * (tank + gap);
	const first = x(1) - gap / 2;
	const last = x(4) - gap / 2;
	const parts = [
		rect(first, 6, last - first, height - 12, "fill-panel", { rx: 8 }),
		line(first, 6, first, height - 6, "border"), line(last, 6, last, height - 6, "border"),
		text(x(0) + tank / 2, 24, "muted middle small strong", word("user_space")),
		text((first + last) / 2, 24, "muted middle small strong",
			word("kernel") + (zoom > 1 ? " · " + word("tank_scale", count(zoom)) : "")),
		text(x(4) + tank / 2, 24, "muted middle small strong", word("user_space")),
	];
	WAY.forEach((place, i) => parts.push(...oneTank(place, x(i), top, tank, depth, { flow, row, largest, zoom })));
	for (let i = 0; i < 4; i++)
		parts.push(...pipe(x(i) + tank, x(i + 1), top + depth / 2, i, flow, row));
	return parts;
}

function sendName() {
	return (app.chosen.detail[app.sender ? "to_client" : "to_server"].call ?? "send") + "()";
}

/* The call that the receiver used most. */
function receiveName() {
	const trades = new Map(app.facts.words[0].calls);
	const calls = (app.chosen.fact[ENDS[1 - app.sender]].calls ?? []).filter((call) => trades.get(call.call) === "receive");
	calls.sort((a, b) => b.count - a.count);
	return (calls[0]?.call ?? "recv") + "()";
}

function pipe(from, to, y, i, flow, row) {
	const name = i === 0 ? sendName() : i === 3 ? receiveName() : "";
	const next = bytesIn(WAY[i], flow.series, row) > 0 && app.playing;
	return [
		svg("path", { d: `M${from + 7} ${y}H${to - 9}`, class: "flow" + (next ? " moving" : ""), "stroke-dasharray": next ? "8 6" : null }),
		svg("path", { d: `M${to - 15} ${y - 6}L${to - 8} ${y}L${to - 15} ${y + 6}`, class: "flow" }),
		name ? text((from + to) / 2, y - 14, "mono middle strong halo", name) : null,
	].filter(Boolean);
}

function oneTank(place, x, y, width, depth, { flow, row, largest, zoom }) {
	const middle = x + width / 2;
	const amount = bytesIn(place, flow.series, row);
	const inKernel = place !== "program" && place !== "read";
	const share = Math.min(1, amount * (inKernel ? zoom : 1) / largest);
	const level = share > 0 ? Math.max(2, share * (depth - 4)) : 0;
	const parts = [text(middle, y - 10, "middle strong", tankName(place, flow)),
		rect(x, y, width, depth, "fill-paper line", { rx: 6 })];
	if (known(place, flow))
		parts.push(rect(x + 2, y + depth - 2 - level, width - 4, level, "fill-" + placeLook(place, flow), { rx: 4 }));
	else
		parts.push(rect(x + 2, y + 2, width - 4, depth - 4, "fill-gap", { rx: 4 }));
	parts.push(text(middle, y + depth + 22, "middle strong big", known(place, flow) ? count(amount) : word("unknown")));
	if (inKernel) {
		parts.push(text(middle, y + depth + 40, "middle muted small", memory(place, flow.series, row)));
	} else {
		const { state, what, role } = below(place);
		parts.push(text(middle, y + depth + 40, "middle muted small", state ? role + " · " + state : role));
		parts.push(text(middle, y + depth + 58, "middle small" + (what.waits ? " bad strong" : ""), what.words));
	}
	return parts;
}

function drawNarrow(width, flow, row) {
	const { largest, zoom } = scales(flow);
	const left = 12;
	const full = width - 2 * left;
	const parts = [];
	WAY.forEach((place, i) => {
		const y = 10 + i * 62;
		const inKernel = place !== "program" && place !== "read";
		const amount = bytesIn(place, flow.series, row);
		const share = Math.min(1, amount * (inKernel ? zoom : 1) / largest);
		const under = inKernel ? { words: memory(place, flow.series, row) } : below(place).what;
		parts.push(inKernel ? rect(4, y - 4, width - 8, 62, "fill-panel") : null,
			text(left, y + 12, "strong", tankName(place, flow)),
			text(width - left, y + 12, "end strong mono", known(place, flow) ? count(amount) : word("unknown")),
			rect(left, y + 19, full, 16, "fill-paper line", { rx: 4 }),
			known(place, flow) ? rect(left + 1, y + 20, share * (full - 2), 14, "fill-" + placeLook(place, flow), { rx: 3 })
				: rect(left + 1, y + 20, full - 2, 14, "fill-gap", { rx: 3 }),
			text(left, y + 50, "small " + (under.waits ? "bad strong" : "muted"),
				(inKernel ? "" : below(place).state + " ") + under.words));
	});
	return parts.filter(Boolean);
}

function drawTanks() {
	byId("tanks-part").hidden = !app.chosen.flows.some((flow) => flow.any);
	const picture = byId("tanks");
	const width = picture.parentElement.clientWidth;
	if (!width)
		return;
	const flow = flowShown();
	const row = rowNow();
	const narrow = width < NARROW;
	const height = narrow ? 322 : app.classMode ? 204 : 248;
	picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
	picture.setAttribute("height", height);
	picture.replaceChildren(...(narrow ? drawNarrow(width, flow, row) : drawWide(width, height, flow, row)));
	byId("tanks-text").textContent = word("tanks_text", instant(app.now), describe(flow, row));
}

export function startTanks() {
	on("connection direction now language mode size", drawTanks);
}
