/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The words themselves. English stays within ASCII, as in labels.c. */
#include "user/export/frame_words.h"

#include <stdarg.h>

static const char *const words[FRAME_WORDS][LANG_COUNT] = {
	[FRAME_CONNECTION] = { "{0} connection", "{0} 个连接" },
	[FRAME_CONNECTIONS] = { "{0} connections", "{0} 个连接" },
	[FRAME_EVENTS] = { "{0} events", "{0} 个事件" },
	[FRAME_LOST] = { "{0} lost", "丢失 {0}" },
	[FRAME_FROZEN] = { "FROZEN", "已冻结" },
	[FRAME_RUNNING_ON] = { "The view is closed; the command goes on. Ctrl-C ends it.",
			       "视图已关闭；命令继续运行。按 Ctrl-C 结束它。" },
	[FRAME_ENDED] = { "ENDED, exit {0}", "已结束，退出码 {0}" },
	[FRAME_KILLED] = { "ENDED by signal {0}", "被信号 {0} 结束" },
	[FRAME_NOTHING] = { "No TCP connection yet.", "还没有 TCP 连接。" },
	[FRAME_UNSEEN] = { "(not seen yet)", "（尚未见到）" },
	[FRAME_WHERE] = { "WHERE ARE THE BYTES?  {0} -> {1}, {2} given",
			  "字节在哪里？  {0} -> {1}，交付 {2}" },
	[FRAME_WHERE_SEEN] = { "WHERE ARE THE BYTES?  {0} -> {1}, {2} seen",
			       "字节在哪里？  {0} -> {1}，所见 {2}" },
	[FRAME_NO_BYTES] = { "WHERE ARE THE BYTES?  none was given to send() yet",
			     "字节在哪里？  还没有字节交给发送调用" },
	[FRAME_NO_PLACES] = { "WHERE ARE THE BYTES?  not recorded in this run",
			      "字节在哪里？  这次运行没有记录" },
	[FRAME_READ] = { "read by the {0}'s program", "{0}程序已读取" },
	[FRAME_ACKED] = { "acknowledged", "已确认" },
	[FRAME_QUEUE] = { "in the {0}'s receive queue", "在{0}的接收队列" },
	[FRAME_FLIGHT] = { "in flight", "在途" },
	[FRAME_UNACKED] = { "sent, not acknowledged", "已发送，未确认" },
	[FRAME_UNSENT] = { "in the send buffer, unsent", "在发送缓冲区，未发送" },
	[FRAME_PROGRAM] = { "still in the {0}'s own memory", "仍在{0}程序的内存" },
	[FRAME_OTHER] = { "OTHER WAY  {0} -> {1}: {2} bytes given, {3} not read",
			  "反方向  {0} -> {1}：交付 {2} 字节，未读 {3}" },
	[FRAME_BUFFER] = { "SEND BUFFER", "发送缓冲区" },
	[FRAME_RECEIVE] = { "RECEIVE QUEUE", "接收队列" },
	[FRAME_OF] = { "{0} of {1}", "{0} / {1}" },
	[FRAME_UNREAD_B] = { "{0} unread", "{0} 未读" },
	[FRAME_NO_SAMPLE] = { "not sampled yet", "尚无采样" },
	[FRAME_NOW] = { "NOW", "此刻" },
	[FRAME_OWN_CODE] = { "own code", "自身代码" },
	[FRAME_AGO] = { "last {0}, {1} ago", "上次 {0}，{1} 前" },
	[FRAME_NO_CALL] = { "no call was seen to return", "未见调用返回" },
	[FRAME_INSIDE] = { "{0} inside", "已在其中 {0}" },
	[FRAME_INSIDE_WHY] = { "WAITS {0}: {1}", "等待 {0}：{1}" },
	[FRAME_WHY_FULL] = { "buffer full, {0}", "缓冲区满，{0}" },
	[FRAME_WHY_BUFFER] = { "send buffer full", "发送缓冲区满" },
	[FRAME_WHY_LOWAT] = { "TCP_NOTSENT_LOWAT reached", "达到 TCP_NOTSENT_LOWAT" },
	[FRAME_WHY_NO_DATA] = { "nothing to read", "没有可读的数据" },
	[FRAME_WHY_SYN] = { "no answer to the SYN", "SYN 没有应答" },
	[FRAME_WAITS_ACCEPT] = { "not accepted", "未被 accept" },
	[FRAME_WAITS_ACCEPT_WHY] = { "only its kernel has it so far", "目前只在内核中" },
	[FRAME_CLOSED] = { "closed", "已关闭" },
	[FRAME_ALONE] = { "its kernel alone for {0}", "内核独自工作了 {0}" },
	[FRAME_GONE] = { "process ended", "进程已结束" },
	[FRAME_OVER] = { "this end is closed", "此端已关闭" },
	[FRAME_CALLS] = { "CALLS", "调用" },
	[FRAME_FAILED] = { "failed", "失败" },
	[FRAME_LAST] = { "LAST", "最近" },
	[FRAME_OUTPUT] = { "OUTPUT", "输出" },
	[FRAME_LIST] = { "CONNECTIONS, by time in calls", "连接，调用内时间最长的在前" },
	[FRAME_UNREAD] = { "unread", "未读" },
	[FRAME_STATES] = { "states", "状态" },
	[FRAME_CALL] = { "in call", "调用中" },
	[FRAME_REPLAY] = { "replay", "回放" },
	[FRAME_PAUSED] = { "paused", "暂停" },
	[FRAME_AUTO] = { "auto", "自动" },
	[FRAME_STEP] = { "step", "逐步" },
	[FRAME_REAL_TIME] = { "real time", "实时" },
	[FRAME_FASTER] = { "{0}{1}{2}x faster", "{0}{1}快 {2} 倍" },
	[FRAME_SLOWER] = { "{0}{1}{2}x slower", "{0}{1}慢 {2} 倍" },
	[FRAME_ASK] = { "{0}() is about to return; it was given {1} bytes. How many of them has "
			"the {2}'s program read by then? Type a number, or only think; Enter "
			"shows the answer: {3}_",
			"{0}() 即将返回；交给它的字节：{1}。此刻{2}程序读了多少？输入数字，"
			"或只在心里想；回车显示答案：{3}_" },
	[FRAME_ANSWER] = { "By then {0} of {1} bytes were read.", "此刻已读 {0} / {1} 字节。" },
	[FRAME_YOU_SAID] = { "You said {0}: by then {1} of {2} bytes were read.",
			     "你的答案：{0}。此刻已读 {1} / {2} 字节。" },
	[FRAME_BEFORE] = { "Before the first moment.", "第一个时刻之前。" },
	[FRAME_AT_END] = { "The capture ends here.", "记录到此结束。" },
	[FRAME_TOP] = { "ENDS by time blocked", "连接端，按阻塞时间排序" },
	[FRAME_TOP + 1] = { "ENDS by bytes", "连接端，按字节数排序" },
	[FRAME_TOP + 2] = { "ENDS by segments sent again", "连接端，按重传排序" },
	[FRAME_TOP + 3] = { "ENDS by bytes per second", "连接端，按速率排序" },
	[FRAME_TOP_KEYS] = { "1 blocked  2 bytes  3 retrans  4 rate",
			     "1 阻塞  2 字节  3 重传  4 速率" },
	[FRAME_TOP_ID] = { "#", "#" },
	[FRAME_TOP_WHO] = { "who", "进程" },
	[FRAME_TOP_LOCAL] = { "local", "本端" },
	[FRAME_TOP_REMOTE] = { "remote", "对端" },
	[FRAME_TOP_STATE] = { "state", "状态" },
	[FRAME_TOP_BLOCKED] = { "blk%", "阻塞" },
	[FRAME_TOP_SEND_QUEUE] = { "sendq", "sendq" },
	[FRAME_TOP_RECV_QUEUE] = { "recvq", "recvq" },
	[FRAME_TOP_OUT] = { "out/s", "发/s" },
	[FRAME_TOP_IN] = { "in/s", "收/s" },
	[FRAME_TOP_AGAIN] = { "retx", "重传" },
	[FRAME_TOP_WHY] = { "waits for", "等待" },
	[FRAME_TOP_WINDOW] = { "peer window", "对端窗口" },
	[FRAME_TOP_CONGESTION] = { "cong window", "拥塞窗口" },
	[FRAME_TOP_BUFFER] = { "send buffer", "发送缓冲区" },
	[FRAME_TOP_LOWAT] = { "lowat", "lowat" },
	[FRAME_TOP_PACING] = { "pacing", "发送节奏" },
	[FRAME_TOP_NO_DATA] = { "data", "数据" },
	[FRAME_TOP_SYN] = { "SYN answer", "SYN 应答" },
	[FRAME_TOP_OVER] = { "(over)", "（结束）" },
	[FRAME_MASKED] = { "hidden until you have said what you think", "先说出你的判断，再揭晓" },
};

