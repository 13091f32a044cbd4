/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One connection, a few sentences: each form of the verdict in English and in
 * Chinese. What isn't known isn't said, and no ending is left without a word.
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>

#include "tests/unit/model_records.h"

#define SIZE 2048

static void says(const struct play *play, const char *en, const char *zh)
{
	assert_contains(verdict(play, LANG_EN), en);
	assert_contains(verdict(play, LANG_ZH), zh);
	assert_null(strpbrk(verdict(play, LANG_EN), "{}"));
	assert_null(strpbrk(verdict(play, LANG_ZH), "{}"));
	assert_lacks(verdict(play, LANG_EN), "  ");
}

static void is_exactly(const struct play *play, const char *en, const char *zh)
{
	assert_string_equal(verdict(play, LANG_EN), en);
	assert_string_equal(verdict(play, LANG_ZH), zh);
}

/* A send() of 10,240,000 bytes that takes 7.805 s; the peer then has read 7,052,288. */
static void a_slow_reader(struct play *play)
{
	handshake(play);
	enters(play, CLIENT, .call = CALL_SEND, .asked = 10240000);
	pass(play, 7805 * MS - 4 * US);
	data(play, CLIENT, 0, 7147493);
	read_queue(play, SERVER, SAMPLE_COPIED, 7147493, 7052288);
	write_queue(play, CLIENT, SAMPLE_SENT, .handed = 10240000, .sent = 7147493);
	returns(play, CLIENT, .call = CALL_SEND, .asked = 10240000, .bytes = 10240000,
		.result = 10240000);
}

static void what_send_reported_and_what_was_really_read(void **state)
{
	struct play *play = *state;

	a_slow_reader(play);
	data(play, CLIENT, 0, 10240000);
	pass(play, 3537 * MS - 3 * US);
	read_queue(play, SERVER, SAMPLE_COPIED, 10240000, 10240000);
	play->arrived[CLIENT] = 10240000;
	client_closes(play);
	server_closes(play);
	is_exactly(
		play,
		"send() reported success for 10,240,000 bytes after 7.805 s. At that moment "
		"the server's program had read 7,052,288: 3,187,712 (31 %) were still in "
		"kernel buffers. The last byte was read 3.537 s later.",
		"send() 在 7.805 s 后报告成功发送 10,240,000 字节。那一刻服务器程序读到 7,052,288 "
		"字节：还有 3,187,712 字节（31 %）在内核缓冲区里。再过 3.537 s "
		"才读到最后一个字节。");
}

static void all_was_read_when_send_returned(void **state)
{
	struct play *play = *state;

	handshake(play);
	enters(play, CLIENT, .call = CALL_WRITE, .asked = 100);
	data(play, CLIENT, 0, 100);
	read_queue(play, SERVER, SAMPLE_COPIED, 100, 100);
	write_queue(play, CLIENT, SAMPLE_SENT, .handed = 100, .sent = 100);
	returns(play, CLIENT, .call = CALL_WRITE, .asked = 100, .bytes = 100, .result = 100);
	says(play, "write() reported success for 100 bytes", "write() 在");
	says(play, "had read all of them.", "已经全部读完");
	assert_lacks(verdict(play, LANG_EN), "later");
}

static void many_send_calls_are_counted_without_those_that_failed(void **state)
{
	struct play *play = *state;

	handshake(play);
	sends(play, CLIENT, 1000);
	returns(play, CLIENT, .call = CALL_SEND, .asked = 1000, .result = -EAGAIN);
	sends(play, CLIENT, 1000);
	says(play, "2 send calls handed over 2,000 bytes within", "2 次发送调用在");
}

static void bytes_that_nobody_read_are_named(void **state)
{
	struct play *play = *state;

	handshake(play);
	sends(play, CLIENT, 1000);
	reads(play, SERVER, 400);
	client_closes(play);
	server_closes(play);
	says(play, "600 bytes were never read.", "600 字节始终没有被读走。");
}

