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

const INTEGER_BITS = 28;

/* The rest of a varint that bit operations would not hold; byte is its last one read. */
function readLarge(bytes, at, value, byte) {
	for (let scale = 2 ** INTEGER_BITS; byte > 127; scale *= 128) {
		byte = bytes[at++];
		value += (byte & 127) * scale;
	}
	return [at, value % 2 ? -(value + 1) / 2 : value / 2];
}

/* Zig-zag varints, nearly all of them a few bytes long. */
function differences(bytes, rows) {
	const values = new Float64Array(rows);
	let at = 0;
	for (let row = 0; row < rows; row++) {
		let byte = bytes[at++];
		let value = byte & 127;
		for (let bit = 7; byte > 127 && bit < INTEGER_BITS; bit += 7) {
			byte = bytes[at++];
			value |= (byte & 127) << bit;
		}
		if (byte > 127)
			[at, values[row]] = readLarge(bytes, at, value, byte);
		else
			values[row] = (value >>> 1) ^ -(value & 1);
	}
	return values;
}

function readKeys(bytes, rows) {
	const steps = differences(bytes, rows);
	const keys = new Uint32Array(rows);
	let last = 0;
	for (let row = 0; row < rows; row++)
		keys[row] = last += steps[row];
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
	const steps = differences(bytes, keys.length);
	const cells = new Float64Array(keys.length);
	const last = new Float64Array(starts.length);
	for (let row = 0; row < keys.length; row++)
		cells[places[row]] = last[keys[row]] += steps[row];
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