const struct frame_key_help frame_live_keys[] = {
	{ "q", { "quit", "退出" } },
	{ "space", { "freeze", "冻结" } },
	{ "?", { "help", "帮助" } },
	{ "tab", { "next connection", "下一连接" } },
	{ "l", { "ladder", "时序图" } },
	{ "e", { "events", "事件" } },
	{ "t", { "top", "排行" } },
	{ "esc", { "back to the list", "回到列表" } },
	{ "enter", { "open the connection", "打开连接" } },
	{ "up/down", { "choose or scroll", "选择或滚动" } },
	{ NULL, { NULL, NULL } },
};

const struct frame_key_help frame_play_keys[] = {
	{ "q", { "quit", "退出" } },	     { "space", { "play/pause", "播放/暂停" } },
	{ "n", { "next", "下一刻" } },	     { "p", { "previous", "上一刻" } },
	{ "[ ]", { "pace", "节奏" } },	     { "l", { "ladder", "时序图" } },
	{ "?", { "help", "帮助" } },	     { "<- ->", { "one event", "单个事件" } },
	{ "e", { "events", "事件" } },	     { "tab", { "next connection", "下一连接" } },
	{ "up/down", { "scroll", "滚动" } }, { NULL, { NULL, NULL } },
};

static const char *const help_en[] = {
	"The bar shows every byte that the program has handed to send(), in the",
	"order of its way: read by the peer's program, in the peer's receive",
	"queue, in flight, in the send buffer, still in the sender's own memory.",
	"SEND BUFFER is the kernel's memory (sk_wmem_queued) against its limit",
	"(sk_sndbuf), which is soft: a little more than 100 % is normal.",
	"States in the list: ESTAB ESTABLISHED, SYN-S SYN_SENT, SYN-R SYN_RECV,",
	"FIN-1 FIN_WAIT1, FIN-2 FIN_WAIT2, TIMEW TIME_WAIT, CLO-W CLOSE_WAIT,",
	"L-ACK LAST_ACK, CLSNG CLOSING.",
	"In top, blk% is the share of the last second in calls that can block.",
	"Keys go to tcpwatch, never to the command. Ctrl-C and Ctrl-Z reach both.",
	NULL,
};

