/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Values of step functions at a time, and their peaks between two times. The
 * cost grows with the pixels that are asked for, not with the rows.
 */

const BLOCK = 256;
const peaks = new WeakMap();

/* How many of the sorted values are at most limit. */
export function upTo(values, limit) {
	let low = 0;
	let high = values.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if (values[middle] <= limit)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The row that holds at a time; -1 before the first. */
export function rowAt(series, time) {
	return upTo(series.t, time) - 1;
}

function blockPeaks(values) {
	let blocks = peaks.get(values);
	if (!blocks) {
		blocks = new Float64Array(Math.ceil(values.length / BLOCK));
		for (let i = 0; i < values.length; i++)
			blocks[i / BLOCK | 0] = Math.max(blocks[i / BLOCK | 0], values[i]);
		peaks.set(values, blocks);
	}
	return blocks;
}

/* The largest of values[from] to values[to], both counted in. */
export function peak(values, from, to) {
	let best = 0;
	const blocks = to - from > 2 * BLOCK ? blockPeaks(values) : null;
	for (let i = Math.max(0, from); i <= to; ) {
		if (blocks && i % BLOCK === 0 && i + BLOCK - 1 <= to) {
			best = Math.max(best, blocks[i / BLOCK]);
			i += BLOCK;
		} else {
			best = Math.max(best, values[i++]);
		}
	}
	return best;
}

/*
 * Spans with a beginning t and a length inside, sorted by their ends, hardly
 * overlapping: the share of [from, to) that they fill, at most 1.
 */
export class Coverage {
	constructor(spans) {
		this.spans = spans;
		this.ends = new Float64Array(spans.length);
		this.sums = new Float64Array(spans.length + 1);
		this.counts = new Float64Array(spans.length + 1);
		for (let i = 0; i < spans.length; i++) {
			this.ends[i] = spans.t[i] + spans.inside[i];
			this.counts[i + 1] = this.counts[i] + (spans.calls?.[i] ?? 1);
			this.sums[i + 1] = this.sums[i] + spans.inside[i];
		}
	}

	/* Time inside spans before a time. */
	before(time) {
		const over = upTo(this.ends, time);
		let sum = this.sums[over];
		if (over < this.spans.length)
			sum += Math.max(0, time - this.spans.t[over]);
		return sum;
	}

	share(from, to) {
		return Math.min(1, (this.before(to) - this.before(from)) / (to - from));
	}

	/* Indexes of the spans that touch [from, to]. */
	touching(from, to) {
		const first = upTo(this.ends, from);
		let last = first;
		while (last < this.spans.length && this.spans.t[last] <= to)
			last++;
		return [first, last];
	}

	/* An upper bound of how many begin between, without looking at each. */
	countIn(from, to) {
		return upTo(this.ends, to) - upTo(this.ends, from) + 1;
	}

	/* The same of the calls that these stand for. */
	callsIn(from, to) {
		const last = Math.min(upTo(this.ends, to) + 1, this.spans.length);
		return this.counts[last] - this.counts[upTo(this.ends, from)];
	}
}
