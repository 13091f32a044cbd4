# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# awk -v name=FILE -v lang=LANG -f lesson-facts.awk WORDS SOCKETS CALLS STATES
# SEGMENTS BYTES JSON: reads a lesson's words (from lesson-words.awk) and what
# tcpwatch exported of its run, and prints the first answer whose condition
# holds, its facts filled in. With WORDS alone and -v check=1 it only looks
# whether every fact has a known form. Facts: experiments/lessons/README.md.

BEGIN {
	FS = "\t"
	list("socket socketpair bind listen accept accept4 connect shutdown close setsockopt " \
	     "write writev send sendto sendmsg sendmmsg sendfile splice read readv recv recvfrom " \
	     "recvmsg recvmmsg", is_call)
	list("ESTABLISHED SYN_SENT SYN_RECV FIN_WAIT1 FIN_WAIT2 TIME_WAIT CLOSE CLOSE_WAIT " \
	     "LAST_ACK LISTEN CLOSING", is_state)
	list("SYN SYN-ACK ACK data FIN FIN-ACK RST RST-ACK again none", is_kind)
	list("handed_over unsent in_flight peer_queue app_read unacked in_program", is_place)
	peak["recv_q"] = "recv_q_peak"
	peak["send_q"] = "send_q_peak"
	peak["messages"] = "messages_peak"
	peak["drops"] = "drops"
	column["result"] = "result"; unit_of["result"] = "n"
	column["error"] = "error"; unit_of["error"] = "text"
	column["time"] = "inside_ns"; unit_of["time"] = "ns"
	column["at"] = "return_ns"; unit_of["at"] = "ns"
	column["entered"] = "enter_ns"; unit_of["entered"] = "ns"
	column["asked"] = "asked_bytes"; unit_of["asked"] = "n"
	column["moved"] = "moved_bytes"; unit_of["moved"] = "n"
	column["sleeps"] = "sleeps"; unit_of["sleeps"] = "n"
	column["port"] = "port"; unit_of["port"] = "text"
}

function list(words, set, i, count, part) {
	count = split(words, part, " ")
	for (i = 1; i <= count; i++) set[part[i]] = 1
}

# The words: "KEY<tab>TEXT"
FNR == 1 { table++ }
table == 1 {
	if ($1 ~ /^answer/) {
		answers++
		condition[answers] = $1
		sub(/^answer( if )?/, "", condition[answers])
		answer[answers] = substr($0, length($1) + 2)
	}
	next
}

# Fields of a line of CSV, by the names in the first line.
function csv(line, i, count, part, rest) {
	if (index(line, "\"") == 0) {
		count = split(line, part, ",")
	} else {
		count = 0
		for (rest = line ","; rest != ""; rest = substr(rest, RLENGTH + 1)) {
			match(rest, /^("([^"]|"")*"|[^",]*),/)
			part[++count] = substr(rest, 1, RLENGTH - 1)
			gsub(/^"|"$/, "", part[count])
		}
	}
	for (i = 1; i <= count; i++)
		if (FNR == 1) head[i] = part[i]
		else row[head[i]] = part[i]
	return FNR > 1
}

# Whose socket or call it is: lessons name their processes for it.
function side_of(comm) {
	if (comm ~ /_client$/) return "client"
	return comm ~ /_server$/ ? "server" : ""
}

table == 2 && csv($0) {
	key = side_of(row["comm"])
	socket_side[row["socket"]] = key
	for (field in peak)
		if (row[peak[field]] != "" && row[peak[field]] + 0 >= queue_max[key, field] + 0)
			queue_max[key, field] = row[peak[field]]
}

table == 3 && csv($0) {
	key = side_of(row["comm"]) SUBSEP row["call"]
	n = ++calls[key]
	for (field in column) call[key, n, field] = row[column[field]]
	if (row["error"] != "") {
		call[key, n, "result"] = -1
		failed[key]++
		by_error[key, row["error"]]++
	} else if (row["finished"] == 1) {
		call[key, n, "error"] = "0"
	}
	call_connection[key, n] = row["connection"]
	moved[key] += row["moved_bytes"]
	inside[key] += row["inside_ns"]
}

table == 4 && csv($0) {
	side = row["side"] != "" ? row["side"] : socket_side[row["socket"]]
	key = side SUBSEP row["new_state"]
	if (!states[key]++) entered[key] = row["t_ns"]
	if (row["duration_ns"] != "") lasted[side, row["old_state"]] += row["duration_ns"]
}

# What was sent. What arrived counts only where nobody saw such a one leave: a
# kernel answers for a port where nobody listens without any socket.
table == 5 && csv($0) {
	key = row["connection"] SUBSEP row["sender"] SUBSEP row["segment"]
	if (row["received"] == 0) {
		seen_leaving[key] = 1
		add_segment(row["sender"], row["segment"], row["t_ns"])
		if (row["again"] == 1) add_segment(row["sender"], "again", row["t_ns"])
	} else if (!(key in seen_leaving)) {
		arrived[++arrivals] = key
		arrived_at[arrivals] = row["t_ns"]
	}
}

