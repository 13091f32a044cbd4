/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Keys, player, languages, links, files: what people do with the page. */
import { readFileSync } from "node:fs";
import { done, equal, facts, made, open, paged, recorded, run, test, truth } from "./page.mjs";

const now = (page) => page.textContent("#now");
const classes = (page) => page.evaluate(() => document.body.className);

test("n_and_p_go_through_the_moments", async () => {
	const capture = made("bulk", 600);
	const page = await open(paged(capture), { hash: "#c=1&t=-1000000000" });
	const moments = facts(capture).moment.filter((moment) => moment.connection === 1);
	const times = [...new Set(moments.map((moment) => moment.t_ns))];
	const seen = [];
	for (let i = 0; i < times.length; i++) {
		await page.keyboard.press("n");
		seen.push(await page.textContent("#caption b"));
	}
	const titles = times.map((t) => moments.findLast((moment) => moment.t_ns === t).title_en + ": ");
	equal(seen, titles, "titles in their order");
	await page.keyboard.press("p");
	equal(await page.textContent("#caption b"), titles[titles.length - 2], "one back");
	await done(page);
});

test("n_on_a_fresh_page_goes_on_from_the_lesson", async () => {
	const page = await open(paged(recorded("blocked_send")));
	const place = () => page.$eval("#seek", (slider) => Number(slider.value));
	const before = await place();
	await page.keyboard.press("n");
	truth(await place() > before, `n went from ${before} to ${await place()}`);
	await page.keyboard.press("p");
	equal(Math.round(await place()), Math.round(before), "p goes back by one");
	await done(page);
});

/* A moment that is told late has its place all the same: these are told out of order. */
test("moments_stand_in_the_order_of_their_times", async () => {
	const capture = recorded("lifecycle");
	const moments = facts(capture).moment.filter((moment) => moment.connection === 1);
	const byTime = [...moments].sort((a, b) => a.t_ns - b.t_ns);
	truth(moments.some((moment, i) => moment !== byTime[i]), "this capture tells all in order");
	const page = await open(paged(capture), { hash: "#c=1&t=" + (byTime[0].t_ns - 1) });
	const titles = [];
	for (const t of new Set(byTime.map((moment) => moment.t_ns))) {
		await page.keyboard.press("n");
		titles.push([await page.textContent("#caption b"), byTime.findLast((moment) => moment.t_ns === t).title_en + ": "]);
	}
	equal(titles.map(([shown]) => shown), titles.map(([, expected]) => expected), "titles in their order");
	await done(page);
});

test("every_key_does_its_work", async () => {
	const page = await open(paged(made("bulk", 600)));
	const ticks = () => page.$$eval("#timeline text.muted", (found) => found.map((one) => one.textContent).join());
	const whole = await ticks();
	await page.keyboard.press("+");
	truth(await ticks() !== whole, "+ changed nothing");
	await page.keyboard.press("0");
	equal(await ticks(), whole, "0 shows the whole run");
	await page.keyboard.press("+");
	await page.keyboard.press("-");
	equal(await ticks(), whole, "- undoes +");
	const before = await now(page);
	await page.keyboard.press("ArrowLeft");
	truth(await now(page) !== before, "the arrow moved nothing");
	await page.keyboard.press("f");
	truth((await classes(page)).includes("class-mode"), "f");
	await page.keyboard.press("l");
	truth((await classes(page)).includes("ladder-mode") && await page.isVisible("#ladder"), "l");
	await page.keyboard.press("Escape");
	equal(await classes(page), "", "Escape leaves");
	await page.keyboard.press(" ");
	equal(await page.getAttribute("#play", "aria-label"), "Pause", "space plays");
	await page.keyboard.press(" ");
	equal(await page.getAttribute("#play", "aria-label"), "Play", "space stops");
	await done(page);
});

test("class_mode_needs_no_keyboard", async () => {
	const page = await open(paged(recorded("lifecycle")), { width: 1280, height: 720 });
	await page.click("#class-mode");
	await page.selectOption("#class-tools select", "1");
	await page.waitForFunction(() => location.hash.includes("d=server"));
	await page.click("#leave-class");
	equal(await classes(page), "", "left by the mouse");
	truth(!await page.isVisible("#leave-class"), "a way out of nothing");
	await done(page);
	const many = await open(paged(made("many", 30)), { width: 1280, height: 720, hash: "#c=3&v=class" });
	await many.selectOption("#class-tools select", "12");
	await many.waitForFunction(() => location.hash.includes("c=12"));
	await done(many);
});

