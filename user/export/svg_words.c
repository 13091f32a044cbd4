/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The words themselves. */
#include "user/export/svg_words.h"

#include <stdarg.h>

#include "user/export/svg_layout.h"

static const char *const words[SVG_WORD_COUNT][LANG_COUNT] = {
	[SVG_WORD_AXIS] = { "States, bytes by place, send buffer and calls of both ends of one "
			    "TCP connection on one time axis.",
			    "一个 TCP "
			    "连接两端的状态、字节所在位置、发送缓冲区和调用，画在同一时间轴上。" },
	[SVG_WORD_LADDER] = { "The segments between the two kernels from top to bottom, with "
			      "states and calls beside each end's line.",
			      "两端内核之间的报文段，从上到下；状态和调用写在各端的竖线旁边。" },
	[SVG_WORD_BYTES] = { "Where the bytes to the {0} are", "发往{0}的字节在哪里" },
	[SVG_WORD_MEMORY] = { "Send buffer memory (sk_wmem_queued)",
			      "发送缓冲区内存 (sk_wmem_queued)" },
	[SVG_WORD_CALLS] = { "System calls", "系统调用" },
	[SVG_WORD_BAND + BAND_READ] = { "read by the peer's program", "对端程序已读取" },
	[SVG_WORD_BAND + BAND_QUEUE] = { "in the peer's receive queue", "在对端的接收队列" },
	[SVG_WORD_BAND + BAND_FLIGHT] = { "sent, in flight", "已发出，在途" },
	[SVG_WORD_BAND +
		BAND_UNSENT] = { "in the send buffer, not sent yet", "在发送缓冲区，尚未发出" },
	[SVG_WORD_BAND +
		BAND_PROGRAM] = { "still in the sender's own memory", "还在发送程序的内存里" },
	[SVG_WORD_ACKED] = { "acknowledged by the peer's kernel", "对端内核已确认" },
	[SVG_WORD_UNACKED] = { "sent, not acknowledged", "已发送，未确认" },
	[SVG_WORD_LIMIT] = { "limit sk_sndbuf {0}", "上限 sk_sndbuf {0}" },
	[SVG_WORD_NOT_READ] = { "\"sent\", not read", "“已发送”，未读" },
	[SVG_WORD_NOT_ACKED] = { "\"sent\", not acknowledged", "“已发送”，未确认" },
	[SVG_WORD_ALL_READ] = { "all read", "全部已读" },
	[SVG_WORD_ALL_ACKED] = { "all acknowledged", "全部已确认" },
	[SVG_WORD_NO_DATA] = { "no data was sent", "没有发送数据" },
	[SVG_WORD_NO_SAMPLES] = { "not recorded: the sender is not traced, or --detail is less "
				  "than full",
				  "没有记录：发送端未被跟踪，或 --detail 低于 full" },
	[SVG_WORD_LOST] = { "{0} records LOST", "丢失 {0} 条记录" },
	[SVG_WORD_SHARE] = { "height: share of the time inside calls",
			     "高度：处于调用中的时间比例" },
	[SVG_WORD_RUNNING] = { "has not returned", "尚未返回" },
	[SVG_WORD_CHOSEN] = { "connection {0} of {1}", "第 {0} 个连接，共 {1} 个" },
	[SVG_WORD_ZERO] = { "0 s here is {0} in the capture", "此处 0 s 为记录中的 {0}" },
	[SVG_WORD_SHOWN] = { "{0} of {1} rows shown", "显示 {1} 行中的 {0} 行" },
	[SVG_WORD_SEEN] = { "{0} events were recorded.", "共记录 {0} 个事件。" },
};

const char *svg_word(enum lang lang, enum svg_word word)
{
	return words[word][lang];
}

char *svg_word_fill(char *text, size_t size, enum lang lang, enum svg_word word, ...)
{
	va_list list;

	va_start(list, word);
	words_fill_list(text, size, words[word][lang], list);
	va_end(list);
	return text;
}
