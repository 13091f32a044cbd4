/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One letter for everything; never while somebody types. */

import { app } from "./app.js";
import { setClassMode, toLadder } from "./mode.js";
import { step, toMoment, togglePlay } from "./player.js";
import { showAll, zoom } from "./timeline.js";

const KEYS = {
	" ": togglePlay,
	n: () => toMoment(1),
	p: () => toMoment(-1),
	"+": () => zoom(0.5),
	"=": () => zoom(0.5),
	"-": () => zoom(2),
	"0": showAll,
	ArrowLeft: (event) => step(-1, event.shiftKey),
	ArrowRight: (event) => step(1, event.shiftKey),
	f: () => setClassMode(!app.classMode),
	l: toLadder,
	Escape: () => { if (app.classMode) setClassMode(false); },
};

function typing(event) {
	const { tagName, type } = event.target;
	if (tagName === "SELECT" || tagName === "TEXTAREA" || (tagName === "INPUT" && type !== "range"))
		return true;
	return [" ", "Enter"].includes(event.key) && ["BUTTON", "SUMMARY", "A"].includes(tagName);
}

function press(event) {
	const act = KEYS[event.key];
	if (!act || !app.chosen || event.ctrlKey || event.metaKey || event.altKey || typing(event))
		return;
	event.preventDefault();
	act(event);
}

export function startKeys() {
	document.addEventListener("keydown", press);
}
