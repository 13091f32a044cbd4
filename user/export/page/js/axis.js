/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The horizontal axis of time: which ns stand at which pixel, and its ticks. */

import { app } from "./app.js";
import { instant, niceStep } from "./format.js";
import { line, text } from "./dom.js";

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
		const ticks = [];
		for (let n = Math.ceil(app.from / step); n * step <= app.to; n++)
			ticks.push(n * step);
		return { step, ticks };
	}

	draw(top, bottom) {
		const { step, ticks } = this.ticks();
		const parts = [];
		for (const time of ticks) {
			const x = this.x(time);
			const name = tickName(time, step);
			parts.push(line(x, top + 18, x, bottom - 18, "grid"));
			if (x > this.left + 8 && x < this.right - 24)
				parts.push(text(x, top + 12, "muted small middle", name), text(x, bottom - 4, "muted small middle", name));
		}
		return parts;
	}
}

/* As many digits as the step needs, in the unit of the step. */
function tickName(time, step) {
	const [size, unit] = [[1e9, "s"], [1e6, "ms"], [1e3, "µs"], [1, "ns"]]
		.find(([ns]) => Math.max(Math.abs(app.from), Math.abs(app.to)) >= 2 * ns || ns === 1);
	const decimals = Math.max(0, -Math.floor(Math.log10(step / size) + 1e-9));
	if (decimals > 6)
		return instant(time);
	const value = (time / size).toFixed(Math.min(decimals, 9)).replace("-", "−");
	return value.replace(/^−(0(\.0+)?)$/, "$1") + " " + unit;
}
