/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The data blocks of the page: base64, zlib, zig-zag varints. A table comes out
 * as typed arrays in which the rows of one series stand together.
 */

function fromBase64(text) {
	if (Uint8Array.fromBase64)
		return Uint8Array.fromBase64(text);
	const raw = atob(text);
	const bytes = new Uint8Array(raw.length);
	for (let i = 0; i < raw.length; i++)
		bytes[i] = raw.charCodeAt(i);
	return bytes;
}

async function inflate(text) {
	const packed = new Blob([fromBase64(text)]);
	const stream = packed.stream().pipeThrough(new DecompressionStream("deflate"));
	return new Uint8Array(await new Response(stream).arrayBuffer());
}

class Varints {
	constructor(bytes) {
		this.bytes = bytes;
		this.at = 0;
	}

	next() {
		const first = this.bytes[this.at++];
		const value = first < 128 ? first : this.rest(first & 127);
		return value % 2 ? -(value + 1) / 2 : value / 2;
	}

	/* Beyond 32 bits, so no bit operations. */
	rest(value) {
		for (let scale = 128; ; scale *= 128) {
			const byte = this.bytes[this.at++];
			value += (byte & 127) * scale;
			if (byte < 128)
				return value;
		}
	}
}

function readKeys(bytes, rows) {
	const differences = new Varints(bytes);
	const keys = new Uint32Array(rows);
	let last = 0;
	for (let row = 0; row < rows; row++)
		keys[row] = last += differences.next();
	return keys;
}

/* Where each series begins, and the place of each row when series stand together. */
function arrange(keys) {
	let highest = -1;
	for (const key of keys)
		highest = Math.max(highest, key);
	const starts = new Uint32Array(highest + 2);
	for (const key of keys)
		starts[key + 1]++;
	for (let key = 0; key <= highest; key++)
		starts[key + 1] += starts[key];
	const next = starts.slice();
	const places = new Uint32Array(keys.length);
	for (let row = 0; row < keys.length; row++)
		places[row] = next[keys[row]]++;
	return { starts, places };
}

function readColumn(bytes, keys, { starts, places }) {
	const differences = new Varints(bytes);
	const cells = new Float64Array(keys.length);
	const last = new Float64Array(starts.length);
	for (let row = 0; row < keys.length; row++)
		cells[places[row]] = last[keys[row]] += differences.next();
	return cells;
}

class Table {
	constructor(starts, columns) {
		this.starts = starts;
		this.columns = columns;
	}

	/* Views of one series: { length, t, ... }. */
	series(key) {
		const from = this.starts[key] ?? 0;
		const to = key + 1 < this.starts.length ? this.starts[key + 1] : from;
		const series = { length: to - from };
		for (const [name, cells] of Object.entries(this.columns))
			series[name] = cells.subarray(from, to);
		return series;
	}
}

function blocksOf(name) {
	return [...document.querySelectorAll("script[data-table=" + name + "]")];
}

export async function readTable(name) {
	const blocks = blocksOf(name);
	const packed = await Promise.all(blocks.map((block) => inflate(block.textContent)));
	const rows = Number(blocks[0].dataset.rows);
	const keys = readKeys(packed[0], rows);
	const arranged = arrange(keys);
	const columns = {};
	for (let i = 1; i < blocks.length; i++)
		columns[blocks[i].dataset.column] = readColumn(packed[i], keys, arranged);
	return new Table(arranged.starts, columns);
}

/* Lines of JSON, by their type: { capture: [...], connection: [...], ... }. */
export async function readFacts() {
	const text = new TextDecoder().decode(await inflate(blocksOf("facts")[0].textContent));
	const facts = {};
	for (const line of text.split("\n")) {
		if (!line)
			continue;
		const fact = JSON.parse(line);
		(facts[fact.type] ??= []).push(fact);
	}
	return facts;
}
