/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Hatches, so that a meaning never hangs on colour alone. */

import { svg } from "./dom.js";

function hatch(id, paper, stroke, size, slope) {
	const d = slope > 0 ? `M0 ${size}L${size} 0` : `M0 0L${size} ${size}`;
	return svg("pattern", { id, width: size, height: size, patternUnits: "userSpaceOnUse" },
		paper ? svg("rect", { width: size, height: size, class: paper }) : null,
		svg("path", { d, class: stroke, fill: "none" }));
}

export function patterns() {
	return svg("defs", {},
		hatch("hatch", "hatch-paper", "hatch-line", 7, 1),
		hatch("gap-hatch", "gap-paper", "gap-line", 8, -1),
		hatch("sleep-hatch", null, "sleep-line", 6, 1));
}

export function installPatterns() {
	const holder = svg("svg", { width: 0, height: 0, "aria-hidden": "true", class: "unseen" }, patterns());
	document.body.prepend(holder);
}
