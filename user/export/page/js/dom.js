/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Makes elements. Text goes in as text only: nothing here parses markup. */

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
	for (const [name, value] of Object.entries(attributes ?? {})) {
		if (value === undefined || value === null || value === false)
			continue;
		if (name.startsWith("on"))
			element.addEventListener(name.slice(2), value);
		else
			element.setAttribute(name, value === true ? "" : value);
	}
	element.append(...children.flat().filter((child) => child !== null && child !== undefined));
	return element;
}

export function html(name, attributes, ...children) {
	return fill(document.createElement(name), attributes, children);
}

export function svg(name, attributes, ...children) {
	return fill(document.createElementNS(SVG, name), attributes, children);
}

export function byId(id) {
	return document.getElementById(id);
}

export function text(x, y, classes, ...children) {
	return svg("text", { x: round(x), y: round(y), class: classes }, ...children);
}

export function rect(x, y, width, height, classes, more) {
	return svg("rect", {
		x: round(x), y: round(y), width: round(Math.max(0, width)),
		height: round(Math.max(0, height)), class: classes, ...more,
	});
}

export function line(x1, y1, x2, y2, classes) {
	return svg("line", { x1: round(x1), y1: round(y1), x2: round(x2), y2: round(y2), class: classes });
}

export function round(value) {
	return Math.round(value * 10) / 10;
}

/* Columns that text takes, in the units of a letter; ideographs take two. */
export function textWidth(string, size) {
	let units = 0;
	for (const letter of string)
		units += letter.codePointAt(0) > 0x2e7f ? 1.75 : 1;
	return units * size * 0.58;
}
