/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The ladder: two lifelines, segments between them with their real sequence
 * numbers, states and calls beside them. Rows have equal heights, not equal
 * times. Groups of data segments open.
 */

import { app, ENDS, on } from "./app.js";
import { byId, html, line, rect, round, svg, text } from "./dom.js";
import { count, duration, offset } from "./format.js";
import { groupSegments, ladderFromColumns } from "./group.js";
import { word } from "./language.js";
import { rowWords } from "./ladder_words.js";
import { seek } from "./player.js";

const PASS_NS = 10e6; /* a longer silence gets a row that says so */
const HEAD = 62;
const HEIGHTS = { segment: 46, data: 44, pass: 30, left_out: 30, note: 28, icmp: 30 };
const opened = new Set();
let drawn = [];

function endOf(row) {
	return Math.max(row.t, row.until ?? row.t);
}

/* What is not shown behind a row: rows left out, calls without rows, or nothing at all but time. */
function gapBehind(row, index, next) {
	const { dropped, dropped_at } = app.chosen.detail;
	const t = endOf(row);
	const ns = Math.max(0, (next?.t ?? t) - t);
	if (dropped && index === dropped_at)
		return [{ kind: "left_out", t, ns, rows: dropped }];
	return next && ns >= PASS_NS ? [{ kind: "pass", t, ns, calls: row.calls }] : [];
}

/* ICMP is no segment of either end: it stands across, where it came. */
function withIcmp(rows) {
	const { icmp } = app.chosen.fact;
	if (!icmp)
		return rows;
	const at = rows.findIndex((row) => row.t > icmp.first_ns);
	const row = { kind: "icmp", t: icmp.first_ns, words: word(icmp.own ? "icmp_own" : "icmp_from", icmp.name, icmp.icmp_from) };
	return at < 0 ? [...rows, row] : rows.toSpliced(at, 0, row);
}

/* The model's rows, between them what is not shown, and what was opened. */
function rowsToDraw() {
	const ladder = withIcmp(app.chosen.detail.ladder ?? ladderFromColumns());
	return ladder.flatMap((row, index) => [{ ...row, index },
		...(row.kind === "data" && opened.has(index) ? groupSegments(row) : []), ...gapBehind(row, index, ladder[index + 1])]);
}

function place(rows) {
	let y = HEAD;
	for (const row of rows) {
		row.y = y;
		row.height = HEIGHTS[row.kind] ?? 26;
		y += row.height;
	}
	for (const row of rows)
		if (row.kind === "segment")
			row.endY = arrivalY(rows, row);
	return y + 14;
}

/* A segment that is long on its way ends beside the rows of its arrival. */
function arrivalY(rows, row) {
	const start = row.y + 20;
	const later = row.arrived === undefined ? null : rows.find((one) => one.y > row.y && one.kind !== "pass" && one.t >= row.arrived);
	if (!later || row.arrived - row.t < 1e6)
		return start + 16;
	return Math.max(start + 16, later.y - 2);
}

class Geometry {
	constructor(width) {
		this.width = width;
		this.narrow = width < 620;
		this.time = this.narrow ? 4 : 24;
		this.lines = this.narrow ? [76, width - 14] : [width * 0.31, width * 0.69];
	}

	/* Beside a lifeline: outside, but on a narrow screen between the two. */
	outward(end) {
		return (end ? 1 : -1) * (this.narrow ? -1 : 1);
	}

	beside(end, width) {
		return this.lines[end] + (this.outward(end) > 0 ? 12 : -12 - width);
	}
}

function pill(g, row) {
	const width = row.state.length * (app.classMode ? 10.4 : 8.9) + 14;
	const x = g.beside(row.end, width);
	return [svg("rect", { x: round(x), y: row.y + 3, width: round(width), height: 20, rx: 10, class: "state-" + row.state }),
		text(x + width / 2, row.y + 17, "small strong middle on-dark", row.state)];
}

/* On the client's side stand the times too. */
function fitsOutside(g, end, words) {
	const letter = app.classMode ? 8.5 : 7.3;
	const room = end ? g.width - g.lines[1] - 12 : g.lines[0] - 12 - g.time - 11 * letter;
	return words.length * letter <= room;
}

function callRow(g, row) {
	const x = g.lines[row.end];
	const words = rowWords(row, g.narrow);
	const side = g.outward(row.end) * (g.narrow || fitsOutside(g, row.end, words) ? 1 : -1);
	const classes = "mono halo" + (row.kind === "enter" ? " strong" : "") + (row.error ? " bad" : "") + (side > 0 ? "" : " end");
	return [svg("circle", { cx: x, cy: row.y + 13, r: 4, class: "dot " + (row.kind === "enter" ? "fill-paper" : "fill-ink") }),
		text(x + 12 * side, row.y + 17, classes, words)];
}

