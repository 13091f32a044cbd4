/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One language at a time: the page's words, and which of the model's texts to take. */

import { app } from "./app.js";
import { byId, html } from "./dom.js";
import { GLOSSARY_EN, WORDS_EN } from "./words_en.js";
import { GLOSSARY_ZH, WORDS_ZH } from "./words_zh.js";

const WORDS = { en: WORDS_EN, zh: WORDS_ZH };
const GLOSSARIES = { en: GLOSSARY_EN, zh: GLOSSARY_ZH };

export function word(key, ...values) {
	const template = WORDS[app.lang][key] ?? WORDS.en[key] ?? key;
	return template.replace(/\{(\d)\}/g, (_, index) => values[index] ?? "");
}

/* The model's text of a fact: word "caption" takes caption_en or caption_zh. */
export function told(fact, name) {
	return fact[name + "_" + app.lang] ?? fact[name + "_en"] ?? "";
}

export function drawWords() {
	document.documentElement.lang = app.lang === "zh" ? "zh-CN" : "en";
	for (const element of document.querySelectorAll("[data-word]"))
		element.textContent = word(element.dataset.word);
	for (const element of document.querySelectorAll("[data-label]")) {
		element.setAttribute("aria-label", word(element.dataset.label));
		if (element.tagName === "BUTTON")
			element.title = word(element.dataset.label);
	}
	byId("language").textContent = app.lang === "zh" ? "English" : "中文";
	byId("language").lang = app.lang === "zh" ? "en" : "zh-CN";
	byId("glossary").replaceChildren(...GLOSSARIES[app.lang].map(([term, meaning]) =>
		html("div", {}, html("dt", {}, term), html("dd", {}, meaning))));
}
