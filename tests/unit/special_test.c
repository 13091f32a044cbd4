/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Calls that end badly or specially, a window of 0 and who asks after it,
 * urgent data, a connection that is open in one direction only.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "tests/unit/model_records.h"
#include "user/base/term.h"

static void tells(const struct play *play, enum moment_kind kind, const char *en, const char *zh)
{
	const struct moment *moment = told_moment(play, kind);
	char title[256];

	assert_int_equal(told_moments(play, kind), 1);
	assert_contains(caption(moment, LANG_EN), en);
	assert_contains(caption(moment, LANG_ZH), zh);
	for (int lang = 0; lang < LANG_COUNT; lang++) {
		assert_null(strpbrk(caption(moment, (enum lang)lang), "{}"));
		moment_title(moment, (enum lang)lang, title, sizeof(title));
		assert_in_range(term_width(title), 1, 28);
	}
}

static void gets_rst(struct play *play, enum end who, unsigned int from_state, int error)
{
	feed(play, RECORD_RESET, reset, play->id[who], .received = 1, .reason = -1);
	changes(play, who, from_state, TCP_CLOSE, .error = error);
}

static void shuts(struct play *play, enum end who, uint32_t how)
{
	enters(play, who, .call = CALL_SHUTDOWN, .flags = how);
	returns(play, who, .call = CALL_SHUTDOWN, .flags = how);
}

static void epipe_after_an_own_shutdown(void **state)
{
	struct play *play = *state;

	handshake(play);
	shuts(play, CLIENT, SHUT_WR);
	returns(play, CLIENT, .call = CALL_SEND, .asked = 5, .result = -EPIPE);
	tells(play, MOMENT_SEND_FAILED, "by its own shutdown()", "自己的 shutdown()");
}

static void epipe_after_a_rst_that_a_fin_preceded(void **state)
{
	struct play *play = *state;

	handshake(play);
	client_closes(play);
	gets_rst(play, SERVER, TCP_CLOSE_WAIT, EPIPE);
	returns(play, SERVER, .call = CALL_WRITE, .asked = 5, .result = -EPIPE);
	tells(play, MOMENT_SEND_FAILED, "The client's FIN had come before it", "FIN 已经到了");
}

static void econnreset_is_told_by_the_first_call(void **state)
{
	struct play *play = *state;

	handshake(play);
	gets_rst(play, CLIENT, TCP_ESTABLISHED, ECONNRESET);
	returns(play, CLIENT, .call = CALL_SEND, .asked = 5, .result = -ECONNRESET);
	returns(play, CLIENT, .call = CALL_SEND, .asked = 5, .result = -EPIPE);
	tells(play, MOMENT_SEND_FAILED, "the first call to tell of it", "第一个报告它的调用");
}

static void a_read_tells_of_a_rst_and_then_send_says_epipe(void **state)
{
	struct play *play = *state;

	handshake(play);
	gets_rst(play, CLIENT, TCP_ESTABLISHED, ECONNRESET);
	returns(play, CLIENT, .call = CALL_READ, .asked = 5, .result = -ECONNRESET);
	returns(play, CLIENT, .call = CALL_WRITE, .asked = 5, .result = -EPIPE);
	tells(play, MOMENT_READ_FAILED, "the first call to tell of it", "第一个报告它的调用");
	tells(play, MOMENT_SEND_FAILED, "the program has been told already", "程序已经得知");
}

static void end_of_file_after_all_was_read(void **state)
{
	struct play *play = *state;

	handshake(play);
	sends(play, CLIENT, 700);
	reads(play, SERVER, 700);
	client_closes(play);
	returns(play, SERVER, .call = CALL_READ, .asked = 100);
	returns(play, SERVER, .call = CALL_READ, .asked = 100);
	tells(play, MOMENT_EOF, "has read all 700 bytes before it", "全部 700 字节");
}

static void a_read_of_0_bytes_is_no_end_of_file(void **state)
{
	struct play *play = *state;

	handshake(play);
	returns(play, SERVER, .call = CALL_READ, .asked = 0);
	assert_null(told_moment(play, MOMENT_EOF));
}

static void end_of_file_by_rst_or_by_an_own_shutdown(void **state)
{
	struct play *play = *state;

	handshake(play);
	shuts(play, SERVER, SHUT_RD);
	returns(play, SERVER, .call = CALL_READ, .asked = 100);
	tells(play, MOMENT_EOF, "own shutdown()", "自己的 shutdown()");
	gets_rst(play, CLIENT, TCP_ESTABLISHED, ECONNRESET);
	returns(play, CLIENT, .call = CALL_READ, .asked = 100);
	assert_int_equal(told_moments(play, MOMENT_EOF), 2);
}

