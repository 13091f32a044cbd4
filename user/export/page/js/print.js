/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Paper can't be opened, scrolled or played: what is folded away is printed
 * too, class mode is left, and the ladder is cut between rows into pieces that
 * fit a page each.
 */

import { app, changed } from "./app.js";
import { byId, html } from "./dom.js";
import { ladderPieces } from "./ladder.js";
import { setClassMode, setLadderMode } from "./mode.js";

const PAGE_RATIO = 0.58; /* height by width of what a page of A4 on its side takes beside a heading */
let folded = [];
let mode = null;

function before() {
	mode = app.classMode ? { ladder: app.ladderMode } : null;
	if (mode)
		setClassMode(false);
	folded = [...document.querySelectorAll("details:not([open], [hidden])")];
	folded.forEach((part) => { part.open = true; });
	changed("size");
	if (app.chosen)
		byId("ladder-print").replaceChildren(...ladderPieces(PAGE_RATIO).map((piece) => html("div", { class: "figure" }, piece)));
}

function after() {
	folded.forEach((part) => { part.open = false; });
	byId("ladder-print").replaceChildren();
	if (mode) {
		setClassMode(true);
		setLadderMode(mode.ladder);
	}
	changed("size");
}

export function startPrint() {
	byId("print").addEventListener("click", () => window.print());
	window.addEventListener("beforeprint", before);
	window.addEventListener("afterprint", after);
}
