/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the page says is what --json says: sentences, tables, losses, unknown ends. */
import { done, equal, facts, made, open, paged, pictured, recorded, run, test, truth } from "./page.mjs";

const micro = (text) => text.replace(/(\d) us\b/g, "$1 µs");
const counted = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, ",");

async function rows(page, selector) {
	return page.$$eval(selector, (found) => found.map((row) => [...row.cells].map((cell) => cell.textContent)));
}

for (const [name, kind, count] of [["no_event", "processes", 0], ["one_event", "processes", 1], ["two_events", "processes", 2]])
	test(`${name}_says_what_was_seen_instead`, async () => {
		const capture = made(kind, count);
		const page = await open(paged(capture));
		equal(await page.textContent("#verdict"), "No new TCP connection was seen.", "verdict");
		truth(await page.isVisible("#seen"), "what was seen is not shown");
		truth(!await page.isVisible("#player"), "a player without a connection");
		truth(!await page.isVisible("#keys") && !(await page.textContent("#colophon")).includes("SYN"), "keys or a SYN without a connection");
		equal((await rows(page, "#seen-body tbody tr")).length, count, "processes");
		await done(page);
	});

for (const [kind, count] of [["bulk", 22000], ["client-only", 40], ["server-only", 40], ["lossy", 500], ["bulk", 1000000]])
	test(`${kind}_${count}_equals_json`, async () => {
		const capture = made(kind, count);
		const page = await open(paged(capture));
		const { connection: [fact], end: [end] } = facts(capture);
		equal(await page.textContent("#verdict"), micro(fact.verdict_en), "verdict");
		const calls = ["client", "server"].flatMap((side) => (fact[side].calls ?? []).map((call) => [`${side} ${call.call}()`, counted(call.count)]));
		const shown = (await rows(page, "#calls tbody tr[data-call]")).map((cells) => cells.slice(0, 2));
		equal(shown.sort(), calls.sort(), "calls");
		const states = ["client", "server"].flatMap((side) => Object.keys(fact[side].state_ns ?? {}).map((state) => [side, state]));
		equal((await rows(page, "#states tbody tr")).map((cells) => cells.slice(0, 2)).sort(), states.sort(), "states");
		truth((await page.textContent("#provenance")).includes(counted(end.events) + " events"), "number of events");
		await done(page);
	});

test("a_state_that_was_found_lasted_at_least_so_long", async () => {
	const capture = made("attached", 40);
	const [{ client }] = facts(capture).connection;
	equal(client.state_at_least, ["ESTABLISHED"], "JSON");
	const page = await open(paged(capture));
	const bars = await page.$$eval("#timeline title", (titles) => titles.map((title) => title.textContent));
	truth(bars.some((one) => one.startsWith("ESTABLISHED >= ")) && !bars.some((one) => one.startsWith("FIN_WAIT1 >=")), bars.join());
	const [[, , , time]] = await rows(page, "#states tbody tr");
	truth(time.startsWith(">= "), time);
	truth(/>ESTABLISHED {2}(&gt;|>)= /.test(pictured(capture)), "picture");
	await done(page);
});

test("every_band_has_a_shape_and_moves_with_the_zoom", async () => {
	const page = await open(paged(made("bulk", 22000)));
	const shapes = () => page.$$eval("#timeline path[data-place]", (paths) => paths.map((path) => path.getAttribute("d")));
	const before = await shapes();
	truth(before.length >= 5 && before.every((d) => d.length > 20), "empty bands");
	await page.click("#zoom-in");
	truth((await shapes()).join() !== before.join(), "the zoom changed nothing");
	await done(page);
});

test("the_tanks_hold_what_json_says_at_the_return", async () => {
	const capture = made("bulk", 3000);
	const page = await open(paged(capture));
	const back = facts(capture).connection[0].to_server.at_return;
	const words = await page.textContent("#tanks-text");
	for (const amount of [back.unsent, back.in_flight, back.peer_queue, back.app_read])
		truth(words.includes(counted(amount)), `${counted(amount)} is not in "${words}"`);
	await done(page);
});