static void an_answer_is_told_as_the_other_way(void **state)
{
	struct play *play = *state;

	handshake(play);
	sends(play, CLIENT, 1000);
	sends(play, SERVER, 300);
	reads(play, CLIENT, 200);
	says(play, "The other way 300 bytes were sent and 200 read.",
	     "反方向发送了 300 字节，读了 200 字节。");
}

static void the_server_may_be_the_one_that_sends(void **state)
{
	struct play *play = *state;

	handshake(play);
	sends(play, SERVER, 1000);
	says(play, "the client's program had read 0: 1,000 (100 %)", "客户端程序读到 0 字节");
}

static void without_the_readers_trace_only_acknowledgements_are_told(void **state)
{
	struct play *play = *state;

	play->sees[SERVER] = false;
	handshake(play);
	sends(play, CLIENT, 1000);
	says(play, "all of them were acknowledged. What the other program had read is unknown",
	     "全部数据已被确认");
	enters(play, CLIENT, .call = CALL_SEND, .asked = 500);
	write_queue(play, CLIENT, SAMPLE_SENT, .handed = 1500, .sent = 1000, .acked = 1000);
	returns(play, CLIENT, .call = CALL_SEND, .asked = 500, .bytes = 500, .result = 500);
	says(play, "1,000 were acknowledged and 500 (33 %) were not.",
	     "1,000 字节已被确认，500 字节（33 %）还没有");
	assert_lacks(verdict(play, LANG_EN), "kernel buffers");
}

static void without_the_senders_trace_only_what_arrived_is_told(void **state)
{
	struct play *play = *state;

	play->sees[CLIENT] = false;
	handshake(play);
	data(play, CLIENT, 0, 1000);
	reads(play, SERVER, 800);
	says(play, "1,000 bytes arrived and the server's program read 800 of them.",
	     "到达 1,000 字节，服务器程序读了其中 800 字节。");
}

static void a_connection_without_data(void **state)
{
	struct play *play = *state;

	handshake(play);
	client_closes(play);
	server_closes(play);
	says(play, "and carried no data.", "没有传送数据。");
	assert_lacks(verdict(play, LANG_EN), "still open");
}

static void a_connection_that_outlived_the_trace(void **state)
{
	struct play *play = *state;

	handshake(play);
	says(play, "It was still open when the trace ended.", "跟踪结束时连接仍然开着。");
}

static void a_send_that_never_returned_is_told(void **state)
{
	struct play *play = *state;

	handshake(play);
	enters(play, CLIENT, .call = CALL_SEND, .asked = 90000);
	write_queue(play, CLIENT, SAMPLE_TURN, .handed = 9000, .wmem = 9000, .sndbuf = 8000,
		    .left = 81000, .flags = SAMPLE_NEW_BUFFER);
	pass(play, 10 * SECOND);
	acknowledges(play, SERVER);
	assert_int_equal(trace_finish(play->trace), 0);
	says(play, "send() had not returned after 10.00 s", "send()");
	says(play, "9,000 bytes", "9,000 字节");
}

static void a_send_whose_return_was_lost_is_not_still_sending(void **state)
{
	struct play *play = *state;

	handshake(play);
	enters(play, CLIENT, .call = CALL_SEND, .asked = 9000);
	write_queue(play, CLIENT, SAMPLE_SENT, .handed = 9000, .wmem = 9000, .sndbuf = 90000);
	enters(play, CLIENT, .call = CALL_RECV, .asked = 10);
	pass(play, 10 * SECOND);
	assert_int_equal(trace_finish(play->trace), 0);
	assert_lacks(verdict(play, LANG_EN), "had not returned");
}

static void send_is_cut_short(struct play *play, int exit_code)
{
	handshake(play);
	enters(play, CLIENT, .call = CALL_SEND, .asked = 9000);
	write_queue(play, CLIENT, SAMPLE_TURN, .handed = 4000, .wmem = 9000, .sndbuf = 8000,
		    .left = 5000, .flags = SAMPLE_NEW_BUFFER);
	returns(play, CLIENT, .call = CALL_SEND, .asked = 9000, .bytes = 4000, .result = 4000);
	feed(play, RECORD_PROCESS, process, 0, .tgid = play->tid[CLIENT], .tid = play->tid[CLIENT],
	     .event = PROCESS_EXIT, .exit_code = exit_code);
	client_closes(play);
}

