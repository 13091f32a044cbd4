# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# awk -v name=NAME -v lang=LANG -v picture=FILE -f text.awk -f course.awk: the
# section of one lesson in the course, from its words ("KEY<tab>TEXT").

BEGIN {
	FS = "\t"
	english = lang == "en"
}

# What Markdown would take for its own; a line of Chinese is not broken, since
# a break becomes a blank when it is shown.
function text(words, head, indent) {
	gsub(/[*]/, "\\*", words)
	gsub(/</, "\\&lt;", words)
	if (!english) return head words
	words = text_wrap(glued(words), 80, indent, length(head))
	gsub(/\001/, " ", words)
	return head words
}

# A line must not begin like an item of a list: no break before "2. " or "- ".
function glued(words) {
	while (match(words, / ([-+]|[0-9]+[.)]) /))
		words = substr(words, 1, RSTART - 1) "\001" substr(words, RSTART + 1)
	return words
}

function item(mark, words) {
	print text(words, mark, length(mark))
}

{ words[$1, ++count[$1]] = $2 }

END {
	printf "\n### `%s`%s%s\n\n", name, english ? ": " : "：", words["question", 1]
	printf "    sudo scripts/lesson %s%s\n", name, english ? "" : " --lang zh"
	if (picture != "")
		printf "\n![%s](%s)\n", words["question", 1], picture
	out("Predict", "先预测", "predict")
	out("What to look for", "看什么", "look")
	several("Commonly misunderstood", "常见的误解", "misunderstood", 0)
	several("Exercises", "练习", "exercise", 1)
	out("Read on", "接着读", "read")
}

function out(head_en, head_zh, key) {
	print "\n" text(words[key, 1], english ? "**" head_en ":** " : "**" head_zh "**：", 0)
}

function several(head_en, head_zh, key, numbered, i) {
	printf english ? "\n**%s:**\n\n" : "\n**%s**：\n\n", english ? head_en : head_zh
	for (i = 1; i <= count[key]; i++)
		item(numbered ? i ". " : "- ", words[key, i])
}
