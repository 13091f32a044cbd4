/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the page's tests share: captures made or recorded, pages opened in a
 * browser that may not speak to anybody, and PASS or FAIL for each test. A
 * console error, an exception or a request that leaves the file fails a test.
 */
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { copyFileSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";

const { TCPWATCH, MAKE_CAPTURE, CHROMIUM, SCRATCH, PACKAGES } = process.env;
const load = createRequire(join(PACKAGES, "node_modules", "any.js"));
const { chromium } = load("playwright-core");
const LARGE = { maxBuffer: 1 << 30 };
const tests = [];
let browser = null;

export function test(name, body) {
	tests.push({ name, body });
}

/* A list of a thousand rows is shown by its beginning. */
function short(value) {
	const text_ = JSON.stringify(value) ?? "nothing";
	return text_.length > 400 ? text_.slice(0, 400) + "..." : text_;
}

export function equal(actual, expected, what) {
	if (JSON.stringify(actual) !== JSON.stringify(expected))
		throw new Error(`${what}: ${short(actual)}, expected ${short(expected)}`);
}

export function truth(value, what) {
	if (!value)
		throw new Error(what);
}

/* A capture that make_capture writes: its path. */
export function made(kind, count, comm = "made") {
	const path = join(SCRATCH, `${kind}-${count}-${comm}.tcpw`);
	execFileSync(MAKE_CAPTURE, [kind, String(count), comm, path]);
	return path;
}

/* A capture of tests/golden: the path of a copy. */
export function recorded(name) {
	const path = join(SCRATCH, basename(name) + ".tcpw");
	copyFileSync(join("tests", "golden", name + ".tcpw"), path);
	return path;
}

/* The page of a capture, as --html makes it: its path. */
export function paged(capture, ...options) {
	const path = capture.replace(/\.tcpw$/, options.join("") + ".html");
	execFileSync(TCPWATCH, ["-r", capture, "--view", "none", "--force", "--html", path, ...options], { stdio: ["ignore", "ignore", "pipe"] });
	return path;
}

/* The picture of a capture, as --svg makes it: its text. */
export function pictured(capture, ...options) {
	return execFileSync(TCPWATCH, ["-r", capture, "--view", "none", "--svg", "-", ...options], { stdio: ["ignore", "pipe", "pipe"], ...LARGE }).toString();
}

/* One by one: all of them may be longer than a string can be. */
function* linesOf(bytes) {
	for (let from = 0, to; from < bytes.length; from = to + 1) {
		to = bytes.indexOf(10, from);
		yield bytes.toString("utf8", from, to);
	}
}

/* What --json says of the same capture, by the type of its objects; only these types. */
export function facts(capture, types = ["connection", "moment", "end"]) {
	const bytes = execFileSync(TCPWATCH, ["-r", capture, "--view", "none", "--json", "-"], { stdio: ["ignore", "pipe", "pipe"], ...LARGE });
	const found = {};
	for (const line of linesOf(bytes)) {
		if (!types.includes(/^\{"type":"(\w+)"/.exec(line)?.[1]))
			continue;
		const fact = JSON.parse(line);
		(found[fact.type] ??= []).push(fact);
	}
	return found;
}

export function text(path) {
	return readFileSync(path, "utf8");
}

async function start() {
	browser ??= await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu", "--disable-quic",
		"--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"] });
	return browser;
}

/* Opens a page and waits until it says that it is ready. complaints: what must stay empty. */
export async function open(path, { width = 1280, height = 800, theme = "light", hash = "" } = {}) {
	const context = await (await start()).newContext({ viewport: { width, height }, colorScheme: theme, acceptDownloads: true });
	const page = await context.newPage();
	const url = pathToFileURL(path).href;
	page.complaints = [];
	page.on("pageerror", (error) => page.complaints.push(error.message));
	page.on("console", (message) => { if (["error", "warning"].includes(message.type())) page.complaints.push(message.text()); });
	page.on("request", (request) => { if (!request.url().startsWith(url) && !request.url().startsWith("blob:")) page.complaints.push("request " + request.url()); });
	await page.goto(url + hash);
	await page.waitForSelector("html[data-ready=yes]", { timeout: 60000 });
	return page;
}

export async function done(page) {
	equal(page.complaints, [], "complaints of the browser");
	await page.context().close();
}

export function axeSource() {
	return readFileSync(join(PACKAGES, "node_modules", "axe-core", "axe.min.js"), "utf8");
}

export async function run(group) {
	let failed = 0;
	for (const { name, body } of tests) {
		try {
			await body();
			console.log(`PASS ${group}/${name}`);
		} catch (error) {
			failed++;
			console.log(`FAIL ${group}/${name}: ${String(error.message).split("\n")[0]}`);
		}
	}
	await browser?.close();
	process.exit(failed ? 1 : 0);
}