function segmentRow(g, row) {
	const start = row.end === 0 ? 0 : 1;
	const from = g.lines[start] + (start ? -8 : 8);
	const to = g.lines[1 - start] + (start ? 8 : -8);
	const lost = row.arrived === undefined && row.peer;
	const y1 = row.y + 20;
	const thin = !(row.flags & 7) ? " thin" : "";
	const middle = (from + to) / 2;
	const tilt = (row.endY - y1) / 2;
	const turn = Math.abs(tilt) > 9 ? { transform: `rotate(${round(Math.atan2(2 * tilt, to - from) * 180 / Math.PI + (start ? 180 : 0))} ${round(middle)} ${round(y1 + tilt)})` } : {};
	const end = lost ? from + (to - from) * 0.82 : to;
	const endY = lost ? y1 + (row.endY - y1) * 0.82 : row.endY;
	const words = rowWords(row, g.narrow);
	return [line(from, y1, end, endY, "arrow" + thin + (lost ? " lost" : "") + (row.flags & 4 ? " reset" : "")), head(end, endY, start ? -1 : 1, lost, row.flags & 4),
		svg("g", turn, text(middle, y1 + tilt - 8, "middle halo" + (row.flags & 7 ? " strong" : ""), words),
			g.narrow ? null : text(middle, y1 + tilt + 19, "middle small muted halo", detailWords(row, lost)))];
}

function detailWords(row, lost) {
	const parts = [];
	if (row.flags & 2)
		parts.push(row.raw_seq === undefined ? null : "raw seq " + row.raw_seq, row.mss ? "mss " + row.mss : null, row.wscale === undefined ? null : "wscale " + row.wscale);
	if (row.arrived - row.t >= 1e6)
		parts.push(word("arrives", offset(row.arrived)));
	if (lost)
		parts.push(word("not_arrived"));
	return parts.filter(Boolean).join(" · ");
}

function head(x, y, direction, lost, reset) {
	if (lost)
		return svg("path", { d: `M${x - 5} ${y - 5}l10 10M${x + 5} ${y - 5}l-10 10`, class: "arrow" });
	return svg("path", { d: `M${round(x)} ${round(y)}l${-10 * direction} -5v10z`, class: reset ? "fill-bad" : "fill-ink" });
}

function groupRow(g, row) {
	const middle = (g.lines[0] + g.lines[1]) / 2;
	const open = opened.has(row.index);
	return [rect(g.lines[0] + 10, row.y + 3, g.lines[1] - g.lines[0] - 20, row.height - 6, "fill-panel", { rx: 6 }),
		text(middle, row.y + 19, "middle strong", rowWords(row, g.narrow)),
		text(middle, row.y + 35, "middle small muted noprint", (open ? "▾ " : "▸ ") + word(open ? "close_group" : "open_group"))];
}

/* A silence stands in the column of times: an arrow may be on its way across it. */
function passRow(g, row) {
	const y = row.y + row.height / 2;
	return [line(g.lines[0] - 10, y, g.lines[0] + 10, y, "pass"), line(g.lines[1] - 10, y, g.lines[1] + 10, y, "pass"),
		text(g.time, y + 4, "small muted", "⋮ " + (g.narrow ? duration(row.ns) : gapWords(row)))];
}

function gapWords(row) {
	const time = duration(row.ns);
	if (row.kind === "left_out")
		return word(row.rows === 1 ? "row_left_out" : "rows_left_out", count(row.rows), time);
	return row.calls ? word(row.calls === 1 ? "call_passes" : "calls_pass", count(row.calls), time) : word("passes", time);
}

function wideRow(g, row, words, bad) {
	const middle = (g.lines[0] + g.lines[1]) / 2;
	const y = row.y + row.height / 2;
	return [line(g.lines[0] - 20, y, g.lines[1] + 20, y, "pass"),
		text(middle, y + 4, "middle small halo" + (bad ? " bad strong" : " muted"), words)];
}

function content(g, row) {
	switch (row.kind) {
	case "state": return pill(g, row);
	case "segment": return segmentRow(g, row);
	case "data": return groupRow(g, row);
	case "enter": case "call": return callRow(g, row);
	case "pass": return passRow(g, row);
	case "left_out": return wideRow(g, row, "⋮ " + gapWords(row) + " ⋮");
	case "note": return wideRow(g, row, row.words);
	case "icmp": return wideRow(g, row, row.words, true);
	default: return wideRow(g, row, word("records_lost", count(row.lost)), true);
	}
}

