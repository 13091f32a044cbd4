/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The player: moments, captions, auto pace or a factor, and the slider that follows. */

import { app, changed, on } from "./app.js";
import { byId, html } from "./dom.js";
import { count, instant, sentence } from "./format.js";
import { told, word } from "./language.js";
import { Pace } from "./pace.js";
import { showRange } from "./timeline.js";

const FACTORS = [1, 10, 100, 1000, 10000, 100000];
const PLAY = "M4 2.5v11l9-5.5z";
const PAUSE = "M3 2.5h4v11H3zM9 2.5h4v11H9z";
const KEY_MOMENTS = ["sent", "connect-failed", "reset", "icmp", "send-failed", "read-failed", "bind-failed"];

let pace = null;
let startedAt = 0; /* clock and position when play began */
let startedFrom = 0;
let frame = 0;

function makePace() {
	const { first, last, moments } = app.chosen;
	pace = new Pace(first, last, moments, Number(byId("pace").value) || 0);
	drawMarks();
	follow();
}

function drawMarks() {
	byId("marks").replaceChildren(...app.chosen.moments.map((moment) => {
		const mark = html("i", { class: KEY_MOMENTS.includes(moment.moment) ? "key" : null });
		mark.style.left = pace.secondsAt(moment.t_ns) / pace.total * 100 + "%";
		return mark;
	}));
}

/* The last moment that has come; null before the first. */
function momentNow() {
	return app.chosen.moments.filter((moment) => moment.t_ns <= app.now).pop() ?? null;
}

function captionOf(moment) {
	return moment
		? [html("b", {}, sentence(told(moment, "title")) + (app.lang === "zh" ? "：" : ": ")), sentence(told(moment, "caption")) + " ",
			html("span", {}, instant(moment.t_ns))]
		: [word("before_all")];
}

/* As high as the longest caption, so that none is cut and nothing moves from one to the next. */
function reserve() {
	const caption = byId("caption");
	const copy = html("p", { class: "caption unseen-caption", "aria-hidden": "true" });
	caption.before(copy);
	const heights = app.chosen.moments.map((moment) => {
		copy.replaceChildren(...captionOf(moment));
		return copy.offsetHeight;
	});
	copy.remove();
	caption.style.minHeight = Math.max(0, ...heights) + "px";
	document.documentElement.style.setProperty("--player", byId("player").offsetHeight + "px");
}

function drawCaption() {
	const moment = momentNow();
	const words = captionOf(moment);
	const key = (moment ? moment.t_ns + moment.moment : "none") + app.lang + app.chosen.id;
	if (byId("caption").dataset.key === key)
		return;
	byId("caption").dataset.key = key;
	byId("caption").replaceChildren(...words);
}

function follow() {
	if (!app.chosen || !pace)
		return;
	const slider = byId("seek");
	slider.value = pace.secondsAt(app.now) / pace.total * 1000;
	slider.setAttribute("aria-valuetext", instant(app.now) + (momentNow() ? " " + told(momentNow(), "title") : ""));
	byId("now").textContent = instant(app.now);
	drawCaption();
}

/* A playhead outside the visible part takes the view along. */
function keepVisible() {
	const span = app.to - app.from;
	if (app.now >= app.from && app.now <= app.to)
		return;
	showRange(app.now - span * 0.25, app.now + span * 0.75);
}

export function seek(time) {
	app.untouched = false;
	app.now = Math.min(Math.max(time, app.chosen.first), app.chosen.last);
	if (app.playing)
		restart();
	keepVisible();
	changed("now");
}

function restart() {
	startedAt = performance.now();
	startedFrom = pace.secondsAt(app.now);
}

function tick(clock) {
	if (!app.playing)
		return;
	const seconds = startedFrom + Math.max(0, clock - startedAt) / 1000;
	app.now = pace.timeAt(seconds);
	keepVisible();
	if (seconds >= pace.total)
		setPlaying(false);
	else
		frame = requestAnimationFrame(tick);
	changed("now");
}

function setPlaying(playing) {
	app.playing = playing;
	cancelAnimationFrame(frame);
	byId("play-icon").setAttribute("d", playing ? PAUSE : PLAY);
	drawPlayWord();
	if (playing) {
		if (app.untouched || app.now >= app.chosen.last)
			app.now = app.chosen.first;
		app.untouched = false;
		restart();
		frame = requestAnimationFrame(tick);
	}
	changed("now");
}

function drawPlayWord() {
	const words = word(app.playing ? "pause" : "play");
	byId("play-word").textContent = words;
	byId("play").setAttribute("aria-label", words);
}

export function togglePlay() {
	setPlaying(!app.playing);
}

export function toMoment(direction) {
	const times = app.chosen.moments.map((moment) => moment.t_ns);
	const target = direction > 0 ? times.find((t) => t > app.now) : times.filter((t) => t < app.now).pop();
	if (target !== undefined)
		seek(target);
	else
		seek(direction > 0 ? app.chosen.last : app.chosen.first);
}

export function step(direction, wide) {
	seek(app.now + direction * (app.to - app.from) / (wide ? 10 : 100));
}

function drawPaces() {
	const chosen = byId("pace").value;
	byId("pace").replaceChildren(html("option", { value: "auto" }, word("pace_auto")),
		...FACTORS.map((factor) => html("option", { value: factor },
			factor === 1 ? word("pace_real") : word("pace_slower", count(factor)))));
	byId("pace").value = chosen || "auto";
}

export function startPlayer() {
	drawPaces();
	byId("play").addEventListener("click", togglePlay);
	byId("previous").addEventListener("click", () => toMoment(-1));
	byId("next").addEventListener("click", () => toMoment(1));
	byId("seek").addEventListener("input", () => seek(pace.timeAt(byId("seek").value / 1000 * pace.total)));
	byId("pace").addEventListener("change", () => { makePace(); restart(); });
	on("now", follow);
	on("connection language mode size", reserve);
	on("connection", () => { setPlaying(false); makePace(); });
	on("language", () => { drawPaces(); drawPlayWord(); follow(); });
}