function add_segment(side, kind, at) {
	segment_at[side, kind, ++segments[side, kind]] = at
}

function add_arrivals(i, part) {
	for (i = 1; i <= arrivals; i++) {
		if (arrived[i] in seen_leaving) continue
		split(arrived[i], part, SUBSEP)
		add_segment(part[2], part[3], arrived_at[i])
	}
}

table == 6 && csv($0) {
	side = row["sender"]
	n = ++byte_rows[side]
	byte_at[side, n] = row["t_ns"] + 0
	byte_connection[side, n] = row["connection"]
	for (field in is_place) {
		byte[side, n, field] = row[field]
		if (row[field] != "" && (byte_max[side, field] == "" ||
					 row[field] + 0 > byte_max[side, field]))
			byte_max[side, field] = row[field] + 0
	}
}

# The value of a key in a line of JSON; no text of tcpwatch holds a key.
function json(key, rest, start) {
	start = index($0, "\"" key "\":")
	if (!start) return ""
	rest = substr($0, start + length(key) + 3)
	if (substr(rest, 1, 1) != "\"") {
		match(rest, /^[^,}]*/)
		rest = substr(rest, 1, RLENGTH)
		return rest == "null" ? "" : rest
	}
	match(rest, /^"([^"\\]|\\.)*"/)
	rest = substr(rest, 2, RLENGTH - 2)
	gsub(/\\"/, "\"", rest)
	gsub(/\\\\/, "\\", rest)
	return rest
}

