/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is said in Chinese. */
#include "user/model/sentences.h"

const struct sentences sentences_zh = {
	.client = "客户端",
	.server = "服务器",
	.gap = "",
	.moments = {
		[MOMENT_LISTEN] = { "listen()", {
			"从现在起，内核替 {0} 接受连接，不管有没有调用 accept()。listen() 要求的 backlog 是 "
			"{1}：最多可以有这个数（不超过 net.core.somaxconn）再加一个连接在排队。" } },
		[MOMENT_SYN] = { "SYN", {
			"客户端内核请求建立连接。它的初始序列号 j = {0}，窗口 {1} 字节。" } },
		[MOMENT_SYN_AGAIN] = { "重发 SYN", {
			"第一个 SYN 发出 {0} 后仍无应答：客户端内核重发 SYN。" } },
		[MOMENT_SYN_QUEUE_FULL] = { "accept 队列已满", {
			"{0} 个连接在等 accept()，上限是 {1}：服务器内核丢弃这个 SYN，客户端只好重发。" } },
		[MOMENT_SYN_ACK] = { "SYN-ACK", {
			"服务器内核应答。它的初始序列号 k = {0}，并确认 j + 1 = {1}。服务器处于 SYN_RECV。" } },
		[MOMENT_SYN_ACK_AGAIN] = { "重发 SYN-ACK", {
			"{0} 内没有等到第三个报文段：服务器内核重发 SYN-ACK。" } },
		[MOMENT_CLIENT_ESTABLISHED] = { "客户端 ESTABLISHED", {
			"SYN 发出 {0} 后 SYN-ACK 到达。对客户端内核来说连接已经建立。",
			"SYN-ACK 到达。对客户端内核来说连接已经建立。" } },
		[MOMENT_SERVER_ESTABLISHED] = { "服务器 ESTABLISHED", {
			"第三个报文段到达：服务器内核在 SYN_RECV 停留 {0} 后连接建立，并不需要 accept()。",
			"服务器内核的连接已经建立，并不需要 accept()。" } },
		[MOMENT_CONNECTED] = { "connect() 返回", {
			"connect() = 0，用时 {0}。",
			"connect() 不等待：{0} 后返回 EINPROGRESS，握手还在继续。" } },
		[MOMENT_CONNECT_FAILED] = { "connect() 失败", {
			"{1} 后得到 {0}，目标 {2}。",
			"{1} 后得到 {0}：对 SYN 的应答是 RST，{2} 上没有套接字在监听。",
			"{1} 后得到 {0}：向 {2} 发出 {3} 个 SYN，没有任何应答。",
			"{1} 后得到 {0}：一个 SYN 也没有发出，内核没有向 {2} 发送。" } },
		[MOMENT_ACCEPTED] = { "accept() 返回", {
			"accept() = {0}。这个连接已经就绪了 {1}。",
			"accept() = {0}。" } },
		[MOMENT_SEND] = { "调用 {0}()", {
			"{6}把 {1} 字节交给自己的内核：数据被拷贝进发送缓冲区。",
			"{6}把数据交给自己的内核：数据被拷贝进发送缓冲区。" } },
		[MOMENT_BUFFER_FULL] = { "发送缓冲区已满", {
			"{1} 中已用 {0}：{6}的调用睡眠，还有 {2} 字节留在程序自己的内存里。{7}的窗口容不下更多数据。",
			"{1} 中已用 {0}：{6}的调用睡眠，还有 {2} 字节留在程序自己的内存里。拥塞窗口已用完。",
			"{1} 中已用 {0}：{6}的调用睡眠，还有 {2} 字节留在程序自己的内存里。",
			"未发送的 {3} 字节达到 TCP_NOTSENT_LOWAT：{6}的调用睡眠，还有 {2} 字节留在程序自己的"
			"内存里。" } },
		[MOMENT_WINDOW_ZERO] = { "窗口为 0", {
			"{6}的接收队列已满：它的内核通告窗口 0，{7}内核只能等待。" } },
		[MOMENT_WAKE] = { "send() 被唤醒", {
			"缓冲区又空出三分之一（{1} 中已用 {0}）：{2} 后内核唤醒{6}。",
			"{2} 后内核唤醒{6}；{1} 中已用 {0}。" } },
		[MOMENT_SENT] = { "{0}() 返回", {
			"接收 {1} 字节，用时 {2}。其中 {3} 字节（{4}）{7}程序还没有读到。",
			"接收 {1} 字节，用时 {2}。{7}程序已经全部读完。",
			"接收 {1} 字节，用时 {2}。其中 {3} 字节（{4}）还没有被确认。",
			"接收 {1} 字节，用时 {2}。已经全部被确认。" } },
		[MOMENT_RETRANSMIT] = { "重传", {
			"{6}内核从第 {1} 字节起把 {0} 字节再发一次。" } },
		[MOMENT_CLOSE] = { "{0}", {
			"{6}不再发送。它的 FIN 排在发送缓冲区里尚未发出的 {1} 字节之后。",
			"{6}不再发送：它的内核发出 FIN。" } },
		[MOMENT_FIN_RECEIVED] = { "收到 FIN", {
			"{6}内核知道不会再有数据：在程序关闭之前处于 CLOSE_WAIT。还有 {0} 字节等待读取。",
			"{6}内核知道不会再有数据：在程序关闭之前处于 CLOSE_WAIT。" } },
		[MOMENT_LAST_READ] = { "读完最后一个字节", {
			"最后一次发送调用返回 {1} 后，{6}程序读完了全部 {0} 字节。",
			"{6}程序读完了全部 {0} 字节。" } },
		[MOMENT_RESET] = { "RST", {
			"{6}发出 RST：连接立刻消失，没有读走的数据也随之消失。",
			"RST 到达{6}：连接立刻消失。" } },
		[MOMENT_TIME_WAIT] = { "TIME_WAIT", {
			"{6}先关闭：它的内核把这对地址保留一分钟，以防旧报文段迟到。",
			"两端同时关闭：{6}内核也把这对地址保留一分钟，以防旧报文段迟到。" } },
		[MOMENT_CLOSED] = { "已关闭", {
			"除了{6}的 TIME_WAIT，这个连接什么也没有留下。",
			"这个连接什么也没有留下。",
			"这个连接在这一端什么也没有留下；另一端没有被跟踪。",
			"除了两端的 TIME_WAIT，这个连接什么也没有留下。" } },
	},
	.verdict = {
		[SAY_ATTEMPT] = "跟踪结束时，到 {2} 的 connect() 还没有结束。",
		[SAY_GIVEN_UP] = "程序在 {1} 后放弃连接 {2}：发出了 {3} 个 SYN，还没有任何应答。",
		[SAY_FAILED] = "到 {2} 的 connect() 在 {1} 后失败：{0}。",
		[SAY_FAILED_REFUSED] = "到 {2} 的 connect() 在 {1} 后失败：{0}。对 SYN 的应答是 RST，"
				       "因为那里没有套接字在监听。",
		[SAY_FAILED_TIMEOUT] = "到 {2} 的 connect() 在 {1} 后失败：{0}。发出了 {3} 个 SYN，"
				       "没有任何应答。",
		[SAY_FAILED_NO_SYN] = "到 {2} 的 connect() 在 {1} 后失败：{0}。内核一个 SYN 也没有发出。",
		[SAY_HALF_OPEN] = "发往 {2} 的 SYN 得到了应答，但握手没有完成。",
		[SAY_UNANSWERED] = "发往 {2} 的 SYN 到达了，没有得到应答。",
		[SAY_OPENED_ONLY] = "连接在 {0} 后建立，没有传送数据。",
		[SAY_OPENED] = "连接已经建立，没有传送数据。",
		[SAY_NOT_RECORDED] = "连接已经建立。传送了什么没有记录：那需要 --detail full。",
		[SAY_STILL_SENDING] = "跟踪结束时 {0}() 已经过了 {2} 还没有返回：到那时交出了 {1} 字节。",
		[SAY_MOVED] = "交出了 {1} 字节，读了其中 {0} 字节。",
		[SAY_SENT_ONE] = "{0}() 在 {2} 后报告成功发送 {1} 字节。",
		[SAY_SENT_MANY] = "{3} 次发送调用在 {2} 内交出 {1} 字节。",
		[SAY_UNREAD] = "那一刻{7}程序读到 {0} 字节：还有 {1} 字节（{2}）在内核缓冲区里。",
		[SAY_ALL_READ] = "那一刻{7}程序已经全部读完。",
		[SAY_UNACKED] = "那一刻 {0} 字节已被确认，{1} 字节（{2}）还没有。对方程序没有被跟踪，"
				"它读到了多少是未知的。",
		[SAY_ALL_ACKED] = "那一刻全部数据已被确认。对方程序没有被跟踪，它读到了多少是未知的。",
		[SAY_LAST_READ] = "再过 {0} 才读到最后一个字节。",
		[SAY_RECEIVED] = "到达 {1} 字节，{7}程序读了其中 {0} 字节。发送方程序没有被跟踪。",
		[SAY_NEVER_READ] = "{0} 字节始终没有被读走。",
		[SAY_OTHER_WAY] = "反方向发送了 {0} 字节，读了 {1} 字节。",
		[SAY_RESET] = "{6}的 RST 结束了连接。",
		[SAY_OPEN] = "跟踪结束时连接仍然开着。",
		[SAY_LOSSY] = "期间有记录丢失：这些数字可能因此不准。",
	},
};
