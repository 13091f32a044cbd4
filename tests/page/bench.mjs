/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tests/page/run --bench: what a page of a million events costs. Prints, and
 * judges nothing: the machine may be busy.
 */
import { statSync } from "node:fs";
import { made, open, paged } from "./page.mjs";

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

async function zooms(page) {
	return page.evaluate(async () => {
		const frames = [];
		for (const key of "++++--+--0++0+0") {
			const start = performance.now();
			document.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
			await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
			frames.push(performance.now() - start);
		}
		return frames;
	});
}

for (const [kind, count] of [["bulk", 22000], ["bulk", 1000000], ["many", 1000]]) {
	const capture = made(kind, count);
	const start = performance.now();
	const path = paged(capture);
	const made_ms = performance.now() - start;
	const ready = [];
	let frames = [];
	for (let i = 0; i < 3; i++) {
		const page = await open(path, { width: 1440, height: 900 });
		ready.push(await page.evaluate(() => performance.getEntriesByName("ready")[0].startTime));
		frames = frames.concat(await zooms(page));
		await page.context().close();
	}
	console.log(`${kind} ${count}: ${(statSync(path).size / 1e6).toFixed(2)} MB, made in ${made_ms.toFixed(0)} ms (both passes), ` +
		`ready after ${median(ready).toFixed(0)} ms, zoom to frame ${median(frames).toFixed(0)} ms`);
}
process.exit(0);
