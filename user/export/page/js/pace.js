/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How fast a capture is played. Auto pace gives each interval between moments
 * the time that a class needs for it, so 40 µs and 8 s can both be watched.
 */

const LEAST_S = 1.3;
const KNEE_NS = 50000;

function watchSeconds(ns) {
	return ns <= 0 ? 0 : LEAST_S + Math.log10(1 + ns / KNEE_NS);
}

/* Two sorted lists: capture times, and the seconds of play at which they are reached. */
export class Pace {
	constructor(first, last, moments, factor) {
		const inside = moments.map((moment) => moment.t_ns).filter((t) => t > first && t < last);
		this.times = [first, ...new Set(inside), last];
		this.seconds = [0];
		for (let i = 1; i < this.times.length; i++) {
			const ns = this.times[i] - this.times[i - 1];
			const seconds = factor ? ns * factor / 1e9 : watchSeconds(ns);
			this.seconds.push(this.seconds[i - 1] + seconds);
		}
		this.total = this.seconds[this.seconds.length - 1];
	}

	timeAt(seconds) {
		return between(this.seconds, this.times, seconds);
	}

	secondsAt(time) {
		return between(this.times, this.seconds, time);
	}
}

function between(from, to, value) {
	const last = from.length - 1;
	if (value <= from[0])
		return to[0];
	if (value >= from[last])
		return to[last];
	let i = 1;
	while (from[i] < value)
		i++;
	const share = (value - from[i - 1]) / (from[i] - from[i - 1]);
	return to[i - 1] + share * (to[i] - to[i - 1]);
}
