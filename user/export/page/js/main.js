/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads the data, starts the parts, shows the first connection. */

import { app, changed } from "./app.js";
import { startClassTools } from "./classtools.js";
import { startCards } from "./cards.js";
import { indexFacts } from "./chosen.js";
import { startTables } from "./datatables.js";
import { startDirection } from "./direction.js";
import { byId } from "./dom.js";
import { count } from "./format.js";
import { startKeys } from "./keys.js";
import { startLadder } from "./ladder.js";
import { word } from "./language.js";
import { followLink, startLink } from "./link.js";
import { firstChoice, show, startList } from "./list.js";
import { setClassMode, setLadderMode } from "./mode.js";
import { installPatterns } from "./patterns.js";
import { startPlayer } from "./player.js";
import { startPointer } from "./pointer.js";
import { startPrint } from "./print.js";
import { saveCsv, saveSvg } from "./save.js";
import { startSeen } from "./seen.js";
import { setLanguage, startSettings } from "./settings.js";
import { startTanks } from "./tanks.js";
import { startTimeline } from "./timeline.js";
import { readFacts, readTable } from "./unpack.js";
import { startWarnings } from "./warnings.js";

const TABLES = ["bytes", "calls", "segments", "sleeps"];

function drawHead() {
	const capture = app.facts.capture[0];
	const end = app.facts.end[0];
	const date = new Date(capture.zero_real_ns / 1e6).toISOString().replace("T", " ").slice(0, 19) + " UTC";
	byId("command").textContent = capture.command;
	const system = [capture.kernel, capture.machine].filter(Boolean).join(" ") + (capture.congestion ? " · " + capture.congestion : "");
	byId("provenance").textContent = word("provenance", date, system, count(end.events), count(end.lost)) +
		(capture.filter ? " · " + word("only", capture.filter) : "");
	const hasSyn = (app.facts.connection ?? []).some((fact) => fact.syn_ns !== null);
	byId("colophon").textContent = word("colophon", capture.tcpwatch, word(hasSyn ? "zero_syn" : "zero_event"));
	document.title = "tcpwatch · " + capture.command;
}

async function read() {
	const [facts, ...tables] = await Promise.all([readFacts(), ...TABLES.map(readTable)]);
	app.facts = facts;
	app.tables = Object.fromEntries(TABLES.map((name, i) => [name, tables[i]]));
	indexFacts();
}

/* What needs a connection to show. */
function startStory() {
	for (const start of [startPlayer, startTanks, startTimeline, startPointer, startLadder, startCards, startList,
		startDirection, startClassTools, startLink, startKeys])
		start();
	byId("class-mode").addEventListener("click", () => setClassMode(!app.classMode));
	byId("leave-class").addEventListener("click", () => setClassMode(false));
	byId("ladder-mode").addEventListener("click", () => setLadderMode(!app.ladderMode));
	byId("save-csv").addEventListener("click", saveCsv);
	byId("save-svg").addEventListener("click", saveSvg);
	new ResizeObserver(() => changed("size")).observe(byId("main"));
}

function begin() {
	byId("loading").remove();
	byId("player").hidden = false;
	byId("story").hidden = false;
	startTables();
	startWarnings();
	startSeen();
	startPrint();
	byId("language").addEventListener("click", drawHead);
	if (app.facts.connection) {
		startStory();
		show(firstChoice());
	}
	setLanguage(app.lang);
	drawHead();
	if (app.chosen && location.hash)
		followLink();
	document.documentElement.dataset.ready = "yes";
	performance.mark("ready");
}

async function main() {
	installPatterns();
	try {
		await read();
	} catch (error) {
		byId("loading").textContent = word("damaged", error.message);
		return;
	}
	startSettings();
	begin();
}

main();