/* A signal that ends the process is taken before the program sees what send() returned. */
static void a_program_that_was_killed_inside_send_was_told_of_no_success(void **state)
{
	struct play *play = *state;

	send_is_cut_short(play, SIGINT);
	says(play, "A signal ended the program inside send(), which had handed over 4,000 bytes",
	     "信号在 send() 期间结束了程序");
	assert_lacks(verdict(play, LANG_EN), "success");
	assert_contains(caption(told_moment(play, MOMENT_SENT), LANG_EN), "was never told");
}

static void a_program_that_exits_after_a_short_send_was_told_of_it(void **state)
{
	struct play *play = *state;

	send_is_cut_short(play, 1 << 8);
	says(play, "send() reported success for 4,000 bytes", "成功发送 4,000 字节");
}

static void a_rst_that_ended_it(void **state)
{
	struct play *play = *state;

	handshake(play);
	sends(play, CLIENT, 100);
	feed(play, RECORD_RESET, reset, play->id[CLIENT], .received = 1, .reason = -1);
	changes(play, CLIENT, TCP_ESTABLISHED, TCP_CLOSE, .error = ECONNRESET);
	says(play, "A RST from the server ended the connection.", "服务器的 RST 结束了连接。");
	assert_lacks(verdict(play, LANG_EN), "still open");
}

/* The kernel can leave out a hook's call; what is sent next shows the gap. */
static void a_segment_that_was_not_seen_leaving_is_confessed(void **state)
{
	struct play *play = *state;

	handshake(play);
	data(play, CLIENT, 0, 100);
	assert_lacks(verdict(play, LANG_EN), "Records were lost");
	data(play, CLIENT, 200, 100);
	says(play, "Records were lost", "有记录丢失");
}

static void lost_records_are_confessed(void **state)
{
	struct play *play = *state;

	handshake(play);
	sends(play, CLIENT, 100);
	feed(play, RECORD_LOST, lost, 0, .first_ns = play->now_ns, .last_ns = play->now_ns + 5,
	     .count = 7, .what = RECORD_SAMPLE_SEND);
	says(play, "Records were lost meanwhile", "期间有记录丢失");
}

static void refused(void **state)
{
	struct play *play = *state;

	client_connects(play);
	syn_leaves(play);
	pass(play, 3 * MS);
	arrives(play, SERVER, SEGMENT_RST | SEGMENT_ACK, 0, play->isn[CLIENT] + 1, 0);
	feed(play, RECORD_RESET, reset, play->id[CLIENT], .received = 1, .reason = -1,
	     .state = TCP_SYN_SENT);
	changes(play, CLIENT, TCP_SYN_SENT, TCP_CLOSE, .error = ECONNREFUSED);
	connect_returns(play, -ECONNREFUSED);
	says(play, "connect() to 127.0.0.1:80 failed with ECONNREFUSED after 3.00",
	     "到 127.0.0.1:80 的 connect() 在 3.00");
	says(play, "A RST answered the SYN: the kernel's answer where no socket listens.",
	     "对 SYN 的应答是 RST");
}

/* iptables -j REJECT answers with ICMP port unreachable, and the errno is the same. */
static void refused_by_icmp_is_not_told_as_a_rst(void **state)
{
	struct play *play = *state;

	client_connects(play);
	syn_leaves(play);
	feed(play, RECORD_ERROR, error, play->id[CLIENT], .error = ECONNREFUSED,
	     .state = TCP_SYN_SENT);
	changes(play, CLIENT, TCP_SYN_SENT, TCP_CLOSE, .error = ECONNREFUSED);
	connect_returns(play, -ECONNREFUSED);
	says(play, "failed with ECONNREFUSED", "ECONNREFUSED");
	assert_lacks(verdict(play, LANG_EN), "RST");
	assert_lacks(caption(told_moment(play, MOMENT_CONNECT_FAILED), LANG_EN), "RST");
}

