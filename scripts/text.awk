# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Text in columns, for English and Chinese: functions only, for other scripts.
# Bytes, not characters: run it with LC_ALL=C, so that every awk does the same.

# Bytes of the character that begins with this byte.
function text_bytes(first) {
	if (first < "\200") return 1
	if (first < "\340") return 2
	return first < "\360" ? 3 : 4
}

# Chinese characters and their punctuation take two columns.
function text_is_wide(character) {
	return character >= "\343"
}

function text_width(text, i, bytes, columns) {
	columns = 0
	for (i = 1; i <= length(text); i += bytes) {
		bytes = text_bytes(substr(text, i, 1))
		columns += text_is_wide(substr(text, i, bytes)) ? 2 : 1
	}
	return columns
}

function text_last(text, i) {
	for (i = length(text); i > 1 && substr(text, i, 1) >= "\200" && substr(text, i, 1) < "\300";)
		i--
	return substr(text, i)
}

function text_first(text) {
	return substr(text, 1, text_bytes(substr(text, 1, 1)))
}

# "，。、：；！？（）《》「」" and such
function text_is_wide_sign(character) {
	return character ~ /^(\343\200|\357\274|\357\275)/
}

# Joins two lines of one text: with a blank, but not within Chinese.
function text_join(before, after, last, first) {
	if (before == "" || after == "") return before after
	last = text_last(before)
	first = text_first(after)
	if (text_is_wide_sign(last) || text_is_wide_sign(first)) return before after
	if (text_is_wide(last) && text_is_wide(first)) return before after
	return before " " after
}

function text_put(piece) {
	if (text_column + (text_blank ? 1 : 0) + text_width(piece) > text_columns &&
	    text_column > text_indent) {
		text_out = text_out "\n" sprintf("%" text_indent "s", "")
		text_column = text_indent
		text_blank = 0
	}
	text_out = text_out (text_blank ? " " : "") piece
	text_column += (text_blank ? 1 : 0) + text_width(piece)
	text_blank = 0
}

# Breaks text at blanks and between Chinese characters, but no line begins with
# a sign that closes and none ends with one that opens. It begins at column
# `column`, every other line is indented.
function text_wrap(text, columns, indent, column, i, bytes, character, piece, before) {
	text_columns = columns
	text_indent = indent
	text_column = column
	text_out = piece = before = ""
	text_blank = 0
	for (i = 1; i <= length(text); i += bytes) {
		bytes = text_bytes(substr(text, i, 1))
		character = substr(text, i, bytes)
		if (character == " ") {
			if (piece != "") text_put(piece)
			piece = before = ""
			text_blank = 1
			continue
		}
		if (piece != "" && (text_is_wide(character) || text_is_wide(before)) &&
		    !text_closes(character) && !text_opens(before)) {
			text_put(piece)
			piece = ""
		}
		piece = piece character
		before = character
	}
	if (piece != "") text_put(piece)
	return text_out
}

function text_closes(character) {
	return index("，。、：；！？）》」』】％”’,.:;!?)]}%", character) > 0
}

function text_opens(character) {
	return index("（《「『【“‘([{", character) > 0
}
