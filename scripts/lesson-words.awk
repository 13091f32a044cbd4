# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# awk -v name=FILE -f text.awk -f lesson-words.awk FILE: reads a lesson's words
# (experiments/lessons/README.md) and prints a line for each, "KEY<tab>TEXT",
# continuation lines joined. "answer if CONDITION" is a key too. What is wrong
# with the file it prints to standard error, as file:line, and exits with 1.

BEGIN {
	count = split("question run record picture predict answer look misunderstood exercise read",
		      keys, " ")
	for (i = 1; i <= count; i++) place[keys[i]] = i
	optional["picture"] = 1
	most["misunderstood"] = most["exercise"] = 3
	most["answer"] = 99
	at = 1
}

function complain(line, text) {
	print name ":" line ": " text >"/dev/stderr"
	bad = 1
}

function check_key(key, word) {
	word = key
	sub(/ if .*/, "", word)
	if (!(word in place) || (word != key && word != "answer")) {
		complain(begins, "no such key: " key)
		return
	}
	if (place[word] < at) complain(begins, word ": stands too late: the order is in README.md")
	at = place[word]
	if (++seen[word] > (word in most ? most[word] : 1)) complain(begins, word ": too often")
	if (word == "answer" && always) complain(begins, "an answer after the one that always holds")
	if (key == "answer") always = 1
}

function finish(colon, key, text) {
	if (entry == "") return
	colon = index(entry, ":")
	key = substr(entry, 1, colon - 1)
	text = substr(entry, colon + 1)
	sub(/^ +/, "", text)
	if (!colon) complain(begins, "no key: " substr(entry, 1, 40))
	else if (text == "") complain(begins, key ": no text")
	else check_key(key)
	print key "\t" text
	entry = ""
}

text_width($0) > 80 { complain(FNR, "more than 80 columns") }
/^#/ { next }
/\t/ { complain(FNR, "a tab") }
/^ *$/ { complain(FNR, "an empty line"); next }
/^ / {
	sub(/^ +/, "")
	entry = text_join(entry, $0)
	next
}
{
	finish()
	entry = $0
	begins = FNR
}

END {
	finish()
	for (i = 1; i <= count; i++)
		if (!(keys[i] in seen) && !(keys[i] in optional)) complain(FNR, "no " keys[i])
	if (!always) complain(FNR, "no answer that always holds")
	exit bad
}