test("a_full_tank_is_all_bytes_of_the_direction", async () => {
	const page = await open(paged(recorded("blocked_send")), { hash: "#c=1&t=99999999999" });
	const [fill, tank] = await page.evaluate(() => ["rect.fill-read", "rect.fill-paper"].map((one) =>
		Number(document.querySelector("#tanks " + one).getAttribute("height"))));
	equal(fill, tank - 4, "height of what was read");
	await done(page);
});

test("no_last_byte_is_claimed_where_bytes_were_never_read", async () => {
	const page = await open(paged(made("unread", 40)));
	const cards = await page.textContent("#cards");
	truth(!cards.includes("Last byte"), cards);
	truth(/Never read[\d.]+ kB/.test(cards), cards);
	await done(page);
});

test("what_an_untraced_peer_did_is_unknown", async () => {
	const page = await open(paged(made("client-only", 40)));
	truth((await page.textContent("#tanks-text")).includes("receiver program unknown"), "reads are not unknown");
	truth((await page.textContent("#legend")).includes("acknowledged"), "no band of what was acknowledged");
	truth(!(await page.textContent("#legend")).includes("read by"), "a band of reads that nobody saw");
	await done(page);
});

test("a_loss_is_said_first_and_is_a_gap", async () => {
	const page = await open(paged(made("lossy", 500)));
	truth((await page.textContent("#warnings")).includes("500 records were lost"), "no warning");
	equal(await page.$$eval("#timeline [data-loss]", (gaps) => gaps.map((gap) => gap.dataset.loss)), ["500"], "gaps");
	await done(page);
});

test("a_thousand_connections_can_be_chosen_from", async () => {
	const capture = made("many", 1000);
	const page = await open(paged(capture));
	const all = facts(capture).connection;
	const longest = Math.max(...all.map((fact) => fact.blocked_ns));
	const first = Number(await page.getAttribute("#connections tbody tr", "data-connection"));
	equal(all.find((fact) => fact.connection === first).blocked_ns, longest, "blocked time of the first");
	await page.fill("#filter", "ECONNREFUSED");
	equal((await rows(page, "#connections tbody tr")).length, all.filter((fact) => fact.connect_error).length, "failed connects");
	const chosen = all.filter((fact) => fact.connect_error).pop();
	await page.click(`#connections tr[data-connection="${chosen.connection}"] button`);
	equal(await page.textContent("#verdict"), micro(chosen.verdict_en), "verdict of the chosen");
	await done(page);
});

test("a_late_connection_has_its_ladder_too", async () => {
	const page = await open(paged(made("many", 1000)), { hash: "#c=900" });
	const kinds = await page.$$eval("#ladder g.row", (found) => found.map((row) => row.dataset.kind));
	truth(kinds.filter((kind) => kind === "segment").length >= 3 && kinds.includes("state") && kinds.includes("call"), `rows: ${kinds}`);
	await done(page);
});

test("an_opened_group_shows_its_segments", async () => {
	const page = await open(paged(made("bulk", 600)));
	const segments = () => page.locator("#ladder g[data-kind=segment]").count();
	const before = await segments();
	await page.locator("#ladder [role=button]").first().focus();
	await page.keyboard.press("Enter");
	truth(await segments() > before, "no segment appeared");
	await done(page);
});

test("the_axis_begins_with_the_first_call", async () => {
	const capture = recorded("lifecycle");
	const { call } = facts(capture, ["call"]);
	const connect = call.find((one) => one.call === "connect");
	const page = await open(paged(capture), { hash: "#c=1&t=-99999999999" });
	const bars = await page.$$eval("#timeline title", (found) => found.map((one) => one.textContent));
	truth(bars.some((words) => words.startsWith("connect()")), `no connect() among ${bars}`);
	const left = await page.$eval("#timeline-text", (one) => one.textContent);
	truth(Number(/from −([\d.]+) µs/.exec(left)?.[1]) * 1000 >= -connect.enter_ns, `${left}, connect() at ${connect.enter_ns}`);
	await done(page);
});

