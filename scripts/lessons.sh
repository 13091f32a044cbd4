# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Sourced by scripts that read the words of the lessons, from the root of the
# checkout: their order and their words (experiments/lessons/README.md).

lessons=experiments/lessons

# The order, as "topic EN | ZH" and "lesson NAME".
lesson_topics() {
	awk '/^#/ || /^[ \t]*$/ { next }
		/^[ \t]/ { for (i = 1; i <= NF; i++) print "lesson", $i; next }
		{ print "topic", $0 }' $lessons/ORDER
}

lesson_names() {
	lesson_topics | sed -n 's/^lesson //p'
}

# All words of a lesson, "KEY<tab>TEXT"; errors go to standard error.
lesson_words() { # NAME LANG
	local file=$lessons/$1.$2
	LC_ALL=C awk -v name="$file" -f scripts/text.awk -f scripts/lesson-words.awk "$file"
}

# The text of a key, a line for each, of words on standard input.
lesson_word() { # KEY
	sed -n "s/^$1\t//p"
}
