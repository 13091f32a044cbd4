/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Numbers and times for people, rounded as the terminal rounds them. Knows no locale. */

const DURATIONS = [
	[1000, 1, 0, " ns"],
	[999950, 100, 1, " µs"],
	[9999500, 1000, 3, " ms"],
	[99995000, 10000, 2, " ms"],
	[999950000, 100000, 1, " ms"],
	[9999500000, 1000000, 3, " s"],
	[99995000000, 10000000, 2, " s"],
	[Infinity, 100000000, 1, " s"],
];

const SIZES = [
	[1000, 1, 0, " B"],
	[999950, 100, 1, " kB"],
	[999995000, 10000, 2, " MB"],
	[999995000000, 10000000, 2, " GB"],
	[Infinity, 10000000000, 2, " TB"],
];

export function count(value) {
	return String(Math.round(value)).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

function scaled(value, scales) {
	const [, step, decimals, unit] = scales.find(([limit]) => value < limit);
	const steps = Math.floor((value + step / 2) / step);
	const power = 10 ** decimals;
	const whole = count(Math.floor(steps / power));
	const rest = decimals ? "." + String(steps % power).padStart(decimals, "0") : "";
	return whole + rest + unit;
}

export function duration(ns) {
	return scaled(Math.max(0, ns), DURATIONS);
}

/* Of what began before it was seen only a part is known: ">= 1.073 ms". */
export function durationSeen(ns, whole) {
	return (whole ? "" : ">= ") + duration(ns);
}

export function offset(ns) {
	return (ns < 0 ? "−" : "+") + duration(Math.abs(ns));
}

/* A point on the time axis: "7.805 s", "−200.1 ms". */
export function instant(ns) {
	return (ns < 0 ? "−" : "") + duration(Math.abs(ns));
}

export function bytes(value) {
	return scaled(Math.max(0, value), SIZES);
}

/* A round number of bytes on an axis: "5 MB", not "5.00 MB". */
export function roundBytes(value) {
	return bytes(value).replace(/\.0+(?= )|(\.\d*?[1-9])0+(?= )/, "$1");
}

export function percent(part, whole) {
	if (!whole)
		return "-";
	const rounded = Math.floor(part * 100 / whole);
	if (!rounded && part)
		return "<1 %";
	if (part < whole && part * 100 > whole * 99)
		return ">99 %";
	return rounded + " %";
}

/* Seconds with nine decimals, exact: for CSV. */
export function seconds(ns) {
	const size = Math.abs(ns);
	const rest = String(size % 1e9).padStart(9, "0");
	return (ns < 0 ? "-" : "") + Math.floor(size / 1e9) + "." + rest;
}

/* The model writes ASCII; on a page there is room for the real letter. */
export function sentence(text) {
	return text.replace(/(\d) us\b/g, "$1 µs");
}

/* A step of 1, 2 or 5 times a power of ten, at least as wide as least. */
export function niceStep(least) {
	const power = 10 ** Math.floor(Math.log10(least));
	return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least * 0.999999);
}