static void timed_out(void **state)
{
	struct play *play = *state;

	client_connects(play);
	for (int i = 0; i < 3; i++) {
		syn_leaves(play);
		pass(play, SECOND);
	}
	changes(play, CLIENT, TCP_SYN_SENT, TCP_CLOSE, .error = ETIMEDOUT);
	connect_returns(play, -ETIMEDOUT);
	says(play,
	     "failed with ETIMEDOUT after 3.000 s. 3 SYNs left, at 0 s, 1.00 s, 2.00 s, "
	     "and nothing answered.",
	     "发出了 3 个 SYN（0 s, 1.00 s, 2.00 s），没有任何应答。");
}

static void connect_without_route_is_told_without_a_syn(void **state)
{
	struct play *play = *state;
	struct record_socket socket = { .family = 2, .type = 1, .protocol = 6 };

	feed(play, RECORD_SOCKET, socket, play->id[CLIENT], .family = socket.family,
	     .type = socket.type, .protocol = socket.protocol);
	feed(play, RECORD_ADDRESS, address, play->id[CLIENT], .tgid = 100, .tid = 100,
	     .address = { [10] = 0xff, 0xff, 192, 0, 2, 1 }, .port = 443, .family = 2,
	     .call = CALL_CONNECT);
	enters(play, CLIENT, .call = CALL_CONNECT);
	connect_returns(play, -ENETUNREACH);
	assert_int_equal(trace_connections(play->trace), 1);
	says(play, "connect() to 192.0.2.1:443 failed with ENETUNREACH",
	     "到 192.0.2.1:443 的 connect()");
	says(play, "No SYN was made: the routing table", "没有生成 SYN：");
}

/* With --detail calls no segment is recorded, and none may be denied. */
static void a_syn_that_was_not_recorded_is_not_denied(void **state)
{
	struct play *play = *state;

	client_connects(play);
	changes(play, CLIENT, TCP_SYN_SENT, TCP_CLOSE, .error = ETIMEDOUT);
	connect_returns(play, -ETIMEDOUT);
	says(play, "failed with ETIMEDOUT", "ETIMEDOUT");
	assert_lacks(verdict(play, LANG_EN), "SYN");
	assert_lacks(verdict(play, LANG_ZH), "SYN");
	assert_lacks(caption(told_moment(play, MOMENT_CONNECT_FAILED), LANG_EN), "SYN");
}

static void a_connect_that_did_not_wait_took_until_it_failed(void **state)
{
	struct play *play = *state;

	client_connects(play);
	syn_leaves(play);
	connect_returns(play, -EINPROGRESS);
	pass(play, 2 * SECOND);
	changes(play, CLIENT, TCP_SYN_SENT, TCP_CLOSE, .error = EHOSTUNREACH);
	says(play, "failed with EHOSTUNREACH after 2.000 s", "2.000 s");
}

static void a_connect_that_did_not_end(void **state)
{
	struct play *play = *state;

	client_connects(play);
	syn_leaves(play);
	says(play, "connect() to 127.0.0.1:80 had not ended when the trace did.",
	     "到 127.0.0.1:80 的 connect() 还没有结束。");
}

static void a_connect_that_was_given_up(void **state)
{
	struct play *play = *state;

	client_connects(play);
	syn_leaves(play);
	connect_returns(play, -EINPROGRESS);
	pass(play, SECOND);
	changes(play, CLIENT, TCP_SYN_SENT, TCP_CLOSE, by_call(play, CLIENT, CALL_CLOSE));
	says(play, "gave up connecting to 127.0.0.1:80 after 1.000 s", "放弃连接 127.0.0.1:80");
}

static void a_handshake_of_a_stranger_that_was_not_completed(void **state)
{
	struct play *play = *state;

	play->sees[CLIENT] = false;
	server_listens(play);
	syn_arrives(play);
	says(play, "127.0.0.1:80", "127.0.0.1:80");
	assert_lacks(verdict(play, LANG_EN), "connect()");
	syn_ack(play);
	says(play, "the handshake was not completed.", "握手没有完成。");
}

