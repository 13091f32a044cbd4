/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The page as scripts/page joins it from page/: what stands before the data,
 * and what stands behind. Bytes only, no code.
 */
	.section .rodata
	.globl page_head, page_head_end, page_tail, page_tail_end
page_head:
	.incbin "build/page/head.html"
page_head_end:
page_tail:
	.incbin "build/page/tail.html"
page_tail_end:
	.byte 0

	.section .note.GNU-stack, "", %progbits