static void sends_a_part(struct play *play, uint16_t flags)
{
	handshake(play);
	enters(play, CLIENT, .call = CALL_SEND, .asked = 1000);
	write_queue(play, CLIENT, SAMPLE_TURN, .left = 1000, .flags = flags);
	write_queue(play, CLIENT, SAMPLE_SENT, .handed = 400);
	returns(play, CLIENT, .call = CALL_SEND, .asked = 1000, .bytes = 400, .result = 400);
}

static void a_call_that_must_not_wait_takes_a_part(void **state)
{
	struct play *play = *state;

	sends_a_part(play, SAMPLE_NONBLOCK);
	tells(play, MOMENT_SHORT_SEND, "400 of 1,000 bytes: the send buffer is full", "不得等待");
	returns(play, CLIENT, .call = CALL_SEND, .asked = 600, .result = -EAGAIN);
	tells(play, MOMENT_SEND_WOULD_BLOCK, "no room", "没有空间");
}

static void a_call_that_waits_takes_a_part_when_something_ends_its_wait(void **state)
{
	struct play *play = *state;

	sends_a_part(play, 0);
	tells(play, MOMENT_SHORT_SEND, "a signal, a timeout or an error", "信号、超时或错误");
}

static void eagain_is_told_once_for_each_direction(void **state)
{
	struct play *play = *state;

	handshake(play);
	for (int i = 0; i < 3; i++)
		returns(play, SERVER, .call = CALL_RECV, .asked = 10, .result = -EAGAIN);
	tells(play, MOMENT_READ_WOULD_BLOCK, "nothing to read", "没有可读的数据");
	assert_null(told_moment(play, MOMENT_SEND_WOULD_BLOCK));
}

static void bind_fails(struct play *play, uint16_t port, int error)
{
	feed(play, RECORD_SOCKET, socket, 70, .family = AF_INET, .type = SOCK_STREAM, .protocol = 6,
	     .netns = 7);
	feed(play, RECORD_ADDRESS, address, 70, .tgid = 100, .tid = 100,
	     .address = { [10] = 0xff, 0xff, 127, 0, 0, 1 }, .port = port, .family = AF_INET,
	     .call = CALL_BIND);
	returns(play, CLIENT, .header.socket = 70, .call = CALL_BIND, .result = -error);
}

static void an_address_in_use_has_a_holder_when_one_was_seen(void **state)
{
	struct play *play = *state;

	server_listens(play);
	bind_fails(play, SERVER_PORT, EADDRINUSE);
	tells(play, MOMENT_BIND_FAILED, "EADDRINUSE for 127.0.0.1:80. A socket of process 200",
	      "进程 200 的套接字正在那里监听");
}

static void an_address_in_use_whose_holder_was_not_seen(void **state)
{
	struct play *play = *state;

	server_listens(play);
	bind_fails(play, SERVER_PORT + 1, EADDRINUSE);
	tells(play, MOMENT_BIND_FAILED, "was not seen in this trace", "没有看到谁");
}

static void time_wait_holds_a_port_for_a_minute(void **state)
{
	struct play *play = *state;

	handshake(play);
	client_closes(play);
	server_closes(play);
	bind_fails(play, play->port[CLIENT], EADDRINUSE);
	tells(play, MOMENT_BIND_FAILED, "is still in TIME_WAIT", "还处于 TIME_WAIT");
	pass(play, 61 * SECOND);
	bind_fails(play, play->port[CLIENT], EADDRINUSE);
	assert_contains(caption(&play->moments[play->moment_count - 1], LANG_EN), "not seen");
}

static void announces(struct play *play, uint16_t window)
{
	feed(play, RECORD_SEGMENT, segment, play->id[SERVER], .flags = SEGMENT_ACK,
	     .seq = raw(play, SERVER, 0), .ack = raw(play, CLIENT, 100), .window = window,
	     .wscale = SEGMENT_NO_WSCALE);
}

static void asks(struct play *play)
{
	leaves(play, CLIENT, SEGMENT_ACK, raw(play, CLIENT, 99), raw(play, SERVER, 0), 0);
}

static void probes_of_a_window_of_0_are_counted_with_their_pauses(void **state)
{
	struct play *play = *state;
	const struct flow *flow;

	handshake(play);
	sends(play, CLIENT, 100);
	asks(play); /* a keepalive: the window is open */
	announces(play, 0);
	for (int i = 0; i < 3; i++) {
		pass(play, (200 << i) * MS);
		asks(play);
	}
	acknowledges(play, CLIENT);
	announces(play, 10);
	flow = &the_connection(play)->flow[CLIENT];
	assert_int_equal(flow->probes, 3);
	assert_int_equal(flow->probe_pause_min_ns / MS, 400);
	assert_int_equal(flow->probe_pause_max_ns / MS, 800);
	assert_int_equal(flow->window_zero_ns / MS, 1400);
	tells(play, MOMENT_WINDOW_PROBE, "has been 0 for 200.0 ms", "已经 200.0 ms");
	tells(play, MOMENT_WINDOW_OPEN, "had asked 3 times; its longest pause was 800.0 ms",
	      "询问了 3 次");
	assert_contains(verdict(play, LANG_EN), "sent 3 probes, 400.0 ms to 800.0 ms apart.");
	assert_contains(verdict(play, LANG_ZH), "发出 3 次探测");
}

