/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sizes, themes, print, those who listen, and text that wants to be markup. */
import { axeSource, done, equal, made, open, paged, recorded, run, test, text, truth } from "./page.mjs";

const SIZES = [[1440, 900], [1280, 720], [390, 844]];

for (const theme of ["light", "dark"])
	for (const [width, height] of SIZES)
		test(`nothing_is_wider_than_${width}_in_${theme}`, async () => {
			const page = await open(paged(made("bulk", 3000)), { width, height, theme });
			equal(await page.evaluate(() => document.documentElement.scrollWidth), width, "width of the page");
			equal(await page.getAttribute("html", "data-theme"), theme, "theme");
			await done(page);
		});

test("class_mode_fits_a_projector", async () => {
	const page = await open(paged(made("bulk", 3000)), { width: 1280, height: 720 });
	for (const key of ["f", "l"]) {
		await page.keyboard.press(key);
		const [lowest, player] = await page.evaluate(() => [Math.max(...[...document.querySelectorAll(".figure")].map((one) => one.getBoundingClientRect().bottom)),
			document.getElementById("player").getBoundingClientRect().top]);
		truth(lowest <= player, `after ${key} pictures end at ${lowest}, the player begins at ${player}`);
	}
	await done(page);
});

async function violations(page) {
	await page.evaluate(axeSource());
	const found = await page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
	return found.violations.map((one) => one.id + " " + one.nodes.map((node) => node.target.join(" ")).slice(0, 3).join(", "));
}

for (const theme of ["light", "dark"])
	for (const [kind, count] of [["bulk", 3000], ["many", 40], ["processes", 2], ["lossy", 9]])
		test(`axe_finds_nothing_in_${kind}_in_${theme}`, async () => {
			const page = await open(paged(made(kind, count)), { theme });
			await page.evaluate(() => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
			equal(await violations(page), [], "violations");
			await done(page);
		});

test("everything_can_be_reached_by_tab", async () => {
	const page = await open(paged(made("bulk", 600)));
	const reached = new Set();
	for (let i = 0; i < 120; i++) {
		await page.keyboard.press("Tab");
		reached.add(await page.evaluate(() => document.activeElement.id));
	}
	for (const id of ["class-mode", "language", "theme", "save-csv", "save-svg", "zoom-in", "timeline", "ladder-box", "play", "seek", "pace"])
		truth(reached.has(id), `Tab never comes to ${id}`);
	await done(page);
});

test("paper_has_no_player", async () => {
	const page = await open(paged(made("bulk", 600)));
	await page.emulateMedia({ media: "print" });
	truth(!await page.isVisible("#player") && await page.isVisible("#timeline"), "print shows the wrong parts");
	truth((await page.pdf({ format: "A4", landscape: true })).length > 10000, "an empty sheet");
	await done(page);
});

/* What is printed from the same page again has to be the same. */
test("paper_shows_the_whole_ladder_in_pieces_that_fit", async () => {
	const page = await open(paged(recorded("blocked_send")));
	const rows = await page.locator("#ladder g.row").count();
	await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
	await page.emulateMedia({ media: "print" });
	const pieces = await page.$$eval("#ladder-print svg", (found) => found.map((one) => {
		const { width, height } = one.getBoundingClientRect();
		return { ratio: height / width, box: one.viewBox.baseVal.height / one.viewBox.baseVal.width };
	}));
	truth(pieces.length > 1, "one piece for all");
	for (const { ratio, box } of pieces)
		truth(ratio <= 0.6 && Math.abs(ratio - box) < 0.01, `a piece is ${ratio} as high as wide, and shows ${box}`);
	truth(!await page.isVisible("#ladder-box") && rows > 20, "the ladder of the screen is on paper");
	const [high, wide] = await page.$eval("#timeline", (one) => [one.getBoundingClientRect().height / one.getBoundingClientRect().width, one.viewBox.baseVal.height / one.viewBox.baseVal.width]);
	truth(Math.abs(high - wide) < 0.01, "the time axis has margins of its own");
	await page.evaluate(() => dispatchEvent(new Event("afterprint")));
	equal(await page.locator("#ladder-print svg").count(), 0, "pieces on the screen");
	await done(page);
});

test("hostile_names_stay_text", async () => {
	const path = paged(made("bulk", 600, "hostile"));
	truth(!text(path).includes("<img"), "foreign text stands in the file as it is");
	const page = await open(path);
	truth((await page.textContent("#command")).includes("</script><img"), "the name is not shown as it is");
	equal(await page.title(), await page.evaluate(() => "tcpwatch · " + document.getElementById("command").textContent), "title");
	equal(await page.locator("img").count(), 0, "images");
	await page.click("#language");
	await page.keyboard.press("f");
	await page.keyboard.press("l");
	equal(await page.locator("img").count(), 0, "images later on");
	await done(page);
});

test("a_foreign_script_is_refused", async () => {
	const page = await open(paged(made("bulk", 60)));
	await page.evaluate(() => {
		const script = document.createElement("script");
		script.textContent = "document.title = 'owned'";
		document.body.append(script);
	});
	truth(await page.title() !== "owned", "an inserted script ran");
	truth(page.complaints.some((one) => one.includes("Content Security Policy")), "the policy is silent");
	page.complaints.length = 0;
	await done(page);
});

await run("page");
