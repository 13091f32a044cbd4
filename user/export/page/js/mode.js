/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Class mode: tanks and axis, or the ladder, on one screen with a large caption. */

import { app, changed } from "./app.js";
import { byId } from "./dom.js";

function apply() {
	document.body.classList.toggle("class-mode", app.classMode);
	document.body.classList.toggle("ladder-mode", app.classMode && app.ladderMode);
	byId("class-mode").setAttribute("aria-pressed", String(app.classMode));
	byId("ladder-mode").setAttribute("aria-pressed", String(app.ladderMode));
	changed("mode");
}

export function setClassMode(on) {
	app.classMode = on;
	app.ladderMode = on && !app.chosen.flows.some((flow) => flow.any);
	apply();
	window.scrollTo(0, 0);
}

export function setLadderMode(on) {
	app.ladderMode = on && app.classMode;
	apply();
}

/* Outside class mode the ladder stands further down the page. */
export function toLadder() {
	if (app.classMode)
		setLadderMode(!app.ladderMode);
	else
		byId("ladder-part").scrollIntoView();
}