function drawRow(g, row) {
	const timed = !["pass", "left_out", "note"].includes(row.kind);
	const y = row.y + (row.kind === "segment" ? 24 : row.kind === "data" ? 27 : 17);
	const group = svg("g", { class: "row", "data-kind": row.kind },
		svg("rect", { x: 0, y: row.y, width: g.width, height: row.height, class: "row-hit" }),
		timed ? text(g.time, y, "mono muted", g.narrow ? shortTime(row.t) : offset(row.t)) : null, content(g, row));
	if (row.kind === "data")
		makeButton(group, row);
	else if (timed)
		group.addEventListener("click", () => seek(row.t));
	return group;
}

function shortTime(t) {
	return offset(t).replace(/(\.\d)\d+ /, "$1 ").replace(" ", "");
}

function makeButton(group, row) {
	const toggle = () => {
		opened.has(row.index) ? opened.delete(row.index) : opened.add(row.index);
		drawLadder();
		byId("ladder").querySelector(`[data-group="${row.index}"]`)?.focus();
	};
	group.setAttribute("role", "button");
	group.setAttribute("tabindex", "0");
	group.setAttribute("aria-expanded", String(opened.has(row.index)));
	group.dataset.group = row.index;
	group.addEventListener("click", toggle);
	group.addEventListener("keydown", (event) => {
		if (event.key !== "Enter" && event.key !== " ")
			return;
		event.preventDefault();
		event.stopPropagation();
		toggle();
	});
}

/* The lifelines, coloured by the state that holds between the rows. */
function lifelines(g, rows, bottom) {
	const parts = [];
	for (const end of [0, 1]) {
		let state = "CLOSE";
		let top = HEAD - 8;
		const bar = (to) => svg("rect", { x: g.lines[end] - 3.5, y: top, width: 7, height: Math.max(0, to - top),
			class: app.chosen.ends[end].traced ? "state-" + state : "state-unknown" });
		for (const row of rows) {
			if (row.kind !== "state" || row.end !== end)
				continue;
			parts.push(bar(row.y + 13));
			top = row.y + 13;
			state = row.state;
		}
		parts.push(bar(bottom - 6));
	}
	return parts;
}

/* Over the part of the lifelines that is yet to come. */
function veil(g, height) {
	return svg("g", { id: "ladder-veil", "data-bottom": height }, g.lines.map((x) => rect(x - 5, 0, 10, 0, "veil")));
}

function drawVeil(top) {
	const cover = byId("ladder-veil");
	for (const bar of cover?.children ?? []) {
		bar.setAttribute("y", top ?? 0);
		bar.setAttribute("height", top === null ? 0 : Math.max(0, cover.dataset.bottom - top));
	}
}

function headings(g) {
	const names = app.chosen.ends.flatMap((end, index) => {
		const who = end.traced ? [end.comm, end.pid].filter(Boolean).join(" ") : word("not_traced");
		const x = g.lines[index];
		const anchor = !g.narrow ? "middle" : index ? "end" : "";
		const shift = g.narrow ? (index ? 10 : -20) : 0;
		return [text(x + shift, 20, anchor + " strong", word(ENDS[index]) + (g.narrow ? "" : " · " + who)),
			text(x + shift, 37, anchor + " mono muted", end.endpoint ?? word("unknown"))];
	});
	return svg("g", { id: "ladder-heads" }, rect(0, 0, g.width, HEAD - 16, "fill-paper"), names, line(0, HEAD - 16, g.width, HEAD - 16, "grid"));
}

function drawLadder() {
	const picture = byId("ladder");
	const width = byId("ladder-box").clientWidth;
	if (!app.chosen || !width)
		return;
	drawn = rowsToDraw();
	if (!drawn.length) {
		picture.setAttribute("viewBox", `0 0 ${width} 70`);
		picture.setAttribute("height", 70);
		picture.replaceChildren(text(width / 2, 40, "middle muted", word("no_ladder")));
		return;
	}
	const g = new Geometry(width);
	const height = place(drawn);
	const groups = drawn.map((row) => drawRow(g, row));
	drawn.forEach((row, i) => { row.group = groups[i]; });
	picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
	picture.setAttribute("height", height);
	picture.replaceChildren(...lifelines(g, drawn, height), veil(g, height), ...groups, headings(g));
	keepHeads();
	markCurrent();
}

