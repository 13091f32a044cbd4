/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is said in English. */
#include "user/model/sentences.h"

const struct sentences sentences_en = {
	.client = "client",
	.server = "server",
	.gap = " ",
	.moments = {
		[MOMENT_LISTEN] = { "listen()", {
			"The kernel takes connections for {0} from now on, whether or not accept() "
			"is called. listen() asked for a backlog of {1}, which net.core.somaxconn may cap: "
			"one more than that may wait." } },
		[MOMENT_SYN] = { "SYN", {
			"The client's kernel asks for a connection. Its first sequence number "
			"is j = {0}; its window is {1} bytes." } },
		[MOMENT_SYN_AGAIN] = { "SYN again", {
			"{0} after the first SYN no answer has come: the client's kernel sends it again." } },
		[MOMENT_SYN_QUEUE_FULL] = { "accept queue full", {
			"{0} connections wait for accept() and the limit is {1}: the server's kernel "
			"drops the SYN. The client will have to send it again." } },
		[MOMENT_SYN_ACK] = { "SYN-ACK", {
			"The server's kernel answers. Its first sequence number is k = {0}, and it "
			"acknowledges j + 1 = {1}. The server is in SYN_RECV." } },
		[MOMENT_SYN_ACK_AGAIN] = { "SYN-ACK again", {
			"No third segment has come for {0}: the server's kernel sends its SYN-ACK again." } },
		[MOMENT_CLIENT_ESTABLISHED] = { "client ESTABLISHED", {
			"The SYN-ACK arrived {0} after the SYN left. For the client's kernel the "
			"connection is up.",
			"The SYN-ACK arrived. For the client's kernel the connection is up." } },
		[MOMENT_SERVER_ESTABLISHED] = { "server ESTABLISHED", {
			"The third segment arrived: the server's kernel has the connection after {0} in "
			"SYN_RECV. No accept() was needed for that.",
			"The server's kernel has the connection. No accept() was needed for that." } },
		[MOMENT_CONNECTED] = { "connect() returned", {
			"connect() = 0 after {0}.",
			"connect() does not wait: EINPROGRESS after {0}, the handshake goes on." } },
		[MOMENT_CONNECT_FAILED] = { "connect() failed", {
			"{0} after {1}, for {2}.",
			"{0} after {1}: a RST answered the SYN. No socket listens on {2}.",
			"{0} after {1}: {3} SYN left for {2}, and nothing answered.",
			"{0} after {1}: no SYN left. The kernel would not send one to {2}." } },
		[MOMENT_ACCEPTED] = { "accept() returned", {
			"accept() = {0}. The connection had been ready for {1}.",
			"accept() = {0}." } },
		[MOMENT_SEND] = { "{0}() called", {
			"The {6} hands {1} bytes to its kernel: they are copied into the send buffer.",
			"The {6} hands bytes to its kernel: they are copied into the send buffer." } },
		[MOMENT_BUFFER_FULL] = { "send buffer full", {
			"{0} of {1} are used: the {6}'s call sleeps with {2} bytes left in its own "
			"memory. The {7}'s window takes no more.",
			"{0} of {1} are used: the {6}'s call sleeps with {2} bytes left in its own "
			"memory. The congestion window is used up.",
			"{0} of {1} are used: the {6}'s call sleeps with {2} bytes left in its own memory.",
			"{3} unsent bytes reached TCP_NOTSENT_LOWAT: the {6}'s call sleeps with {2} bytes "
			"left in its own memory." } },
		[MOMENT_WINDOW_ZERO] = { "window 0", {
			"The {6}'s receive queue is full: its kernel announces a window of 0, and the "
			"{7}'s kernel must wait." } },
		[MOMENT_WAKE] = { "send() wakes", {
			"A third of the buffer is free again ({0} of {1} used): the kernel wakes the {6} "
			"after {2}.",
			"The kernel wakes the {6} after {2}; {0} of {1} are used." } },
		[MOMENT_SENT] = { "{0}() returned", {
			"It took {1} bytes and {2}. {3} bytes ({4}) are not read by the {7}'s program yet.",
			"It took {1} bytes and {2}. The {7}'s program has read all of them.",
			"It took {1} bytes and {2}. {3} bytes ({4}) are not acknowledged yet.",
			"It took {1} bytes and {2}. All of them are acknowledged." } },
		[MOMENT_RETRANSMIT] = { "sent again", {
			"The {6}'s kernel sends {0} bytes a second time, from byte {1}." } },
		[MOMENT_CLOSE] = { "{0}", {
			"The {6} sends no more. Its FIN waits behind {1} bytes that have not left the "
			"send buffer.",
			"The {6} sends no more: its kernel sends a FIN." } },
		[MOMENT_FIN_RECEIVED] = { "FIN received", {
			"The {6}'s kernel knows that no more will come: CLOSE_WAIT until its program "
			"closes. {0} bytes wait to be read.",
			"The {6}'s kernel knows that no more will come: CLOSE_WAIT until its program "
			"closes." } },
		[MOMENT_LAST_READ] = { "last byte read", {
			"The {6}'s program has read all {0} bytes, {1} after the last send call returned.",
			"The {6}'s program has read all {0} bytes." } },
		[MOMENT_RESET] = { "RST", {
			"The {6} sent a RST: the connection is gone at once, and with it whatever was "
			"not read.",
			"A RST arrived at the {6}: the connection is gone at once." } },
		[MOMENT_TIME_WAIT] = { "TIME_WAIT", {
			"The {6} closed first: its kernel keeps the two addresses for a minute, in case "
			"old segments arrive late.",
			"Both ends closed at once: the {6}'s kernel too keeps the two addresses for a "
			"minute, in case old segments arrive late." } },
		[MOMENT_CLOSED] = { "closed", {
			"Nothing is left of the connection but the TIME_WAIT of the {6}.",
			"Nothing is left of the connection.",
			"Nothing is left of the connection at this end; the other end is not traced.",
			"Nothing is left of the connection but the TIME_WAIT of both ends." } },
	},
	.verdict = {
		[SAY_ATTEMPT] = "connect() to {2} had not ended when the trace did.",
		[SAY_GIVEN_UP] = "The program gave up connecting to {2} after {1}: {3} SYN were sent "
				 "and nothing had answered.",
		[SAY_FAILED] = "connect() to {2} failed with {0} after {1}.",
		[SAY_FAILED_REFUSED] = "connect() to {2} failed with {0} after {1}: a RST answered "
				       "the SYN, because no socket listens there.",
		[SAY_FAILED_TIMEOUT] = "connect() to {2} failed with {0} after {1}: {3} SYN were "
				       "sent and nothing answered.",
		[SAY_FAILED_NO_SYN] = "connect() to {2} failed with {0} after {1}: the kernel sent "
				      "no SYN at all.",
		[SAY_HALF_OPEN] = "A SYN for {2} was answered, but the handshake was not completed.",
		[SAY_UNANSWERED] = "A SYN for {2} arrived and was not answered.",
		[SAY_OPENED_ONLY] = "The connection was up after {0} and carried no data.",
		[SAY_OPENED] = "The connection was up and carried no data.",
		[SAY_NOT_RECORDED] = "The connection was up. What it carried was not recorded: that takes "
				     "--detail full.",
		[SAY_STILL_SENDING] = "{0}() had not returned after {2}, when the trace ended: {1} bytes were "
				      "handed over so far.",
		[SAY_MOVED_ACKED] = "{1} bytes were handed over and {0} of them acknowledged. What the "
				    "other program had read is unknown: it is not traced.",
		[SAY_MOVED] = "{1} bytes were handed over and {0} of them read.",
		[SAY_SENT_ONE] = "{0}() reported success for {1} bytes after {2}.",
		[SAY_SENT_MANY] = "{3} send calls handed over {1} bytes within {2}.",
		[SAY_UNREAD] = "At that moment the {7}'s program had read {0}: {1} ({2}) were still "
			       "in kernel buffers.",
		[SAY_ALL_READ] = "At that moment the {7}'s program had read all of them.",
		[SAY_UNACKED] = "At that moment {0} were acknowledged and {1} ({2}) were not. What "
				"the other program had read is unknown: it is not traced.",
		[SAY_ALL_ACKED] = "At that moment all of them were acknowledged. What the other "
				  "program had read is unknown: it is not traced.",
		[SAY_LAST_READ] = "The last byte was read {0} later.",
		[SAY_RECEIVED] = "{1} bytes arrived and the {7}'s program read {0} of them. The "
				 "sending program is not traced.",
		[SAY_NEVER_READ] = "{0} bytes were never read.",
		[SAY_OTHER_WAY] = "The other way {0} bytes were sent and {1} read.",
		[SAY_RESET] = "A RST from the {6} ended the connection.",
		[SAY_OPEN] = "It was still open when the trace ended.",
		[SAY_LOSSY] = "Records were lost meanwhile: what is missing may change these numbers.",
	},
};