static void data_without_a_call_are_told_too(void **state)
{
	struct play *play = *state;

	handshake(play); /* io_uring moves data without system calls */
	data(play, CLIENT, 0, 1000);
	read_queue(play, SERVER, SAMPLE_COPIED, 1000, 600);
	client_closes(play);
	server_closes(play);
	says(play, "1,000 bytes", "1,000 字节");
	says(play, "600", "600");
}

static void data_without_a_call_to_a_stranger_are_told_too(void **state)
{
	struct play *play = *state;

	play->sees[SERVER] = false;
	handshake(play);
	data(play, CLIENT, 0, 1000);
	client_closes(play);
	assert_string_not_equal(verdict(play, LANG_EN), "");
	assert_contains(verdict(play, LANG_EN), "1,000");
}

static void a_short_buffer_cuts_at_a_whole_character(void **state)
{
	struct play *play = *state;
	char whole[SIZE], cut[SIZE];

	a_slow_reader(play);
	for (int lang = 0; lang < LANG_COUNT; lang++) {
		verdict_text(the_connection(play), lang, whole, sizeof(whole));
		for (size_t size = 1; size <= strlen(whole); size++) {
			memset(cut, 0x7f, sizeof(cut));
			verdict_text(the_connection(play), lang, cut, size);
			assert_true(strlen(cut) < size);
			assert_int_equal(cut[size], 0x7f);
			assert_int_equal(strncmp(whole, cut, strlen(cut)), 0);
			assert_true((whole[strlen(cut)] & 0xc0) != 0x80);
		}
	}
}

static void where_bytes_were_is_not_said_when_no_hook_showed_it(void **state)
{
	struct play *play = *state;
	struct connection *connection;

	a_slow_reader(play);
	connection = (struct connection *)the_connection(play);
	connection->places_known = false;
	is_exactly(play,
		   "send() reported success for 10,240,000 bytes after 7.805 s. Where they were "
		   "meanwhile is not known: this kernel lacks the hooks for it. It was "
		   "still open when the trace ended.",
		   "send() 在 7.805 s 后报告成功发送 10,240,000 字节。这些字节当时在哪里是未知的："
		   "这个内核缺少所需的挂钩。跟踪结束时连接仍然开着。");
	connection->places_unasked = true;
	says(play, "was not recorded, because of --coalesce.", "因为用了 --coalesce。");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		promise(what_send_reported_and_what_was_really_read),
		promise(all_was_read_when_send_returned),
		promise(many_send_calls_are_counted_without_those_that_failed),
		promise(bytes_that_nobody_read_are_named),
		promise(an_answer_is_told_as_the_other_way),
		promise(the_server_may_be_the_one_that_sends),
		promise(without_the_readers_trace_only_acknowledgements_are_told),
		promise(without_the_senders_trace_only_what_arrived_is_told),
		promise(a_connection_without_data),
		promise(a_connection_that_outlived_the_trace),
		promise(a_send_that_never_returned_is_told),
		promise(a_send_whose_return_was_lost_is_not_still_sending),
		promise(a_program_that_was_killed_inside_send_was_told_of_no_success),
		promise(a_program_that_exits_after_a_short_send_was_told_of_it),
		promise(a_rst_that_ended_it),
		promise(a_segment_that_was_not_seen_leaving_is_confessed),
		promise(lost_records_are_confessed),
		promise(refused),
		promise(refused_by_icmp_is_not_told_as_a_rst),
		promise(timed_out),
		promise(connect_without_route_is_told_without_a_syn),
		promise(a_syn_that_was_not_recorded_is_not_denied),
		promise(a_connect_that_did_not_wait_took_until_it_failed),
		promise(a_connect_that_did_not_end),
		promise(a_connect_that_was_given_up),
		promise(a_handshake_of_a_stranger_that_was_not_completed),
		promise(data_without_a_call_are_told_too),
		promise(data_without_a_call_to_a_stranger_are_told_too),
		promise(where_bytes_were_is_not_said_when_no_hook_showed_it),
		promise(a_short_buffer_cuts_at_a_whole_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