test("the_number_of_the_verdict_stands_out_in_both_languages", async () => {
	const strong = (page) => page.$$eval("#verdict b.bad", (found) => found.map((one) => one.textContent.replace(/[^\d,%A-Z]/g, "")));
	const rest = (at) => [counted(at.handed_over - at.app_read) + Math.floor((at.handed_over - at.app_read) * 100 / at.handed_over) + "%"];
	const capture = recorded("blocked_send");
	const page = await open(paged(capture));
	equal(await strong(page), rest(facts(capture).connection[0].to_server.at_return), "in English");
	await page.click("#language");
	equal(await strong(page), rest(facts(capture).connection[0].to_server.at_return), "in Chinese");
	await done(page);
	const refused = await open(paged(made("many", 5)), { hash: "#c=1" });
	equal(await strong(refused), ["ECONNREFUSED"], "the error in English");
	await refused.click("#language");
	equal(await strong(refused), ["ECONNREFUSED"], "the error in Chinese");
	await done(refused);
});

test("the_page_and_the_picture_use_the_same_words_and_colours", async () => {
	for (const [capture, lang] of [[recorded("blocked_send"), "en"], [recorded("blocked_send"), "zh"], [made("client-only", 40), "en"]]) {
		const picture = pictured(capture, "--lang", lang);
		const page = await open(paged(capture, "--lang", lang));
		const words = await page.$$eval("#legend li, #timeline text.small.strong", (found) => found.map((one) => one.textContent));
		for (const one of words.slice(0, -1).filter((name) => /own|send buffer,|read by|acknowl|System|发送程序|尚未|已读取|系统/.test(name)))
			truth(picture.includes(one.replace("’", "'")), `"${one}" is not in the picture`);
		const colours = await page.evaluate(() => [...new Set([...document.querySelectorAll("#timeline rect[class^=state-]:not(.state-LISTEN)")].map((one) =>
			"#" + getComputedStyle(one).fill.match(/\d+/g).slice(0, 3).map((part) => Number(part).toString(16).padStart(2, "0")).join("")))]);
		for (const colour of colours)
			truth(picture.includes(colour), `${colour} is not in the picture`);
		await done(page);
	}
});

test("a_failed_connect_is_told_as_an_attempt", async () => {
	const page = await open(paged(made("many", 5)), { hash: "#c=1" });
	const cards = await page.textContent("#cards");
	truth(/SYNs sent1/.test(cards) && /AnswerRST/.test(cards) && !cards.includes("Length of the connection"), cards);
	truth(!await page.isVisible("#all-bytes") && !(await page.textContent("#timeline")).includes("no data"), "bytes of a failed connect");
	truth((await page.textContent("#time-part h2")).includes("attempt"), "heading");
	await done(page);
});

test("what_came_back_to_a_failed_connect_is_on_its_card_and_in_its_ladder", async () => {
	const capture = recorded("lessons/unreachable");
	const page = await open(paged(capture), { hash: "#c=6" });
	const { icmp } = facts(capture).connection.find((one) => one.connection === 6);
	const cards = await page.textContent("#cards");
	truth(cards.includes("AnswerICMP" + icmp.name) && cards.includes(icmp.icmp_from), cards);
	truth((await page.textContent("#ladder")).includes(`ICMP ${icmp.name} from ${icmp.icmp_from}`), "no ICMP in the ladder");
	await done(page);
});

test("the_calls_say_what_they_waited_for_as_the_terminal_does", async () => {
	const notes = async (name, hash) => {
		const page = await open(paged(recorded(name)), { hash });
		const found = await page.$$eval("#calls tr.note", (rows) => rows.map((row) => row.textContent));
		await done(page);
		return found.join("\n");
	};
	const send = await notes("blocked_send", "#c=1");
	truth(/slept .+ of all sleep\): peer's window; slow reader: bulk_server \d+/.test(send), send);
	const late = await notes("lessons/accept_late", "#c=1");
	truth(late.includes("before the call: the program came late"), late);
	const full = await notes("lessons/backlog", "#c=3");
	truth(/\(>99 %\): SYN retries, accept queue full \(3 SYNs in all\)/.test(full), full);
});

