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
			"one more than that may wait.",
			"The kernel takes connections for {0} from now on, whether or not accept() "
			"is called. It chose the port {2} itself. listen() asked for a backlog of {1}, "
			"which net.core.somaxconn may cap: one more than that may wait." } },
		[MOMENT_SYN] = { "SYN", {
			"The client's kernel asks for a connection. Its first sequence number "
			"is j = {0}; its window is {1} {1|byte|bytes}.",
			"The client's kernel asks for a connection, from port {2}, which it chose itself. "
			"Its first sequence number is j = {0}; its window is {1} {1|byte|bytes}.",
			"The server's program calls connect(), too: its kernel asks for the same connection. "
			"Its first sequence number is k = {0}; its window is {1} {1|byte|bytes}." } },
		[MOMENT_SYN_AGAIN] = { "SYN again", {
			"{0} after the first SYN no answer has come: the {6}'s kernel sends it again." } },
		[MOMENT_SYN_QUEUE_FULL] = { "accept queue full", {
			"{0} connections wait for accept() and the limit is {1}: the server's kernel "
			"drops the SYN. The client will have to send it again." } },
		[MOMENT_SYN_ACK] = { "SYN-ACK", {
			"The server's kernel answers. Its first sequence number is k = {0}, and it "
			"acknowledges j + 1 = {1}. The server is in SYN_RECV.",
			"A SYN arrived where a SYN had left: the {6}'s kernel repeats its own, {0}, and "
			"acknowledges the {7}'s: {1}. The {6} is in SYN_RECV.",
			"The SYN that arrived is the socket's own: its kernel repeats it, {0}, and "
			"acknowledges it: {1}. The socket is in SYN_RECV." } },
		[MOMENT_SYN_ACK_AGAIN] = { "SYN-ACK again", {
			"The {6}'s kernel sends its SYN-ACK again, {0} after the first one: nothing has "
			"acknowledged it." } },
		[MOMENT_CLIENT_ESTABLISHED] = { "client ESTABLISHED", {
			"The SYN-ACK arrived {0} after the SYN left. For the client's kernel the "
			"connection is up.",
			"The SYN-ACK arrived. For the client's kernel the connection is up.",
			"A segment that acknowledges its SYN arrived: the client's kernel has the connection, "
			"{0} after the SYN left." } },
		[MOMENT_SERVER_ESTABLISHED] = { "server ESTABLISHED", {
			"A segment that acknowledges the SYN-ACK arrived: the server's kernel has the "
			"connection after {0} in SYN_RECV. No accept() was needed for that.",
			"The server's kernel has the connection. No accept() was needed for that.",
			"A segment that acknowledges its SYN arrived: the server's kernel has the connection, "
			"without listen() and accept(): its program had called connect()." } },
		[MOMENT_CONNECTED] = { "connect() returned", {
			"connect() = 0 after {0}.",
			"connect() does not wait: EINPROGRESS after {0}, the handshake goes on.",
			"connect() does not wait: EINPROGRESS after {0}, although the handshake was done "
			"within the call.",
			"connect() does not wait: EINPROGRESS after {0}, although the attempt had failed "
			"within the call." } },
		[MOMENT_CONNECT_FAILED] = { "connect() failed", {
			"{0} after {1}, for {2}." } },
		[MOMENT_ACCEPTED] = { "{2}() returned", {
			"{2}() = {0}. The connection had been ready for {1}.",
			"{2}() = {0}." } },
		[MOMENT_SEND] = { "{0}() called", {
			"The {6} asks its kernel to take {1} {1|byte|bytes} into the send buffer.",
			"The {6} asks its kernel to take bytes into the send buffer." } },
		[MOMENT_BUFFER_FULL] = { "send buffer full", {
			"{0} of {1} are used: the {6}'s call sleeps with {2} {2|byte|bytes} left in its own "
			"memory. The {7}'s window takes no more.",
			"{0} of {1} are used: the {6}'s call sleeps with {2} {2|byte|bytes} left in its own "
			"memory. The congestion window is used up.",
			"{0} of {1} are used: the {6}'s call sleeps with {2} {2|byte|bytes} left in its own memory.",
			"{3} unsent bytes reached TCP_NOTSENT_LOWAT: the {6}'s call sleeps with {2} {2|byte|bytes} "
			"left in its own memory.",
			"{0} of {1} are used: the {6}'s call sleeps with {2} {2|byte|bytes} left in its own "
			"memory. Pacing holds back what is unsent: the congestion control spreads segments "
			"over time." } },
		[MOMENT_WINDOW_ZERO] = { "window 0", {
			"The {6}'s receive queue is full: its kernel announces a window of 0, and the "
			"{7}'s kernel must wait." } },
		[MOMENT_WAKE] = { "send() wakes", {
			"A third of the buffer is free again ({0} of {1} used): the kernel wakes the {6} "
			"after {2}.",
			"The kernel wakes the {6} after {2}; {0} of {1} are used." } },
		[MOMENT_SENT] = { "{0}() returned", {
			"It took {1} {1|byte|bytes} and {2}. {3} {3|byte|bytes} ({4}) {3|is|are} not read by the {7}'s program yet.",
			"It took {1} {1|byte|bytes} and {2}. The {7}'s program has read all of them.",
			"It took {1} {1|byte|bytes} and {2}. {3} {3|byte|bytes} ({4}) {3|is|are} not acknowledged yet.",
			"It took {1} {1|byte|bytes} and {2}. All of them are acknowledged.",
			"The last of {5} send calls took {1} {1|byte|bytes} and {2}. {3} {3|byte|bytes} ({4}) of all that "
			"was sent {3|is|are} not read by the {7}'s program yet.",
			"The last of {5} send calls took {1} {1|byte|bytes} and {2}. The {7}'s program has read all that "
			"was sent.",
			"The last of {5} send calls took {1} {1|byte|bytes} and {2}. {3} {3|byte|bytes} ({4}) of all that "
			"was sent {3|is|are} not acknowledged yet.",
			"The last of {5} send calls took {1} {1|byte|bytes} and {2}. All that was sent is acknowledged.",
			"A signal ended the {6}'s program inside the call, which had handed over {1} "
			"{1|byte|bytes} in {2}. The program was never told.",
			"It took {1} {1|byte|bytes} and {2}.",
			"The last of {5} send calls took {1} {1|byte|bytes} and {2}." } },
		[MOMENT_RETRANSMIT] = { "sent again", {
			"The {6}'s kernel sends {0} {0|byte|bytes} a second time, from byte {1}." } },
		[MOMENT_CLOSE] = { "{0}", {
			"The {6} sends no more. Its FIN waits behind {1} {1|byte that has|bytes that have} not left the "
			"send buffer.",
			"The {6} sends no more: its kernel sends a FIN." } },
		[MOMENT_FIN_RECEIVED] = { "FIN received", {
			"The {6}'s kernel knows that no more will come: CLOSE_WAIT until its program "
			"closes. {0} {0|byte waits|bytes wait} to be read.",
			"The {6}'s kernel knows that no more will come: CLOSE_WAIT until its program "
			"closes." } },
		[MOMENT_LAST_READ] = { "last byte read", {
			"The {6}'s program has read all {0} {0|byte|bytes}, {1} after the last send call returned.",
			"The {6}'s program has read all {0} {0|byte|bytes}." } },
		[MOMENT_RESET] = { "RST", {
			"The {6} sent a RST: the connection is gone at once, and with it all that was in the "
			"{6}'s buffers. What the {7}'s kernel has already can still be read.",
			"A RST arrived at the {6}: the connection is gone at once, and with it what the {6} "
			"had not sent. What its kernel has received can still be read." } },
		[MOMENT_TIME_WAIT] = { "TIME_WAIT", {
			"The {6} closed first: its kernel keeps the two addresses for a minute, in case "
			"old segments arrive late.",
			"Both ends closed at once: the {6}'s kernel too keeps the two addresses for a "
			"minute, in case old segments arrive late.",
			"The socket's own FIN arrived: its kernel keeps the address for a minute, in case "
			"old segments arrive late." } },
		[MOMENT_CLOSED] = { "closed", {
			"Nothing is left of the connection but the TIME_WAIT of the {6}.",
			"Nothing is left of the connection.",
			"Nothing is left of the connection at this end; the other end is not traced.",
			"Nothing is left of the connection but the TIME_WAIT of both ends." } },
		[MOMENT_ICMP] = { "ICMP", {
			"{0} answers a segment of the {6}: ICMP {1}.",
			"This host itself answers a segment of the {6}: ICMP {1} from {0}. The next hop "
			"gave no answer, or a filter rule of this host says so." } },
		[MOMENT_WINDOW_PROBE] = { "window probe", {
			"The {7}'s window has been 0 for {0}: the {6}'s kernel asks after it with a segment "
			"without data, whose number is acknowledged already. It asks less and less often." } },
		[MOMENT_WINDOW_OPEN] = { "window opens", {
			"The {6}'s window is {0} {0|byte|bytes} again, after {1} at 0.",
			"The {6}'s window is {0} {0|byte|bytes} again, after {1} at 0. The {7}'s kernel had asked {2} time.",
			"The {6}'s window is {0} {0|byte|bytes} again, after {1} at 0. The {7}'s kernel had asked {2} "
			"times; its longest pause was {3}." } },
		[MOMENT_URGENT] = { "urgent data", {
			"The {6} sends urgent data: URG is set and the urgent pointer is {0}. One byte is marked, "
			"byte {1} of the stream; the others are data as always." } },
		[MOMENT_EOF] = { "{0}() = 0", {
			"End of file: the {7}'s FIN has arrived, and the {6}'s program has read all {4} "
			"bytes before it.",
			"End of file: the {7}'s FIN has arrived, and nothing before it is left to read.",
			"End of file: a RST has ended the connection, and the program has been told already.",
			"End of file: the {6}'s own shutdown() has closed this direction.",
			"End of file: nothing more will come." } },
		[MOMENT_SEND_FAILED] = { "{0}() = {1}", {
			"The {6}'s call moved no bytes.",
			"The {6} had closed this direction by its own shutdown(): nothing can be sent any more.",
			"A RST has arrived at the {6}: nothing can be sent any more. The {7}'s FIN had come "
			"before it, so the kernel says EPIPE and not ECONNRESET.",
			"A RST has arrived at the {6}, and this is the first call to tell of it. The next one "
			"would say EPIPE.",
			"A RST has arrived at the {6} and the program has been told already: nothing can be "
			"sent any more." } },
		[MOMENT_READ_FAILED] = { "{0}() = {1}", {
			"The {6}'s call moved no bytes.",
			"A RST has arrived at the {6}, and this is the first call to tell of it." } },
		[MOMENT_SHORT_SEND] = { "{0}() took a part", {
			"{1} of {3} {3|byte|bytes}: the send buffer is full and the {6}'s call must not wait. The rest "
			"is still in the program's own memory.",
			"{1} of {3} {3|byte|bytes} after {2}: a signal, a timeout or an error ended the {6}'s wait for "
			"room. The rest is still in the program's own memory.",
			"{1} of {3} {3|byte|bytes}. The rest is still in the program's own memory.",
			"{1} of {3} {3|byte|bytes} after {2}: a RST ended the {6}'s wait for room." } },
		[MOMENT_SEND_WOULD_BLOCK] = { "{0}() = {1}", {
			"After {2}: the {6}'s send buffer has no room, and the call must not wait longer.",
			"After {2}: the handshake is not done, so nothing can be sent yet, and the call "
			"must not wait." } },
		[MOMENT_READ_WOULD_BLOCK] = { "{0}() = {1}", {
			"After {2}: the {6}'s receive queue has nothing to read, and the call must not wait longer." } },
		[MOMENT_BIND_FAILED] = { "{0}() failed", {
			"{1} for {2}.",
			"{1} for {2}. Who has the address was not seen in this trace.",
			"{1} for {2}. A socket of process {3} listens there.",
			"{1} for {2}. A connection on this port is still in {3}; a listener may share it "
			"only if both it and that connection's socket have SO_REUSEADDR.",
			"{1} for {2}. A port below net.ipv4.ip_unprivileged_port_start takes "
			"CAP_NET_BIND_SERVICE." } },
		[MOMENT_HALF_CLOSED] = { "half-closed until now", {
			"For {0} the connection was open in one direction only: after the {7}'s FIN the {6} "
			"handed over {1} more {1|byte|bytes} for it.",
			"For {0} the connection was open in one direction only: after its own FIN the {6} "
			"took {1} more {1|byte|bytes}." } },
		[MOMENT_FOUND] = { "{6} found {0}", {
			"The beginning of the connection was not seen. Since it began the {6}'s kernel has taken over {1} "
			"{1|byte|bytes}, of which {2} {2|is|are} not acknowledged, and received {3}, of which {4} "
			"{4|is|are} not read.",
			"The beginning of the connection was not seen, and no accept() has taken it yet. The {6}'s "
			"kernel has received {3} {3|byte|bytes} for it." } },
	},
	.verdict = {
		[SAY_ATTEMPT] = "connect() to {2} had not ended when the trace did.",
		[SAY_GIVEN_UP] = "The program gave up connecting to {2} after {1}: {3} {3|SYN was|SYNs were} sent "
				 "and nothing had answered.",
		[SAY_FAILED] = "connect() to {2} failed with {0} after {1}.",
		[SAY_FAILED_LATER] = "connect() to {2} did not wait; the attempt failed with {0} "
				     "after {1}.",
		[SAY_ICMP] = "It was {0} that sent the ICMP message.",
		[SAY_QUEUE_FULL] = "{5} of {3} {3|SYN|SYNs} met a full accept queue at the listener and got no answer.",
		[SAY_HALF_OPEN] = "A SYN for {2} was answered, but the handshake was not completed.",
		[SAY_UNANSWERED] = "A SYN for {2} arrived and was not answered.",
		[SAY_BOTH_CONNECTED] = "Both ends called connect() (simultaneous open); the one that did first is "
				       "called the client.",
		[SAY_ITSELF] = "The socket is connected with itself: it is client and server, and reads what it "
			       "sends.",
		[SAY_OLDER] = "The beginning of the connection was not seen; its bytes are counted since it began.",
		[SAY_OLDER_SENT] = "When the trace's last {0}() returned, {1} {1|byte was|bytes were} handed over.",
		[SAY_OPENED_ONLY] = "The connection was up after {0} and carried no data.",
		[SAY_OPENED] = "The connection was up and carried no data.",
		[SAY_NOT_SEEN] = "The connection was up. What it carried is not known: this kernel "
				 "lacks the hook for it.",
		[SAY_NOT_RECORDED] = "The connection was up. What it carried was not recorded: that takes "
				     "--detail full.",
		[SAY_PLACES_NOT_RECORDED] = "Where they were meanwhile was not recorded, because of "
					    "--coalesce.",
		[SAY_PLACES_NOT_SEEN] = "Where they were meanwhile is not known: this kernel lacks the "
					"hooks for it.",
		[SAY_STILL_SENDING] = "{0}() had not returned after {2}, when the trace ended: {1} {1|byte was|bytes were} "
				      "handed over so far.",
		[SAY_MOVED_ACKED] = "{1} {1|byte was|bytes were} handed over and {0} of them acknowledged. What the "
				    "other program had read is unknown: it is not traced.",
		[SAY_MOVED] = "{1} {1|byte was|bytes were} handed over and {0} of them read.",
		[SAY_SENT_KILLED] = "A signal ended the program inside {0}(), which had handed over {1} "
				    "{1|byte|bytes} in {2}: it was never told.",
		[SAY_SENT_ONE] = "{0}() reported success for {1} {1|byte|bytes} after {2}.",
		[SAY_SENT_MANY] = "{3} send calls handed over {1} {1|byte|bytes} within {2}.",
		[SAY_UNREAD] = "At that moment the {7}'s program had read {0}: {1} ({2}) were still "
			       "in kernel buffers.",
		[SAY_ALL_READ] = "At that moment the {7}'s program had read all of them.",
		[SAY_UNACKED] = "At that moment {0} were acknowledged and {1} ({2}) were not. What "
				"the other program had read is unknown: it is not traced.",
		[SAY_ALL_ACKED] = "At that moment all of them were acknowledged. What the other "
				  "program had read is unknown: it is not traced.",
		[SAY_LAST_READ] = "The last byte was read {0} later.",
		[SAY_RECEIVED] = "{1} {1|byte|bytes} arrived and the {7}'s program read {0} of them. The "
				 "sending program is not traced.",
		[SAY_READ] = "The {7}'s program read {0} {0|byte|bytes}. The sending program is not traced.",
		[SAY_NEVER_READ] = "{0} {0|byte was|bytes were} never read.",
		[SAY_OTHER_WAY] = "The other way {0} {0|byte was|bytes were} sent and {1} read.",
		[SAY_RESET] = "A RST from the {6} ended the connection.",
		[SAY_PROBES] = "For {0} in all the {7}'s window was 0: the {6}'s kernel sent {1} "
			       "probes, {2} to {3} apart.",
		[SAY_TWO_PROBES] = "For {0} in all the {7}'s window was 0: the {6}'s kernel sent two "
				   "probes, {2} apart.",
		[SAY_COUNTED_PROBES] = "For {0} in all the {7}'s window was 0: the {6}'s kernel sent {1} "
				       "{1|probe|probes}.",
		[SAY_PROBES_SINCE] = "The {7}'s window was 0 when the trace began, and for {0} in all since then, "
				     "in which the {6}'s kernel sent {1} {1|probe|probes}.",
		[SAY_END_NOT_RECORDED] = "One end has closed; whether the other one did is not known: "
					 "that takes --detail full.",
		[SAY_END_UNKNOWN] = "One end has closed; whether the other one did is not known: this "
				    "kernel lacks the hook for it.",
		[SAY_OPEN] = "It was still open when the trace ended.",
		[SAY_LOSSY] = "Records were lost meanwhile: what is missing may change these numbers.",
	},
	.reasons = {
		[REASON_NO_ROUTE] = "No SYN was made: the routing table of this host has no usable "
				    "route to it.",
		[REASON_ROUTE_UNREACHABLE] = "No SYN was made: the routing table of this host calls it "
					     "unreachable.",
		[REASON_FORBIDDEN] = "No SYN was made: a route of type prohibit, or a security rule of "
				     "this host, forbids it.",
		[REASON_INVALID] = "No SYN was made: the route is a blackhole, or the address is not one "
				   "that connect() takes.",
		[REASON_NO_PORT] = "No SYN was made: no local port or address was free for it.",
		[REASON_LOCAL] = "No SYN was made: the kernel refused by itself.",
		[REASON_NO_SYN_SEEN] = "No SYN was seen leaving.",
		[REASON_REFUSED] = "A RST answered the SYN: the kernel's answer where no socket listens.",
		[REASON_SILENCE] = "{3} {3|SYN|SYNs} left, at {4}, and nothing answered.",
		[REASON_QUEUE_FULL] = "{3} {3|SYN|SYNs} left, at {4}: {5} of them met a full accept queue "
				      "at the listener and got no answer.",
		[REASON_ICMP] = "{3} {3|SYN|SYNs} left, at {4}, and ICMP came back: {5}.",
		[REASON_OWN_ICMP] = "No SYN left: this host itself said ICMP {5}. The next hop gave no "
				    "answer, or a filter rule of this host says so.",
		[REASON_OWN_ICMP_LATER] = "{3} {3|SYN|SYNs} left, at {4}, then this host itself said ICMP {5}: the "
					  "next hop gave no answer, or a filter rule of this host says so.",
		[REASON_UNREAD] = "The {6} closed with data unread in its receive queue.",
		[REASON_UNREAD_BYTES] = "The {6} closed with {0} {0|byte|bytes} unread in its receive queue.",
		[REASON_LINGER] = "The {6} closed with SO_LINGER set to 0 seconds: no FIN, and nothing "
				  "that waits is sent.",
		[REASON_CLOSED_SOCKET] = "A segment had come to a socket that the {6} had closed.",
		[REASON_LISTENER_CLOSED] = "The listener was closed before accept() took the connection.",
		[REASON_MEMORY] = "The {6}'s kernel has too many sockets without a program, or too "
				  "little memory.",
		[REASON_KEEPALIVE] = "The {6}'s kernel gave up: nothing had answered it for too long.",
		[REASON_DISCONNECTED] = "The {6}'s socket was disconnected before it had ended the "
					"connection.",
		[REASON_BAD_SEGMENT] = "A segment had come that has no place in the state of the {6}'s socket.",
	},
};