test("playing_arrives_at_the_end", async () => {
	const page = await open(paged(made("bulk", 60)));
	await page.selectOption("#pace", "1");
	await page.click("#play");
	await page.waitForFunction(() => document.getElementById("play").getAttribute("aria-label") === "Play");
	equal(await page.$eval("#seek", (slider) => Number(slider.value)), 1000, "position of the slider");
	await done(page);
});

test("both_languages_have_every_word", async () => {
	const capture = made("bulk", 600);
	const page = await open(paged(capture, "--lang", "zh"));
	const fact = facts(capture).connection[0];
	equal(await page.getAttribute("html", "lang"), "zh-CN", "language of the page");
	equal((await page.textContent("#verdict")).replace(/µs/g, "us"), fact.verdict_zh, "verdict");
	equal(await page.$$eval("[data-word]", (found) => found.filter((one) => one.textContent === one.dataset.word).length), 0, "words without a translation");
	await page.click("#language");
	equal((await page.textContent("#verdict")).replace(/µs/g, "us"), fact.verdict_en, "verdict in English");
	await done(page);
});

test("a_link_leads_to_the_same_view", async () => {
	const path = paged(made("many", 30));
	const page = await open(path, { hash: "#c=12&t=1000&m=kernel" });
	equal(await page.getAttribute("tr.chosen", "data-connection"), "12", "connection");
	equal(await page.getAttribute("#kernel-bytes", "aria-pressed"), "true", "only the kernels");
	await page.keyboard.press("n");
	await page.waitForFunction(() => location.hash.includes("c=12") && !location.hash.includes("t=1000&"));
	await done(page);
	const odd = await open(path, { hash: "#c=javascript:1&t=%3Cimg%3E&z=9..1&v=x" });
	truth(await odd.isVisible("#verdict"), "an odd link breaks the page");
	await done(odd);
});

test("a_link_says_all_of_the_view", async () => {
	const path = paged(recorded("lifecycle"));
	const page = await open(path, { hash: "#c=1&d=server&z=0..1000&m=kernel&v=ladder" });
	const view = () => page.evaluate(() => [document.body.className, document.querySelector("#direction [aria-pressed=true]").textContent.slice(0, 6)]);
	equal(await view(), ["class-mode ladder-mode", "server"], "as the link says");
	await page.evaluate(() => { location.hash = "#c=1"; });
	await page.waitForFunction(() => !document.body.className);
	equal(await view(), ["", "client"], "what the next link doesn't say is as at first");
	equal(await page.getAttribute("#kernel-bytes", "aria-pressed"), "false", "all bytes");
	await done(page);
});

async function saved(page, button) {
	const [file] = await Promise.all([page.waitForEvent("download"), page.click(button)]);
	return readFileSync(await file.path(), "utf8");
}

test("the_saved_picture_is_well_formed_and_whole", async () => {
	const page = await open(paged(made("bulk", 600)));
	const picture = await saved(page, "#save-svg");
	const parsed = await page.evaluate((source) => {
		const root = new DOMParser().parseFromString(source, "image/svg+xml");
		return { bad: root.querySelectorAll("parsererror").length, paths: root.querySelectorAll("path").length, texts: root.documentElement.textContent };
	}, picture);
	equal(parsed.bad, 0, "errors of the parser");
	truth(parsed.paths >= 5 && parsed.texts.includes("ESTABLISHED"), "the picture is not whole");
	truth(!/class=|url\([^#]|https?:\/\/(?!www\.w3\.org)/.test(picture), "the picture needs something else");
	await done(page);
});

test("the_saved_csv_is_the_rows_of_json", async () => {
	const capture = made("bulk", 600);
	const page = await open(paged(capture));
	const [head, ...lines] = (await saved(page, "#save-csv")).trimEnd().split("\n");
	const names = head.split(",");
	const wanted = facts(capture, ["bytes"]).bytes.map((row) => names.slice(1).map((name) => row[name] === null ? "" : String(row[name])).join());
	equal(lines.map((line) => line.split(",").slice(1).join()), wanted, "rows");
	await done(page);
});

await run("page");
