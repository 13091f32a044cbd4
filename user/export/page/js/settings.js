/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Language and colours: as asked for, remembered where the browser lets us. */

import { app, changed } from "./app.js";
import { byId } from "./dom.js";
import { drawWords, word } from "./language.js";

function recall(name) {
	try {
		return localStorage.getItem("tcpwatch-" + name);
	} catch {
		return null;
	}
}

function keep(name, value) {
	try {
		localStorage.setItem("tcpwatch-" + name, value);
	} catch {
		return;
	}
}

function drawTheme() {
	const dark = document.documentElement.dataset.theme === "dark";
	byId("theme").textContent = word(dark ? "theme_light" : "theme_dark");
}

function setTheme(theme) {
	document.documentElement.dataset.theme = theme;
	drawTheme();
}

export function setLanguage(lang) {
	app.lang = lang;
	drawWords();
	drawTheme();
	changed("language");
}

export function startSettings() {
	const dark = matchMedia("(prefers-color-scheme: dark)");
	setTheme(recall("theme") ?? (dark.matches ? "dark" : "light"));
	dark.addEventListener("change", () => { if (!recall("theme")) setTheme(dark.matches ? "dark" : "light"); });
	byId("theme").addEventListener("click", () => {
		setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
		keep("theme", document.documentElement.dataset.theme);
	});
	byId("language").addEventListener("click", () => {
		setLanguage(app.lang === "zh" ? "en" : "zh");
		keep("lang", app.lang);
	});
	app.lang = recall("lang") === "zh" || recall("lang") === "en" ? recall("lang") : app.facts.words[0].lang;
}
