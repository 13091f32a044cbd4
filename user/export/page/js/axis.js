/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The horizontal axis of time: which ns stand at which pixel, and its ticks. */

import { app } from "./app.js";
import { callName } from "./chosen.js";
import { line, text, textWidth } from "./dom.js";
import { niceStep } from "./format.js";
import { word } from "./language.js";

const DIGITS = 3; /* behind the point of a tick */

export class Axis {
	constructor(width) {
		this.narrow = width < 620;
		this.left = this.narrow ? 54 : 92;
		this.right = width - (this.narrow ? 8 : 16);
		this.width = this.right - this.left;
	}

	x(time) {
		return this.left + (time - app.from) / (app.to - app.from) * this.width;
	}

	time(x) {
		return app.from + (x - this.left) / this.width * (app.to - app.from);
	}

	clamp(x) {
		return Math.min(this.right, Math.max(this.left, x));
	}

	ticks() {
		const step = niceStep((app.to - app.from) / Math.max(2, this.width / 105));
		const zero = axisZero(step);
		const ticks = [];
		for (let n = Math.ceil((app.from - zero.at) / step); n * step + zero.at <= app.to; n++)
			ticks.push(n * step);
		return { step, ticks, zero };
	}

	draw(top, bottom) {
		const { step, ticks, zero } = this.ticks();
		const parts = [];
		const said = zero.name ? word("axis_zero", zero.name) : "";
		const taken = Math.max(this.left + 8, said ? textWidth(said, 12) + 40 : 0);
		if (said)
			parts.push(text(2, top + 12, "muted small", said), text(2, bottom - 4, "muted small", said));
		for (const offset of ticks) {
			const x = this.x(offset + zero.at);
			const name = tickName(offset, step, zero);
			parts.push(line(x, top + 18, x, bottom - 18, "grid"));
			if (x > taken && x < this.right - 24)
				parts.push(text(x, top + 12, "muted small middle", name), text(x, bottom - 4, "muted small middle", name));
		}
		return parts;
	}
}

const UNITS = [[1e9, "s"], [1e6, "ms"], [1e3, "µs"], [1, "ns"]];

/* The unit for times up to this, and the digits behind its point that a step needs. */
function unitFor(most, step) {
	const [size, unit] = UNITS.find(([ns]) => most >= 2 * ns || ns === 1);
	return { size, unit, decimals: Math.max(0, -Math.floor(Math.log10(step / size) + 1e-9)) };
}

function farthest(zero) {
	return Math.max(Math.abs(app.from - zero), Math.abs(app.to - zero));
}

/*
 * What the ticks count from: the capture's zero, but the connect() itself when no
 * SYN came of it, and a round time nearby where a tick would be all digits.
 */
function axisZero(step) {
	const connect = failedConnect();
	if (connect !== null && unitFor(farthest(connect), step).decimals <= DIGITS)
		return { at: connect, name: "connect()" };
	if (unitFor(farthest(0), step).decimals <= DIGITS)
		return { at: 0 };
	const round = 10 ** Math.ceil(Math.log10(app.to - app.from));
	const at = Math.floor(app.from / round) * round;
	const { size, unit, decimals } = unitFor(Math.abs(at), round);
	return { at, name: at ? minus((at / size).toFixed(decimals)) + " " + unit : null };
}

function failedConnect() {
	const { fact, calls } = app.chosen;
	const { spans } = calls[0].other;
	if (!fact.connect_error || fact.syn_ns !== null)
		return null;
	const row = Array.from(spans.call).findIndex((code) => callName(code) === "connect");
	return row < 0 ? null : spans.t[row];
}

function minus(digits) {
	return digits.replace("-", "−");
}

/* As many digits as the step needs, in the unit of the step. */
function tickName(time, step, zero) {
	const { size, unit, decimals } = unitFor(farthest(zero.at), step);
	const value = minus((time / size).toFixed(Math.min(decimals, 9)));
	return value.replace(/^−(0(\.0+)?)$/, "$1") + " " + unit;
}
