# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# awk -v columns=80 -v indent=2 -f text.awk -f wrap.awk: wraps each line by
# itself; what stands before a tab begins the first line and counts for it.

{
	start = index($0, "\t")
	head = start ? substr($0, 1, start - 1) : ""
	column = text_width(head)
	if (start && column < indent) {
		head = head sprintf("%" (indent - column) "s", "")
		column = indent
	}
	print head text_wrap(substr($0, start + 1), columns, indent, column)
}
