# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# TAP as cmocka 1.1 writes it, to the PASS, FAIL and SKIP lines of
# tests/README.md. Set group (name of the program) and status (how it ended).
# Diagnostics of a failed test follow its line; output of a test comes before.

function finish() {
	if (failing != "") print "FAIL " failing ": " (why == "" ? "failed" : why)
	failing = why = ""
}
function name(line) { sub(/^(not )?ok [0-9]+( -)? /, "", line); return group "/" line }
/^1\.\.[0-9]+/ { planned += substr($0, 4); next }
/^TAP version/ { next }
/^(not )?ok [0-9]+.*# SKIP/ {
	finish(); results++
	gsub(/ *# SKIP */, " "); sub(/ +$/, "")
	print "SKIP " name($0) ": " (last == "" ? "the test gives no reason" : last)
	last = ""; next
}
/^ok [0-9]+/ { finish(); results++; print "PASS " name($0); last = ""; next }
/^not ok [0-9]+/ { finish(); results++; failing = name($0); last = ""; next }
/^# (not )?ok - / { next }
/^# / && failing != "" { print; why = why (why == "" ? "" : "; ") substr($0, 3); next }
{ print; if ($0 != "") last = $0 }
END {
	finish()
	if (results < planned || planned == 0)
		print "FAIL " group ": reported " results + 0 " of " planned + 0 \
			" tests (exit status " status ")"
	else if (status > 125)
		print "FAIL " group ": exit status " status
}