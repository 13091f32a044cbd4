/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The words themselves. English stays within ASCII, so that it needs no
 * special treatment on a terminal without UTF-8.
 */
#include "user/export/labels.h"

#include <stdarg.h>
#include <string.h>

static const char *const labels[LABEL_COUNT_ALL][LANG_COUNT] = {
	[LABEL_CLIENT] = { "client", "客户端" },
	[LABEL_SERVER] = { "server", "服务器" },
	[LABEL_NOT_TRACED] = { "(not traced)", "（未跟踪）" },
	[LABEL_ZERO] = { "-- times count from the first event above, from the first SYN ({0}) "
			 "below",
			 "-- 以上时间从第一个事件算起；以下从第一个 SYN（{0}）算起" },
	[LABEL_LATE] = { ", at {0}", "（{0}）" },
	[LABEL_COLON] = { ": ", "：" },
	[LABEL_COMMA] = { ", ", "，" },
	[LABEL_TIME] = { "time", "时间" },
	[LABEL_PASS] = { "{0} pass", "经过 {0}" },
	[LABEL_LEFT_OUT] = { "{0} rows left out", "省略 {0} 行" },
	[LABEL_LEFT_OUT_ONE] = { "{0} row left out", "省略 {0} 行" },
	[LABEL_GAP_ROWS] = { "{0} rows, {1}", "{0} 行，{1}" },
	[LABEL_GAP_ROW] = { "{0} row, {1}", "{0} 行，{1}" },
	[LABEL_GAP_CALLS] = { "{0} calls, {1}", "{0} 次调用，{1}" },
	[LABEL_GAP_CALL] = { "{0} call, {1}", "{0} 次调用，{1}" },
	[LABEL_LOST_HERE] = { "{0} records LOST here", "此处丢失 {0} 条记录" },
	[LABEL_LOST_HERE_ONE] = { "{0} record LOST here", "此处丢失 {0} 条记录" },
	[LABEL_SEGMENTS] = { "{0} segments, {1}", "{0} 个报文段，{1}" },
	[LABEL_SEGMENT] = { "{0} segment, {1}", "{0} 个报文段，{1}" },
	[LABEL_SEGMENTS_ONLY] = { "{0} segments", "{0} 个报文段" },
	[LABEL_SEGMENT_ONLY] = { "{0} segment", "{0} 个报文段" },
	[LABEL_IN] = { "in {0}", "历时 {0}" },
	[LABEL_ARRIVES] = { "arrives {0}", "{0} 到达" },
	[LABEL_NO_ARRIVAL] = { "not seen to arrive", "未见到达" },
	[LABEL_AGAIN] = { "again: ", "重传：" },
	[LABEL_NO_LADDER] = { "no ladder is kept of this connection", "此连接没有保存时序图" },
	[LABEL_NO_CONNECTION] = { "No new TCP connection was seen.", "没有看到新的 TCP 连接。" },
	[LABEL_LOSSY] = { "Records were LOST while this connection was open: what "
			  "follows has gaps.",
			  "此连接期间丢失了记录：以下内容有缺口。" },
	[LABEL_AT_RETURN] = { "at the return of {0}()", "{0}() 返回时" },
	[LABEL_AT_LAST_RETURN] = { "at the last {0}()'s return", "最后一次 {0}() 返回时" },
	[LABEL_PLACE_READ] = { "read", "已读取" },
	[LABEL_PLACE_ACKED] = { "acknowledged", "已确认" },
	[LABEL_PLACE_QUEUE] = { "receive queue", "接收队列" },
	[LABEL_PLACE_FLIGHT] = { "in flight", "在途" },
	[LABEL_PLACE_UNACKED] = { "sent, not acknowledged", "已发送，未确认" },
	[LABEL_PLACE_UNSENT] = { "send buffer", "发送缓冲区" },
	[LABEL_PLACE_PROGRAM] = { "still in the program", "仍在程序中" },
	[LABEL_SEND_BUFFER] = { "send buffer", "发送缓冲区" },
	[LABEL_RECEIVE_QUEUE] = { "receive queue", "接收队列" },
	[LABEL_PEAK] = { "peak", "峰值" },
	[LABEL_RETURNED] = { "{0}() returned", "{0}() 返回" },
	[LABEL_LAST_RETURNED] = { "last {0}() returned", "最后一次 {0}() 返回" },
	[LABEL_TIME_IN_STATE] = { "time in state", "各状态时间" },
	[LABEL_SO_FAR] = { "{0} so far", "至今 {0}" },
	[LABEL_ENTERED] = { "entered", "已进入" },
	[LABEL_LATE_SYN_RECV] = { "the beginning of SYN_RECV was not seen",
				  "没有看到 SYN_RECV 的开始" },
	[LABEL_CALLS] = { "calls", "调用" },
	[LABEL_COUNT] = { "count", "次数" },
	[LABEL_BYTES] = { "bytes", "字节" },
	[LABEL_ASKED] = { "largest asked", "最大请求" },
	[LABEL_INSIDE] = { "time inside", "内部时间" },
	[LABEL_LONGEST] = { "longest", "最长" },
	[LABEL_SLEPT] = { "slept {0}: {1}", "睡眠 {0}：{1}" },
	[LABEL_SLEPT_SHARE] = { "slept {0} ({1}): {2}", "睡眠 {0}（{1}）：{2}" },
	[LABEL_READER] = { "; slow reader: {0}", "；读得慢的进程：{0}" },
	[LABEL_READER_KEPT_UP] = { "; its reader kept up", "；读取的进程没有落后" },
	[LABEL_READER_NOT_KNOWN] = { "; the reader is not traced", "；读取的进程未被跟踪" },
	[LABEL_WAITED] = { "{0} ({1}): {2}", "{0}（{1}）：{2}" },
	[LABEL_NOT_WAITED] = { "{0}: {2}; the call did not wait for it", "{0}：{2}；调用没有等它" },
	[LABEL_PHASE + PHASE_BEFORE_SYN] = { "before the SYN left: route, neighbour",
					     "SYN 发出之前：路由、邻居解析" },
	[LABEL_PHASE + PHASE_SYN_RETRY] = { "SYN retries, no answer seen ({0} SYNs in all)",
					    "重发 SYN，未见应答（共 {0} 个 SYN）" },
	[LABEL_PHASE + PHASE_SYN_ACK_RETRY] = { "SYN retries, SYN-ACK lost or late ({0} SYNs in "
						"all)",
						"重发 SYN，SYN-ACK 丢失或迟到（共 {0} 个 SYN）" },
	[LABEL_PHASE + PHASE_ACCEPT_QUEUE] = { "SYN retries, accept queue full ({0} SYNs in all)",
					       "重发 SYN，accept 队列已满（共 {0} 个 SYN）" },
	[LABEL_PHASE + PHASE_SYN_ACK_WAIT] = { "from the SYN to its answer", "从 SYN 到应答" },
	[LABEL_PHASE + PHASE_AFTER] = { "from the answer to the return", "从应答到返回" },
	[LABEL_ACCEPT_LATE] = { "ready {0} before the call: the program came late",
				"调用之前 {0} 就已就绪：程序来晚了" },
	[LABEL_NOT_READY] = { "{0} ({1}): no connection was ready",
			      "{0}（{1}）：还没有就绪的连接" },
	[LABEL_SLEEP + SLEEP_NONE] = { "no cause known", "原因未知" },
	[LABEL_SLEEP + SLEEP_PEER_WINDOW] = { "peer's window", "对端窗口" },
	[LABEL_SLEEP + SLEEP_CONGESTION] = { "congestion window", "拥塞窗口" },
	[LABEL_SLEEP + SLEEP_BUFFER] = { "send buffer", "发送缓冲区" },
	[LABEL_SLEEP + SLEEP_LOWAT] = { "TCP_NOTSENT_LOWAT", "TCP_NOTSENT_LOWAT" },
	[LABEL_SLEEP + SLEEP_PACING] = { "pacing", "发送节奏控制（pacing）" },
	[LABEL_FAILED] = { "{0} failed", "{0} 次失败" },
	[LABEL_SHORT] = { "{0} moved less than asked", "{0} 次少于请求" },
	[LABEL_EVENTS] = { "{0} events, {1} lost.", "{0} 个事件，丢失 {1} 个。" },
	[LABEL_EVENT] = { "{0} event, {1} lost.", "{0} 个事件，丢失 {1} 个。" },
	[LABEL_SAVED] = { "saved ", "已保存 " },
	[LABEL_NEXT] = { "next:", "接下来：" },
	[LABEL_KEEP] = { "Add -o FILE.tcpw to keep the capture; then "
			 "tcpwatch -r FILE.tcpw --view ladder shows it again.",
			 "加上 -o FILE.tcpw 可保存记录；之后用 "
			 "tcpwatch -r FILE.tcpw --view ladder 再看。" },
	[LABEL_LOST] = { "{0} RECORDS LOST: what is said above has gaps.",
			 "丢失了 {0} 条记录：以上内容有缺口。" },
	[LABEL_LOST_ONE] = { "{0} RECORD LOST: what is said above has a gap.",
			     "丢失了 {0} 条记录：以上内容有缺口。" },
	[LABEL_LOST_SPAN] = { "{0} {1} between {2} and {3}", "{2} 到 {3} 之间：{0} {1}" },
	[LABEL_LOST_MORE] = { "and {0} more spans", "还有 {0} 段" },
	[LABEL_CUT] = { "The capture is cut off at {0}: what came later is not in it.",
			"记录在 {0} 处中断：其中没有之后的情况。" },
	[LABEL_DAMAGED] = { "The capture is damaged behind {0}: {1} bytes are not used, and what "
			    "came later is not known.",
			    "记录在 {0} 之后已损坏：{1} 字节未使用，之后的情况未知。" },
	[LABEL_CUT_EMPTY] = { "The capture is cut off before its first record.",
			      "记录在第一条之前就已中断。" },
	[LABEL_MPTCP] = { "{0} sockets are MPTCP, which is not decoded: only their calls are told.",
			  "{0} 个套接字使用 MPTCP，本工具不解码它：只给出它们的调用。" },
	[LABEL_MPTCP_ONE] = { "{0} socket is MPTCP, which is not decoded: only its calls are told.",
			      "{0} 个套接字使用 MPTCP，本工具不解码它：只给出它的调用。" },
	[LABEL_32BIT] = { "{0} processes, {1} ({2}) for one, make 32-bit system calls, which are "
			  "not decoded.",
			  "{0} 个进程（例如 {1}，{2}）使用 32 位系统调用，本工具不解码它们。" },
	[LABEL_32BIT_ONE] = { "{1} ({2}) makes 32-bit system calls, which are not decoded.",
			      "{1}（{2}）使用 32 位系统调用，本工具不解码它们。" },
	[LABEL_OLDER] = { "{0} sockets were connected before the trace began, and where their "
			  "bytes are can't be told: their calls and segments are in --view events.",
			  "{0} "
			  "个套接字在跟踪开始之前就已连接，无法得知其字节的位置：它们的调用和报文段"
			  "见 "
			  "--view events。" },
	[LABEL_OLDER_ONE] = { "{0} socket was connected before the trace began, and where its "
			      "bytes "
			      "are can't be told: its calls and segments are in --view events.",
			      "{0} "
			      "个套接字在跟踪开始之前就已连接，无法得知其字节的位置：它的调用和报文"
			      "段见 "
			      "--view events。" },
	[LABEL_CLOSING] = { "{0} connections had been closed before the trace began and were in "
			    "TIME_WAIT or FIN_WAIT2: --view events and --csv list them.",
			    "{0} 个连接在跟踪开始之前就已关闭，处于 TIME_WAIT 或 FIN_WAIT2：见 "
			    "--view "
			    "events 和 --csv。" },
	[LABEL_CLOSING_ONE] = { "{0} connection had been closed before the trace began and was in "
				"TIME_WAIT or FIN_WAIT2: --view events and --csv list it.",
				"{0} 个连接在跟踪开始之前就已关闭，处于 TIME_WAIT 或 FIN_WAIT2：见 "
				"--view "
				"events 和 --csv。" },
	[LABEL_LEFT_OPEN] = { "More than {1} connections were open at once: {0} that had been "
			      "silent longest "
			      "are told as open, without what came later.",
			      "同时打开的连接超过 {1} 个：其中沉默最久的 {0} "
			      "个按当时的样子报告为未结束，"
			      "不含此后的事。" },
	[LABEL_NOT_KNOWN] = { "not known on this kernel: ", "此内核上无法得知：" },
	[LABEL_NOT_ASKED] = { "not recorded at --detail {0}: ", "--detail {0} 不记录：" },
	[LABEL_ASK_FULL] = { "; --detail full records all", "；--detail full 记录全部" },
	[LABEL_ONLY] = { "sockets recorded: only ", "只记录这些套接字：" },
	[LABEL_MORE] = { "and {0} more connections: {1} bytes to servers, {2} bytes to clients",
			 "另有 {0} 个连接：到服务器 {1} 字节，到客户端 {2} 字节" },
	[LABEL_MORE_ONE] = { "and {0} more connection: {1} bytes to the server, {2} bytes to the "
			     "client",
			     "另有 {0} 个连接：到服务器 {1} 字节，到客户端 {2} 字节" },
	[LABEL_ONE_LINE] = { "More than {0} connections: from here on, one line for each when it "
			     "is over.",
			     "连接超过 {0} 个：从这里起，每个连接只在结束时显示一行。" },
	[LABEL_RESET] = { "reset by the {0}", "被{0}复位" },
	[LABEL_ALL_FAILED] = { "{0} failed to connect", "{0} 个连接失败" },
	[LABEL_ALL_RESET] = { "{0} reset", "{0} 个被复位" },
	[LABEL_ALL_OPEN] = { "{0} open at the end", "{0} 个到最后仍未结束" },
	[LABEL_ALL_LOSSY] = { "{0} with LOST records", "{0} 个丢失了记录" },
	[LABEL_ALL_AGAIN] = { "{0} segments sent again", "{0} 个报文段重传" },
	[LABEL_ALL_BLOCKED] = { "in connect, send and receive calls {0} in all; most in "
				"#{1}: {2}",
				"在连接、发送和接收调用中共 {0}；最多的是 #{1}：{2}" },
	[LABEL_ALL_LONGEST] = { "the longest: #{0}, {1}", "持续最久的是 #{0}：{1}" },
	[LABEL_ALL_FOLDED] = { "Too many to keep each one until the end: --csv, --json and "
			       "--view events have them all.",
			       "连接太多，无法全部保留到最后：--csv、--json 和 --view events "
			       "包含每一个。" },
	[LABEL_MORE_LADDER] = { "and {0} more connection without one: ladders are kept of the "
				"first {1}",
				"另有 {0} 个连接没有时序图：只保存前 {1} 个的" },
	[LABEL_MORE_LADDERS] = { "and {0} more connections without one: ladders are kept of the "
				 "first {1}",
				 "另有 {0} 个连接没有时序图：只保存前 {1} 个的" },
	[LABEL_PROCESS] = { "who", "进程" },
	[LABEL_SENT] = { "sent", "发送" },
	[LABEL_RECEIVED] = { "recv", "接收" },
	[LABEL_TOOK] = { "took", "历时" },
	[LABEL_INSIDE_CALLS] = { "block", "阻塞" },
	[LABEL_END] = { "end", "结束" },
	[LABEL_ENDS] = { "local -> remote", "本端 -> 对端" },
	[LABEL_TOTAL] = { "{0} {0|connection|connections}: {1} closed, {2} reset, {3} failed, {4} "
			  "open.",
			  "{0} 个连接：{1} 个正常关闭，{2} 个被复位，{3} 个失败，{4} 个未结束。" },
	[LABEL_TOTAL_BYTES] = { "{0} {0|byte|bytes} to servers, {1} to clients",
				"到服务器 {0} 字节，到客户端 {1} 字节" },
	[LABEL_TOTAL_INSIDE] = { "{0} inside calls that can block", "在可阻塞的调用中 {0}" },
	[LABEL_TOTAL_AGAIN] = { "{0} {0|segment|segments} sent again", "重传 {0} 个报文段" },
	[LABEL_STOP] = { ".", "。" },
	[LABEL_OTHERS] = { "UDP, raw and UNIX sockets: no handshake, no states. Their queues as "
			   "ss counts them, seen at each call.",
			   "UDP、raw 和 UNIX 套接字：没有握手，没有状态。队列与 ss "
			   "的计数相同，在每次"
			   "调用时查看。" },
	[LABEL_OTHER] = { "socket {0} {1}", "套接字 {0} {1}" },
	[LABEL_PART] = { "; ", "；" },
	[LABEL_OTHER_RECV] = { "recv-q {0}, at most {1}", "recv-q {0}，最多 {1}" },
	[LABEL_OTHER_NO_RECV] = { "recv-q not known", "recv-q 未知" },
	[LABEL_OTHER_MESSAGES] = { "{0} {0|message|messages} waiting, at most {1}",
				   "{0} 个报文等待读取，最多 {1}" },
	[LABEL_OTHER_SEND] = { "send-q {0}, at most {1}", "send-q {0}，最多 {1}" },
	[LABEL_OTHER_NO_SEND] = { "send-q not known", "send-q 未知" },
	[LABEL_OTHER_ACCEPT] = { "{0} to be accepted, at most {1}", "{0} 个等待 accept，最多 {1}" },
	[LABEL_OTHER_LIMIT] = { "limit {0}", "上限 {0}" },
	[LABEL_OTHER_DROPS] = { "{0} dropped", "丢弃 {0} 个" },
	[LABEL_OTHER_MORE] = { "and {0} {0|socket|sockets} more: at most {1} bytes in one receive "
			       "queue; {2} dropped",
			       "另有 {0} 个套接字：单个接收队列最多 {1} 字节；丢弃 {2} 个" },
	[LABEL_OTHER_EMPTY] = { "left out: {0} UNIX {0|socket|sockets} in which nothing ever "
				"waited",
				"已省略：{0} 个从未有数据等待的 UNIX 套接字" },
};

const char *label(enum lang lang, enum label label)
{
	return labels[label][lang];
}

char *label_fill(char *text, size_t size, enum lang lang, enum label label, ...)
{
	va_list list;

	va_start(list, label);
	words_fill_list(text, size, labels[label][lang], list);
	va_end(list);
	return text;
}
