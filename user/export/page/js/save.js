/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Files out of the page: the drawn axis as SVG, the places of bytes as CSV. */

import { app, ENDS } from "./app.js";
import { byId, rect, round, svg } from "./dom.js";
import { seconds } from "./format.js";
import { patterns } from "./patterns.js";
import { visibleSpan } from "./timeline.js";

const STYLES = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "paint-order",
	"font-size", "font-weight", "font-family", "text-anchor", "opacity"];

function download(name, type, text) {
	const url = URL.createObjectURL(new Blob([text], { type }));
	const link = document.createElement("a");
	link.href = url;
	link.download = name;
	link.click();
	setTimeout(() => URL.revokeObjectURL(url), 10000);
}

/* Without the page's style sheet a picture needs its styles on each element. */
function inlineStyles(original, copy) {
	const style = getComputedStyle(original);
	for (const name of STYLES) {
		const value = style.getPropertyValue(name);
		if (value && value !== "none" || name === "fill" || name === "stroke")
			copy.setAttribute(name, value);
	}
	copy.removeAttribute("class");
	copy.removeAttribute("id");
	for (let i = 0; i < original.children.length; i++)
		inlineStyles(original.children[i], copy.children[i]);
}

function copyPatterns() {
	const holder = svg("svg", { class: "unseen" }, patterns());
	document.body.append(holder);
	const copy = holder.firstChild.cloneNode(true);
	for (let i = 0; i < copy.children.length; i++) {
		const id = copy.children[i].id;
		inlineStyles(holder.firstChild.children[i], copy.children[i]);
		copy.children[i].setAttribute("id", id);
	}
	holder.remove();
	return copy;
}

/* A computed url() names the page; in a file of its own it names the file. */
function localUrls(text) {
	return text.replace(/url\((&quot;|['"])?[^)#]*#([\w-]+)(&quot;|['"])?\)/g, "url(#$2)");
}

function pictureText(id) {
	const original = byId(id);
	const copy = original.cloneNode(true);
	inlineStyles(original, copy);
	for (const layer of copy.querySelectorAll(".row-hit"))
		layer.remove();
	const [, , width, height] = original.getAttribute("viewBox").split(" ");
	const plain = svg("svg", { viewBox: `0 0 ${width} ${height}`, width: round(Number(width)), height: round(Number(height)) });
	const paper = rect(0, 0, width, height, null, { fill: getComputedStyle(document.body).backgroundColor });
	plain.append(copyPatterns(), paper, ...copy.childNodes);
	return '<?xml version="1.0" encoding="UTF-8"?>\n' + localUrls(new XMLSerializer().serializeToString(plain));
}

export function saveSvg() {
	const id = app.classMode && app.ladderMode ? "ladder" : "timeline";
	download(`tcpwatch-${app.chosen.id}-${id}-${visibleSpan().replace(/[^\w.]+/g, "")}.svg`, "image/svg+xml", pictureText(id));
}

const CSV_COLUMNS = "t_s,t_ns,sender,handed_over,unsent,in_flight,peer_queue,app_read,in_program,wmem_queued,sndbuf";

function csvRow(flow, sender, i) {
	const { series } = flow;
	const seen = (known, value) => known ? value : "";
	return [seconds(series.t[i]), series.t[i], ENDS[sender], seen(flow.senderSeen, series.handed[i]),
		seen(flow.senderSeen, series.handed[i] - series.sent[i]), series.sent[i] - series.received[i],
		seen(flow.receiverSeen, series.received[i] - series.read[i]), seen(flow.receiverSeen, series.read[i]),
		seen(flow.senderSeen, series.in_program[i]), seen(series.sndbuf[i], series.wmem[i]), seen(series.sndbuf[i], series.sndbuf[i])].join(",");
}

function csvText() {
	const rows = app.chosen.flows.flatMap((flow, sender) => Array.from({ length: flow.series.length }, (_, i) => ({ t: flow.series.t[i], flow, sender, i })));
	rows.sort((a, b) => a.t - b.t);
	return CSV_COLUMNS + "\n" + rows.map(({ flow, sender, i }) => csvRow(flow, sender, i) + "\n").join("");
}

export function saveCsv() {
	download(`tcpwatch-${app.chosen.id}-bytes.csv`, "text/csv", csvText());
}
