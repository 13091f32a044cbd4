/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* In class mode, beside the player: which connection and which direction, where there is a choice. */

import { app, on } from "./app.js";
import { setSender } from "./direction.js";
import { byId, html } from "./dom.js";
import { word } from "./language.js";
import { choices, show } from "./list.js";

function menu(key, chosen, options, take) {
	const select = html("select", { "aria-label": word(key), onchange: () => take(Number(select.value)) },
		...options.map(({ id, words }) => html("option", { value: id, selected: id === chosen }, words)));
	return select;
}

function drawClassTools() {
	const tools = [];
	if (app.classMode && app.facts.connection.length > 1)
		tools.push(menu("connections", app.chosen.id, choices(), show));
	if (app.classMode && app.chosen.flows.every((flow) => flow.any))
		tools.push(menu("direction", app.sender, [{ id: 0, words: word("to_server") }, { id: 1, words: word("to_client") }], setSender));
	byId("class-tools").replaceChildren(...tools);
}

export function startClassTools() {
	on("connection direction language mode", drawClassTools);
}