static const char *const help_zh[] = {
	"横条显示程序交给 send() 的每个字节，按其路径排列：",
	"对端程序已读、对端接收队列、在途、发送缓冲区、仍在发送程序内存。",
	"发送缓冲区是内核内存（sk_wmem_queued）与其上限（sk_sndbuf）之比；",
	"上限是软的：略超过 100 % 是正常的。",
	"列表中的状态：ESTAB ESTABLISHED，SYN-S SYN_SENT，SYN-R SYN_RECV，",
	"FIN-1 FIN_WAIT1，FIN-2 FIN_WAIT2，TIMEW TIME_WAIT，CLO-W CLOSE_WAIT，",
	"L-ACK LAST_ACK，CLSNG CLOSING。",
	"排行中，阻塞是最近一秒在可阻塞调用中的百分比。",
	"按键只给 tcpwatch，不给命令。Ctrl-C 和 Ctrl-Z 两者都收到。",
	NULL,
};

const char *frame_word(enum lang lang, enum frame_word word)
{
	return words[word][lang];
}

char *frame_say(char *text, size_t size, enum lang lang, enum frame_word word, ...)
{
	va_list list;

	va_start(list, word);
	words_fill_list(text, size, words[word][lang], list);
	va_end(list);
	return text;
}

const char *const *frame_help(enum lang lang)
{
	return lang == LANG_ZH ? help_zh : help_en;
}