static void a_window_that_opens_by_itself_needs_no_probe(void **state)
{
	struct play *play = *state;

	handshake(play);
	sends(play, CLIENT, 100);
	announces(play, 0);
	announces(play, 10);
	assert_lacks(caption(told_moment(play, MOMENT_WINDOW_OPEN), LANG_EN), "asked");
	assert_lacks(verdict(play, LANG_EN), "probe");
}

/* A hook's call can be left out: the ACK's arrival then says that its leaving was not seen. */
static void a_window_of_0_that_was_not_seen_leaving_counts_where_it_arrives(void **state)
{
	struct play *play = *state;
	const struct flow *flow;

	handshake(play);
	data(play, CLIENT, 0, 100);
	assert_int_equal(trace_lost(play->trace), 0);
	feed(play, RECORD_SEGMENT, segment, play->id[CLIENT], .received = 1, .flags = SEGMENT_ACK,
	     .seq = raw(play, SERVER, 0), .ack = raw(play, CLIENT, 100), .window = 0,
	     .wscale = SEGMENT_NO_WSCALE);
	flow = &the_connection(play)->flow[CLIENT];
	assert_true(flow->window_zero_since_ns != 0);
	assert_int_equal(trace_lost(play->trace), 1);
}

static void one_byte_of_urgent_data_is_marked(void **state)
{
	struct play *play = *state;

	handshake(play);
	sends(play, CLIENT, 3);
	feed(play, RECORD_SEGMENT, segment, play->id[CLIENT], .urgent = 2, .length = 2,
	     .flags = SEGMENT_ACK | SEGMENT_URG, .seq = raw(play, CLIENT, 3),
	     .ack = raw(play, SERVER, 0), .window = 512, .wscale = SEGMENT_NO_WSCALE);
	tells(play, MOMENT_URGENT, "byte 5 of the stream", "第 5 个字节");
	assert_int_equal(the_connection(play)->flow[CLIENT].urgent_byte, 5);
}

static void an_urgent_pointer_without_urg_means_nothing(void **state)
{
	struct play *play = *state;

	handshake(play);
	feed(play, RECORD_SEGMENT, segment, play->id[CLIENT], .urgent = 2, .length = 2,
	     .flags = SEGMENT_ACK, .seq = raw(play, CLIENT, 0), .ack = raw(play, SERVER, 0),
	     .window = 512, .wscale = SEGMENT_NO_WSCALE);
	assert_null(told_moment(play, MOMENT_URGENT));
}

static void a_half_close_is_told_with_what_still_came(void **state)
{
	struct play *play = *state;

	handshake(play);
	sends(play, SERVER, 50);
	client_closes(play);
	pass(play, SECOND);
	sends(play, SERVER, 300);
	server_closes(play);
	tells(play, MOMENT_HALF_CLOSED, "the server handed over 300 more bytes", "又交出 300 字节");
}

static void a_close_that_is_answered_at_once_is_no_half_close(void **state)
{
	struct play *play = *state;

	handshake(play);
	sends(play, SERVER, 50);
	client_closes(play);
	server_closes(play);
	assert_null(told_moment(play, MOMENT_HALF_CLOSED));
}

static void a_port_that_no_bind_named_is_the_kernels_choice(void **state)
{
	struct play *play = *state;

	feed(play, RECORD_SOCKET, socket, play->id[CLIENT], .family = AF_INET, .type = SOCK_STREAM,
	     .protocol = 6, .netns = 7);
	returns(play, CLIENT, .call = CALL_SOCKET, .result = 4);
	client_connects(play);
	syn_leaves(play);
	tells(play, MOMENT_SYN, "from port 40000, which it chose itself", "自己选的端口 40000");
}

static void a_port_of_which_nothing_is_known_is_nobodys_choice(void **state)
{
	struct play *play = *state;

	client_connects(play);
	syn_leaves(play);
	assert_lacks(caption(told_moment(play, MOMENT_SYN), LANG_EN), "chose");
}