/* From one cut to the next, with the names of the ends on top. */
function piece(from, to) {
	const copy = byId("ladder").cloneNode(true);
	const top = from ? from - HEAD : 0;
	const heads = copy.querySelector("#ladder-heads");
	copy.setAttribute("viewBox", `0 ${top} ${copy.viewBox.baseVal.width} ${to - top}`);
	heads.setAttribute("transform", `translate(0 ${top})`);
	if (from)
		heads.firstChild.setAttribute("height", HEAD);
	copy.querySelector("#ladder-veil").remove();
	for (const one of [copy, ...copy.querySelectorAll("[id], [tabindex]")])
		["id", "tabindex"].forEach((name) => one.removeAttribute(name));
	return copy;
}

/* The ladder in pieces whose height is at most ratio times their width. */
export function ladderPieces(ratio) {
	const { width, height } = byId("ladder").viewBox.baseVal;
	const most = width * ratio - HEAD;
	const cuts = [0];
	for (const row of drawn)
		if (row.y + row.height - cuts[cuts.length - 1] > most)
			cuts.push(row.y);
	return drawn.length ? cuts.map((from, i) => piece(from, cuts[i + 1] ?? height)) : [];
}

/* The names of the two ends stay in sight while the rows scroll below them. */
function keepHeads() {
	byId("ladder-heads")?.setAttribute("transform", `translate(0 ${Math.round(byId("ladder-box").scrollTop)})`);
}

/* The row of the playhead; while a class watches, what is yet to come stays pale. */
function markCurrent() {
	let current = null;
	const growing = app.classMode || app.playing;
	for (const row of drawn) {
		if (row.t <= app.now && !["pass", "note"].includes(row.kind))
			current = row;
		row.group?.classList.toggle("future", growing && row.t > app.now);
		row.group?.classList.remove("current");
	}
	current?.group?.classList.add("current");
	drawVeil(growing ? (current ? current.y + current.height : HEAD - 8) : null);
	if (current && growing)
		scrollTo(current);
}

function scrollTo(row) {
	const box = byId("ladder-box");
	const top = row.y - box.clientHeight * 0.6;
	if (row.y < box.scrollTop + 30 || row.y + row.height > box.scrollTop + box.clientHeight - 30)
		box.scrollTop = Math.max(0, top);
}

function jump(key, passes) {
	const row = drawn.find(passes);
	return row ? html("button", { onclick: () => { byId("ladder-box").scrollTop = row.y - HEAD; } }, word(key)) : null;
}

function drawJumps() {
	byId("ladder-jumps").replaceChildren(...[
		jump("jump_handshake", (row) => row.kind === "segment" && row.flags & 2),
		jump("jump_data", (row) => (row.kind === "segment" && row.length > 0) || row.kind === "data"),
		jump("jump_close", (row) => row.kind === "segment" && row.flags & 1),
	].filter(Boolean));
}

function drawTable() {
	const head_ = html("thead", {}, html("tr", {}, ["time", "by", "what", "details"].map((key) =>
		html("th", { scope: "col", class: key === "time" ? null : "text" }, word(key)))));
	const rows = drawn.filter((row) => !["note"].includes(row.kind)).map((row) => html("tr", {},
		html("td", { class: "mono" }, offset(row.t)),
		html("td", { class: "text" }, row.end === undefined ? "" : word(ENDS[row.end])),
		html("td", { class: "text mono" }, row.state ?? tableWords(row)),
		html("td", { class: "text muted" }, row.kind === "segment" ? detailWords(row, row.arrived === undefined && row.peer) : "")));
	byId("ladder-table").replaceChildren(head_, html("tbody", {}, rows));
}

function tableWords(row) {
	if (row.kind === "pass" || row.kind === "left_out")
		return gapWords(row);
	if (row.kind === "icmp")
		return row.words;
	return row.kind === "lost" ? word("records_lost", count(row.lost)) : rowWords(row);
}

function redraw() {
	drawLadder();
	drawJumps();
	drawTable();
	const box = byId("ladder-box");
	const room = window.innerHeight - byId("player").offsetHeight - 22;
	box.style.height = app.classMode && app.ladderMode ? room + "px" : "";
}

export function startLadder() {
	on("connection", () => { opened.clear(); byId("ladder-box").scrollTop = 0; });
	on("connection language size mode", redraw);
	on("now", markCurrent);
	byId("ladder-box").addEventListener("scroll", keepHeads, { passive: true });
}