table == 7 && /^{"type":"moment"/ {
	key = json("moment")
	n = ++moments[key]
	moment[key, n, "at"] = json("t_ns")
	moment[key, n, "caption"] = json("caption_" lang)
}

table == 7 && /^{"type":"connection"/ { verdict[json("connection")] = json("verdict_" lang) }

# Everything below gives the raw value of a fact, "" where the run has no such
# thing; sets `unit`, or `unknown` when no run could have it.
function number_of(word, count) {
	if (word == "last") return count
	if (word !~ /^[1-9][0-9]*$/) unknown = 1
	return word + 0
}

function call_fact(count, part, key, n) {
	key = part[1] SUBSEP part[2]
	unit = "n"
	if (count == 3) {
		if (part[3] == "count") return calls[key] + 0
		if (part[3] == "moved") return moved[key] + 0
		if (part[3] == "failed") return failed[key] + 0
		unit = "ns"
		if (part[3] == "time") return inside[key] + 0
		unknown = 1
	} else if (count == 4 && part[3] ~ /^E[A-Z0-9]+$/ && part[4] == "count") {
		return by_error[key, part[3]] + 0
	} else if (count == 4 && part[4] in column) {
		n = number_of(part[3], calls[key])
		unit = unit_of[part[4]]
		return (key, n, part[4]) in call ? call[key, n, part[4]] : ""
	} else {
		unknown = 1
	}
	return ""
}

function state_fact(count, part, key) {
	key = part[1] SUBSEP part[2]
	unit = "ns"
	if (count == 3 && part[3] == "time") return lasted[key]
	if (count == 3 && part[3] == "at") return entered[key]
	unit = "n"
	if (count == 3 && part[3] == "count") return states[key] + 0
	unknown = 1
	return ""
}

function segment_fact(count, part, key, n) {
	key = part[1] SUBSEP part[3]
	unit = "n"
	if (!(part[3] in is_kind)) unknown = 1
	else if (count == 4 && part[4] == "count") return segments[key] + 0
	else if (count == 5 && part[5] == "at") {
		unit = "ns"
		n = number_of(part[4], segments[key])
		return (key, n) in segment_at ? segment_at[key, n] : ""
	} else unknown = 1
	return ""
}

# The last row of that connection that is not later than the call's return.
function bytes_at_return(part, key, n, i, at, found) {
	key = part[1] SUBSEP part[4]
	n = number_of(part[5], calls[key])
	if (!((key, n, "at") in call) || call[key, n, "at"] == "") return ""
	at = call[key, n, "at"] + 0
	for (i = 1; i <= byte_rows[part[1]]; i++)
		if (byte_connection[part[1], i] == call_connection[key, n] && byte_at[part[1], i] <= at)
			found = i
	return found ? byte[part[1], found, part[3]] : ""
}

function bytes_fact(count, part) {
	unit = "n"
	if (!(part[3] in is_place)) unknown = 1
	else if (count == 4 && part[4] == "max") return byte_max[part[1], part[3]]
	else if (count == 4 && part[4] == "last")
		return byte_rows[part[1]] ? byte[part[1], byte_rows[part[1]], part[3]] : ""
	else if (count == 5 && part[4] in is_call) return bytes_at_return(part)
	else unknown = 1
	return ""
}

function queue_fact(count, part) {
	unit = "n"
	if (count != 4 || !(part[3] in peak) || part[4] != "max") unknown = 1
	return queue_max[part[1], part[3]]
}

function moment_fact(count, part, n) {
	unit = "n"
	if (count == 3 && part[3] == "count") return moments[part[2]] + 0
	n = count == 4 ? number_of(part[3], moments[part[2]]) : 1
	if ((count != 3 && count != 4) || (part[count] != "at" && part[count] != "caption"))
		unknown = 1
	unit = part[count] == "at" ? "ns" : "text"
	return (part[2], n, part[count]) in moment ? moment[part[2], n, part[count]] : ""
}

function single_fact(fact, count, part) {
	count = split(fact, part, ".")
	unit = "text"
	if (part[1] == "verdict" && count == 1) return verdict[1]
	if (part[1] == "verdict" && count == 2) return verdict[number_of(part[2], 0)]
	if (part[1] == "moment" && count > 2) return moment_fact(count, part)
	if (part[1] == "client" || part[1] == "server") {
		if (part[2] == "segments") return segment_fact(count, part)
		if (part[2] == "bytes") return bytes_fact(count, part)
		if (part[2] == "queues") return queue_fact(count, part)
		if (part[2] in is_state) return state_fact(count, part)
		if (part[2] in is_call) return call_fact(count, part)
	}
	unknown = 1
	return ""
}

function fact_value(fact, minus, left, right, left_unit) {
	minus = index(fact, " - ")
	if (!minus) return single_fact(fact)
	left = single_fact(substr(fact, 1, minus - 1))
	left_unit = unit
	right = single_fact(substr(fact, minus + 3))
	if (unit != left_unit || unit == "text") unknown = 1
	return left == "" || right == "" ? "" : left - right
}

function fail(text) {
	print name ": " text >"/dev/stderr"
	wrong = 1
	exit 1
}

function known_value(fact, value) {
	unknown = 0
	value = fact_value(fact)
	if (unknown) fail("{" fact "}: no such fact")
	return value
}

function commas(value, sign, text, i) {
	sign = value < 0 ? "-" : ""
	text = sprintf("%.0f", value < 0 ? -value : value)
	for (i = length(text) - 3; i > 0; i -= 3)
		text = substr(text, 1, i) "," substr(text, i + 1)
	return sign text
}

# 7.805 s, 106.1 us: as tcpwatch writes them.
function duration(ns, sign) {
	sign = ns < 0 ? "-" : ""
	if (ns < 0) ns = -ns
	if (ns < 1000) return sign sprintf("%.0f ns", ns)
	if (ns < 999950) return sign sprintf("%.1f us", ns / 1e3)
	if (ns < 9999500) return sign sprintf("%.3f ms", ns / 1e6)
	if (ns < 99995000) return sign sprintf("%.2f ms", ns / 1e6)
	if (ns < 999950000) return sign sprintf("%.1f ms", ns / 1e6)
	if (ns < 9999500000) return sign sprintf("%.3f s", ns / 1e9)
	if (ns < 99995000000) return sign sprintf("%.2f s", ns / 1e9)
	return sign sprintf("%.1f s", ns / 1e9)
}

function shown(fact, value) {
	value = known_value(fact)
	if (value == "" && !check) fail("{" fact "} has no value in this run")
	if (unit == "ns") return duration(value + 0)
	return unit == "n" ? commas(value + 0) : value
}

function fill(text, out) {
	out = ""
	while (match(text, /\{[^}]*\}/)) {
		out = out substr(text, 1, RSTART - 1) shown(substr(text, RSTART + 1, RLENGTH - 2))
		text = substr(text, RSTART + RLENGTH)
		match(text, /^/)
	}
	return out text
}

# A fact, or a word or number as it stands; "empty" is what a run has not.
function operand(text) {
	if (text ~ /^(client|server|moment|verdict)(\.|$)/) return known_value(text)
	if (text !~ /^(-?[0-9]+|[A-Za-z_0-9-]+)$/)
		fail("answer if: " text ": neither a fact nor a word or number")
	return text == "empty" ? "" : text
}

function compare(left, sign, right) {
	if (sign == "=") return left == "" right
	if (sign == "!=") return left != "" right
	if (left == "" || right == "") return 0
	left += 0
	right += 0
	if (sign == "<") return left < right
	if (sign == ">") return left > right
	return sign == "<=" ? left <= right : left >= right
}

function clause_holds(clause, start, size, sign) {
	if (!match(clause, / (=|!=|<|>|<=|>=) /))
		fail("answer if " clause ": no comparison")
	start = RSTART
	size = RLENGTH
	sign = substr(clause, start + 1, size - 2)
	return compare(operand(substr(clause, 1, start - 1)), sign,
		       operand(substr(clause, start + size)))
}

function holds(text, i, count, clause, all) {
	if (text == "") return 1
	count = split(text, clause, " and ")
	all = 1
	for (i = 1; i <= count; i++)
		if (!clause_holds(clause[i])) all = 0
	return all
}

function check_all(i) {
	for (i = 1; i <= answers; i++) {
		holds(condition[i])
		fill(answer[i])
	}
}

END {
	if (wrong) exit 1
	if (check) {
		check_all()
		exit wrong
	}
	add_arrivals()
	check = 1
	check_all()
	check = 0
	for (i = 1; i <= answers && !holds(condition[i]);) i++
	if (i > answers) fail("no answer holds")
	text = fill(answer[i])
	print text
}