static void a_port_that_bind_named_is_the_programs_choice(void **state)
{
	struct play *play = *state;

	feed(play, RECORD_SOCKET, socket, play->id[CLIENT], .family = AF_INET, .type = SOCK_STREAM,
	     .protocol = 6, .netns = 7);
	returns(play, CLIENT, .call = CALL_SOCKET, .result = 4);
	feed(play, RECORD_ADDRESS, address, play->id[CLIENT], .tgid = 100, .tid = 100,
	     .port = 40000, .family = AF_INET, .call = CALL_BIND);
	returns(play, CLIENT, .call = CALL_BIND);
	client_connects(play);
	syn_leaves(play);
	assert_lacks(caption(told_moment(play, MOMENT_SYN), LANG_EN), "chose");
}

static void each_process_with_32_bit_calls_is_counted_once(void **state)
{
	struct play *play = *state;
	const struct undecoded *undecoded = trace_undecoded(play->trace);

	assert_int_equal(undecoded->processes, 0);
	for (uint32_t tid = 50; tid < 53; tid++)
		feed(play, RECORD_PROCESS, process, 0, .tgid = 50, .tid = tid,
		     .event = PROCESS_32BIT, .comm = "narrow");
	assert_int_equal(undecoded->processes, 1);
	feed(play, RECORD_PROCESS, process, 0, .tgid = 60, .tid = 60, .event = PROCESS_32BIT,
	     .comm = "other");
	assert_int_equal(undecoded->processes, 2);
	assert_int_equal(undecoded->first_tgid, 50);
	assert_string_equal(undecoded->first_comm, "narrow");
}

static void each_mptcp_socket_is_counted_once(void **state)
{
	struct play *play = *state;

	for (int turn = 0; turn < 2; turn++)
		feed(play, RECORD_SOCKET, socket, 90, .protocol = IPPROTO_MPTCP);
	feed(play, RECORD_SOCKET, socket, 91, .protocol = IPPROTO_MPTCP);
	feed(play, RECORD_SOCKET, socket, 92, .protocol = IPPROTO_TCP);
	assert_int_equal(trace_undecoded(play->trace)->mptcp_sockets, 2);
}

static void what_io_uring_moves_is_counted_and_not_timed(void **state)
{
	struct play *play = *state;
	const struct call_stats *stats;

	handshake(play);
	enters(play, CLIENT, .call = CALL_RECV, .asked = 10);
	returns(play, CLIENT, .call = CALL_URING_SEND, .bytes = 700, .result = 700, .enter_ns = 1);
	stats = connection_calls(the_connection(play), CLIENT, CALL_URING_SEND);
	assert_int_equal(stats->count, 1);
	assert_int_equal(stats->moved_bytes, 700);
	assert_int_equal(stats->inside_ns, 0);
	assert_true(the_connection(play)->flow[CLIENT].untimed);
	/* The call that its thread is in goes on. */
	returns(play, CLIENT, .call = CALL_RECV, .asked = 10, .bytes = 3, .result = 3);
	assert_int_equal(connection_calls(the_connection(play), CLIENT, CALL_RECV)->count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		promise(epipe_after_an_own_shutdown),
		promise(epipe_after_a_rst_that_a_fin_preceded),
		promise(econnreset_is_told_by_the_first_call),
		promise(a_read_tells_of_a_rst_and_then_send_says_epipe),
		promise(end_of_file_after_all_was_read),
		promise(a_read_of_0_bytes_is_no_end_of_file),
		promise(end_of_file_by_rst_or_by_an_own_shutdown),
		promise(a_call_that_must_not_wait_takes_a_part),
		promise(a_call_that_waits_takes_a_part_when_something_ends_its_wait),
		promise(eagain_is_told_once_for_each_direction),
		promise(each_process_with_32_bit_calls_is_counted_once),
		promise(each_mptcp_socket_is_counted_once),
		promise(what_io_uring_moves_is_counted_and_not_timed),
		promise(an_address_in_use_has_a_holder_when_one_was_seen),
		promise(an_address_in_use_whose_holder_was_not_seen),
		promise(time_wait_holds_a_port_for_a_minute),
		promise(probes_of_a_window_of_0_are_counted_with_their_pauses),
		promise(a_window_that_opens_by_itself_needs_no_probe),
		promise(a_window_of_0_that_was_not_seen_leaving_counts_where_it_arrives),
		promise(one_byte_of_urgent_data_is_marked),
		promise(an_urgent_pointer_without_urg_means_nothing),
		promise(a_half_close_is_told_with_what_still_came),
		promise(a_close_that_is_answered_at_once_is_no_half_close),
		promise(a_port_that_no_bind_named_is_the_kernels_choice),
		promise(a_port_of_which_nothing_is_known_is_nobodys_choice),
		promise(a_port_that_bind_named_is_the_programs_choice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
