/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which direction of the connection is shown, when both carried data. */

import { app, changed, on } from "./app.js";
import { movedBy } from "./chosen.js";
import { byId, html } from "./dom.js";
import { count } from "./format.js";
import { word } from "./language.js";

function button(sender) {
	const flow = app.chosen.flows[sender];
	const words = word(sender ? "to_client" : "to_server") + " · " + count(movedBy(flow));
	return html("button", { "aria-pressed": String(app.sender === sender), onclick: () => setSender(sender) }, words);
}

export function setSender(sender) {
	app.sender = sender;
	changed("direction");
	byId(app.classMode ? "class-tools" : "direction").querySelector("[aria-pressed=true], select:last-child")?.focus();
}

function drawDirection() {
	const both = app.chosen && app.chosen.flows.every((flow) => flow.any);
	byId("direction").replaceChildren(...(both ? [0, 1].map(button) : []));
}

export function startDirection() {
	on("connection direction language", drawDirection);
}