test("an_attempt_without_a_syn_counts_from_its_connect", async () => {
	const page = await open(paged(recorded("lessons/unreachable")), { hash: "#c=1" });
	const ticks = await page.textContent("#timeline");
	truth(ticks.includes("0: connect()") && /\d µs/.test(ticks) && !/\d\.\d{4}/.test(ticks), ticks);
	await done(page);
});

test("a_tick_far_from_zero_is_short", async () => {
	const page = await open(paged(recorded("lessons/zero_window")), { hash: "#z=1045900000..1045901000" });
	const ticks = await page.$$eval("#timeline text.middle.muted", (found) => found.map((one) => one.textContent));
	truth(ticks.length > 4 && ticks.every((tick) => tick.length < 9), `ticks: ${ticks}`);
	truth((await page.textContent("#timeline")).includes("0: 1045.900 ms"), "the zero of the ticks");
	await done(page);
});

test("a_socket_that_could_not_be_bound_says_why", async () => {
	const capture = recorded("lessons/ports");
	const page = await open(paged(capture));
	const sockets = await page.textContent("#sockets");
	for (const moment of facts(capture).moment.filter((one) => one.moment === "bind-failed"))
		truth(sockets.includes(micro(moment.caption_en)), moment.caption_en);
	truth(await page.isVisible("#sockets"), "the sockets are folded away");
	await done(page);
});

test("urgent_data_are_called_so", async () => {
	const page = await open(paged(recorded("lessons/oob")));
	truth((await page.textContent("#ladder")).includes("data URG seq=4"), "no URG in the ladder");
	await done(page);
});

test("what_is_not_tcp_says_why_there_is_no_segment", async () => {
	for (const [name, words] of [["udp_contrast", ["4 UDP sockets", "300 B in 3 calls sent", "UDP has no handshake"]], ["unix_local", ["6 UNIX sockets", "A UNIX socket stays within this kernel"]]]) {
		const page = await open(paged(recorded("lessons/" + name)));
		const seen = await page.textContent("#seen");
		for (const one of words)
			truth(seen.includes(one), `${name}: ${one}: ${seen.slice(0, 300)}`);
		await done(page);
	}
});

test("a_socket_without_states_shows_its_queues", async () => {
	const capture = recorded("lessons/unix_local");
	const page = await open(paged(capture));
	const sockets = await page.textContent("#sockets");
	const { queues } = facts(capture, ["queues"]);
	const unread = Math.max(...queues.map((one) => one.listening ? 0 : one.recv_q ?? 0));
	truth(unread > 0 && sockets.includes(`at most ${unread.toLocaleString("en")}`), `no queue of ${unread}: ${sockets.slice(0, 300)}`);
	truth(sockets.includes("accept queue: peak 1 of 1"), "no queue of the listener");
	await done(page);
});

test("no_caption_is_cut", async () => {
	for (const view of [{ width: 1280, height: 720, hash: "#c=2&v=class" }, { width: 320, height: 700, hash: "#c=2" }]) {
		const page = await open(paged(recorded("lessons/rst_zoo")), view);
		const height = await page.$eval("#player", (player) => player.offsetHeight);
		for (let i = 0; i < 14; i++) {
			await page.keyboard.press("n");
			const [all, seen, now] = await page.$eval("#caption", (one) => [one.scrollHeight, one.clientHeight, one.parentElement.offsetHeight]);
			truth(all <= seen + 1 && now === height, `a caption takes ${all} of ${seen}; the player ${now}, not ${height}`);
		}
		await done(page);
	}
});

test("a_slide_of_an_attempt_ends_with_it", async () => {
	const slide = pictured(recorded("lessons/unreachable"));
	truth(slide.includes(">3 s<") && !slide.includes("sk_wmem_queued"), "the slide of a failed connect");
});

test("one_segment_alone_is_an_arrow", async () => {
	for (const path of [paged(recorded("lifecycle")), paged(recorded("blocked_send"))]) {
		const page = await open(path);
		truth(!(await page.textContent("#ladder")).includes("1 segment,"), "a group of one segment");
		await done(page);
	}
});

await run("page");
