/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The records that the kernel side writes and the user side reads: the only
 * header that both share. A record carries what one hook saw, raw; everything
 * derived is derived in user/model. Enums and structs grow only at their end.
 *
 * Sequence numbers are as the kernel keeps them (32 bits, wrapping, with SYN
 * and FIN counting one). Times are CLOCK_MONOTONIC nanoseconds. Ports and
 * integers are in host byte order; addresses are 16 bytes in network order,
 * IPv4 as IPv4-mapped IPv6 (RFC 4291, section 2.5.5.2).
 */
#ifndef TCPWATCH_RECORD_H
#define TCPWATCH_RECORD_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

#define RECORD_COMM_SIZE 16
#define RECORD_ADDRESS_SIZE 16

enum record_kind {
	RECORD_NONE,
	RECORD_SOCKET,	     /* identity of a socket; repeated when more of it is known */
	RECORD_PROCESS,	     /* a task of the command was forked, executed, renamed, or ended */
	RECORD_STATE,	     /* inet_sock_set_state: fires before the change */
	RECORD_CALL_ENTER,   /* a call that can block began */
	RECORD_CALL,	     /* a socket call returned */
	RECORD_ADDRESS,	     /* the address that bind() or connect() was given */
	RECORD_SAMPLE_SEND,  /* write queue of one socket */
	RECORD_SAMPLE_RECV,  /* receive queue of one socket */
	RECORD_SEGMENT,	     /* a TCP segment left or arrived */
	RECORD_QUEUE,	     /* a listener's accept queue */
	RECORD_RESET,	     /* RST sent or received */
	RECORD_RETRANSMIT,   /* tcp_retransmit_skb, tcp_retransmit_synack */
	RECORD_ERROR,	     /* sk_err or sk_err_soft was set */
	RECORD_LOST,	     /* records that did not fit; made by the collector */
	RECORD_ICMP,	     /* ICMP said that a segment of a socket can't be delivered */
	RECORD_FOUND,	     /* what the kernel had counted of a socket older than the trace */
	RECORD_SAMPLE_OTHER, /* both queues of a UDP, raw or AF_UNIX socket */
	RECORD_CALL_RUN,     /* like calls of one task on one socket, joined (--coalesce) */
	RECORD_KINDS
};

/* Starts every record. size counts this header and is a multiple of 8. */
struct record_header {
	__u16 kind;   /* enum record_kind */
	__u16 size;   /* bytes */
	__u32 socket; /* socket id, from 1; 0: no socket */
	__u64 time_ns;
};

/* What is known of a socket. Zero: not known (yet). */
struct record_socket {
	struct record_header header;
	__u64 cookie; /* SO_COOKIE; the same as in ss -e */
	__u64 inode;
	__u8 local_address[RECORD_ADDRESS_SIZE];
	__u8 remote_address[RECORD_ADDRESS_SIZE];
	__u16 local_port;
	__u16 remote_port;
	__u16 family;	  /* AF_* */
	__u16 type;	  /* SOCK_* */
	__u16 protocol;	  /* IPPROTO_* */
	__u16 origin;	  /* enum socket_origin */
	__u32 netns;	  /* inode number of the network namespace */
	__u32 listener;	  /* socket id of the listener that made it; 0: none */
	__u32 owner_tgid; /* last task of the command that used it; 0: not known */
	__u32 owner_tid;
	__u32 scope; /* index of the interface of a link-local address */
};

/* How a socket came into the capture. */
enum socket_origin {
	ORIGIN_CREATED,	  /* socket(), socketpair() */
	ORIGIN_CHILD,	  /* a SYN arrived at a listener of the command */
	ORIGIN_INHERITED, /* open in the command before its first instruction */
	ORIGIN_FIRST_USE, /* first seen in a call (passed descriptor) */
	ORIGIN_EXISTING,  /* there before tcpwatch attached */
	ORIGIN_PEER = 5,  /* --peers: the other end, of a process that is not followed */
};

enum process_event {
	PROCESS_FORK, /* also a new thread: tgid stays, tid is new */
	PROCESS_EXEC,
	PROCESS_EXIT,
	PROCESS_RENAME, /* prctl(PR_SET_NAME), or a write to comm */
	PROCESS_FOUND,	/* ran already when it was first seen */
	PROCESS_32BIT,	/* it makes 32-bit system calls, which are not decoded */
};

struct record_process {
	struct record_header header;
	__u32 tgid;
	__u32 tid;
	__u32 parent_tgid;
	__s32 exit_code; /* PROCESS_EXIT: as wait(2) gives it */
	__u16 event;	 /* enum process_event */
	__u16 reserved[3];
	char comm[RECORD_COMM_SIZE];
	__u32 own_tgid; /* in its own pid namespace; 0: as tgid and tid */
	__u32 own_tid;
};

/* Sequence numbers of both queues, as in struct tcp_sock. */
struct record_positions {
	__u32 write_seq;
	__u32 snd_nxt;
	__u32 snd_una;
	__u32 rcv_nxt;
	__u32 copied_seq;
};

#define STATE_SOCK_DONE 1 /* the peer's FIN has arrived */
#define STATE_SOCK_DEAD 2 /* no file refers to the socket any more */
#define STATE_LINGER_0 4  /* SO_LINGER is on, with 0 seconds */

struct record_state {
	struct record_header header;
	struct record_positions positions; /* before the change */
	__s32 error;			   /* sk_err, positive errno */
	__s32 error_soft;		   /* sk_err_soft */
	__u32 tgid; /* the task in whose own call on this socket it happened; 0: none */
	__u32 tid;
	/* TCP_*, include/net/tcp_states.h; both the same: found in that state */
	__u8 old_state;
	__u8 new_state;
	__u8 flags;    /* STATE_SOCK_* */
	__u8 shutdown; /* sk_shutdown: 1 receive, 2 send */
	__u8 call;     /* enum call_kind of that task; CALL_NONE: not in a call */
	__u8 exiting;  /* that task is exiting: the kernel closes its files */
	__u16 reserved[3];
};

/* POSIX names. send() and recv() are sendto and recvfrom without an address. */
enum call_kind {
	CALL_NONE,
	CALL_SOCKET,
	CALL_SOCKETPAIR,
	CALL_BIND,
	CALL_LISTEN,
	CALL_ACCEPT,
	CALL_ACCEPT4,
	CALL_CONNECT,
	CALL_SHUTDOWN,
	CALL_CLOSE,
	CALL_SETSOCKOPT,
	CALL_WRITE,
	CALL_WRITEV,
	CALL_SEND,
	CALL_SENDTO,
	CALL_SENDMSG,
	CALL_SENDMMSG,
	CALL_SENDFILE,
	CALL_SPLICE_IN, /* splice() into a socket */
	CALL_READ,
	CALL_READV,
	CALL_RECV,
	CALL_RECVFROM,
	CALL_RECVMSG,
	CALL_RECVMMSG,
	CALL_SPLICE_OUT, /* splice() out of a socket */
	/* Done by the kernel for io_uring: neither its begin nor its descriptor is known. */
	CALL_URING_SEND,
	CALL_URING_RECV,
	CALL_KINDS
};

struct record_call_enter {
	struct record_header header; /* time_ns: of the entry */
	__u64 asked;		     /* bytes, or 0 where the call has no size */
	__u32 tgid;
	__u32 tid;
	__s32 fd;
	__u32 flags; /* MSG_*, SHUT_* for shutdown, backlog for listen */
	__u8 call;   /* enum call_kind */
	__u8 found;  /* it had begun already: time_ns is when that was found */
	__u8 reserved[6];
};

struct record_call {
	struct record_header header; /* time_ns: of the return */
	__u64 enter_ns;
	__u64 asked;  /* bytes; setsockopt: the value */
	__u64 bytes;  /* moved, summed over messages; result says less for sendmmsg */
	__s32 result; /* as the program sees it: value, or negative errno */
	__s32 fd;
	__u32 tgid;
	__u32 tid;
	__u32 flags;	 /* as in record_call_enter; setsockopt: level << 16 | option */
	__u32 other;	 /* accept, socketpair: socket id of the (second) new socket */
	__u8 call;	 /* enum call_kind */
	__u8 restarts;	 /* times that a signal made the kernel restart it */
	__u8 unfinished; /* the task ended inside the call: result is not known */
	__u8 found;	 /* as in record_call_enter: enter_ns is when it was found */
	__u8 reserved[4];
};

/*
 * Transfers that a task made one after the other on one socket, the same call with the same
 * flags: each took less than RUN_NS, and so did all from the first entry to the last return. A
 * count of 1 tells what RECORD_CALL does. Calls that failed with EAGAIN have runs of their own.
 */
#define RUN_NS 1000000
struct record_call_run {
	struct record_header header; /* time_ns: of the last return */
	__u64 first_enter_ns;
	__u64 last_enter_ns;
	__u64 asked;	 /* bytes, of all */
	__u64 bytes;	 /* moved, by all */
	__u64 inside_ns; /* of all, between entry and return */
	__u64 longest_ns;
	__u64 asked_most; /* bytes, of one */
	__u32 count;
	__u32 short_count; /* moved less than they asked for, without error */
	__s32 result;	   /* of the last; a run of failed calls: of each, negative errno */
	__s32 fd;
	__u32 tgid;
	__u32 tid;
	__u32 flags; /* as in record_call */
	__u8 call;   /* enum call_kind */
	__u8 reserved[3];
};

struct record_address {
	struct record_header header;
	__u32 tgid;
	__u32 tid;
	__u8 address[RECORD_ADDRESS_SIZE];
	__u16 port;
	__u16 family; /* sa_family as given */
	__u8 call;    /* CALL_BIND or CALL_CONNECT */
	__u8 reserved[3];
};

enum sample_reason {
	SAMPLE_TURN,   /* tcp_sendmsg_locked: top of one turn of the copy loop */
	SAMPLE_SENT,   /* sock_send_length: the protocol's sendmsg is done */
	SAMPLE_ACKED,  /* tcp_probe: an ACK arrives, fields are from before it */
	SAMPLE_QUEUED, /* sk_data_ready */
	SAMPLE_COPIED, /* tcp_rcv_space_adjust */
	SAMPLE_READ,   /* sock_recv_length */
	SAMPLE_WAITS,  /* a send call begins to wait for room; without SAMPLE_TURN, as is: */
	SAMPLE_WOKEN,  /* that wait is over, and there is room */
};

#define SAMPLE_NONBLOCK 1   /* the call must not sleep: MSG_DONTWAIT or O_NONBLOCK */
#define SAMPLE_NEW_BUFFER 2 /* the last sk_buff is full: memory for a new one is wanted */
#define SAMPLE_PACED 4	    /* pacing: the next segment may not leave before a later time */

struct record_sample_send {
	struct record_header header;
	__u32 write_seq;
	__u32 snd_nxt;
	__u32 snd_una;
	__u32 ack_seq;	     /* SAMPLE_ACKED: the ACK number of the segment; else snd_una */
	__u32 wmem_queued;   /* bytes of memory, ss: w */
	__u32 sndbuf;	     /* bytes of memory, ss: tb */
	__u32 snd_wnd;	     /* bytes */
	__u32 snd_cwnd;	     /* segments */
	__u32 packets_out;   /* segments */
	__u32 notsent_lowat; /* bytes; 0xffffffff: not set */
	__u32 left;  /* SAMPLE_TURN, _WAITS, _WOKEN: bytes that sendmsg has not copied yet */
	__u8 reason; /* enum sample_reason */
	__u8 state;  /* TCP_* */
	__u16 flags; /* SAMPLE_PACED; as left: SAMPLE_NONBLOCK, SAMPLE_NEW_BUFFER */
};

struct record_sample_recv {
	struct record_header header;
	__u32 rcv_nxt;
	__u32 copied_seq;
	__u32 rcv_wnd;	  /* bytes */
	__u32 rmem_alloc; /* bytes of memory, ss: r */
	__u32 rcvbuf;	  /* bytes of memory, ss: rb */
	__u8 reason;	  /* enum sample_reason */
	__u8 state;	  /* TCP_* */
	__u16 reserved;
};

#define SEGMENT_FIN 0x01
#define SEGMENT_SYN 0x02
#define SEGMENT_RST 0x04
#define SEGMENT_PSH 0x08
#define SEGMENT_ACK 0x10
#define SEGMENT_URG 0x20
#define SEGMENT_ECE 0x40
#define SEGMENT_CWR 0x80

/* net_dev_queue (sent) or netif_receive_skb (received). May be a super-segment (GSO). */
struct record_segment {
	struct record_header header; /* socket: the end that sends or receives it */
	__u32 seq;
	__u32 ack;
	__u32 length;	   /* bytes of data, without headers */
	__u32 wmem_queued; /* sent, by a full socket: bytes of memory; else 0 */
	__u32 write_seq;   /* as wmem_queued */
	__u16 window;	   /* as in the header, unscaled */
	__u16 mss;	   /* SYN only: option 2; 0: absent */
	__u8 wscale;	   /* SYN only: option 3; SEGMENT_NO_WSCALE: absent */
	__u8 flags;	   /* SEGMENT_* */
	__u8 received;	   /* 0 sent, 1 received */
	__u8 state;	   /* TCP_* of the sending socket; 0: not a full socket, or received */
	__u16 urgent;
	__u8 no_socket; /* SYN-ACK, sent: nothing is kept of the connection (SYN cookies) */
	__u8 reserved;
};
#define SEGMENT_NO_WSCALE 0xff

enum queue_event {
	QUEUE_SYN,    /* a SYN arrived */
	QUEUE_READY,  /* a child can be accepted */
	QUEUE_ACCEPT, /* accept() took one */
};

struct record_queue {
	struct record_header header; /* socket: the listener */
	__u32 length;		     /* sk_ack_backlog, ss: Recv-Q */
	__u32 limit;		     /* sk_max_ack_backlog, ss: Send-Q; full: length > limit */
	__u16 event;		     /* enum queue_event */
	__u16 reserved;
	__u32 child; /* QUEUE_SYN: socket id that the SYN's sender has here; 0: not told */
};

/* Why a RST was sent: the kernel's enum sk_rst_reason by its names, whose numbers differ. */
enum reset_cause {
	RESET_UNKNOWN,	   /* not told by this kernel, or it has no name for it */
	RESET_NO_SOCKET,   /* the segment belongs to no socket */
	RESET_UNREAD,	   /* closed with unread data in the receive queue */
	RESET_LINGER,	   /* closed with SO_LINGER, 0 seconds */
	RESET_LATE_DATA,   /* data arrived after the program had closed the socket */
	RESET_TIME_WAIT,   /* the segment met what TIME_WAIT or FIN_WAIT2 had left */
	RESET_MEMORY,	   /* too many sockets without a program, or no memory */
	RESET_KEEPALIVE,   /* no answer to keepalive probes, or TCP_USER_TIMEOUT */
	RESET_DISCONNECT,  /* data were left when the socket was disconnected */
	RESET_STATE,	   /* the socket was destroyed in a state that owes the peer an end */
	RESET_BAD_ACK,	   /* the segment acknowledged what was never sent, or too old */
	RESET_BAD_SEGMENT, /* its flags or options have no place in this state */
	RESET_CAUSES
};

struct record_reset {
	struct record_header header;
	__s32 reason;  /* enum sk_rst_reason; -1: not told by this kernel */
	__u8 received; /* 0 sent, 1 received */
	__u8 state;    /* TCP_* */
	__u8 cause;    /* enum reset_cause */
	__u8 reserved;
};

struct record_retransmit {
	struct record_header header; /* socket: the end that sends again */
	__u32 seq;
	__u32 length; /* bytes of data */
	__s32 error;  /* negative errno; 0: sent, or not told by this kernel */
	__u8 state;   /* TCP_*; TCP_NEW_SYN_RECV: a SYN-ACK */
	__u8 attempt; /* icsk_retransmits, or num_timeout of the request */
	__u8 reserved[2];
};

struct record_error {
	struct record_header header;
	__s32 error;	  /* sk_err, positive errno */
	__s32 error_soft; /* sk_err_soft */
	__u8 state;
	__u8 reserved[7];
};

/*
 * A destination unreachable that quotes a segment of the socket. RFC 792 type 3,
 * RFC 4443 type 1. The sender is a router, the host itself, or this host's own
 * kernel when the next hop gave it no answer.
 */
struct record_icmp {
	struct record_header header;
	__u8 from[RECORD_ADDRESS_SIZE];
	__u32 seq; /* of the segment */
	__u8 type;
	__u8 code;
	__u8 version; /* of IP: 4 or 6 */
	__u8 reserved;
};

#define FOUND_WSCALE 1 /* both ends offered a window scale */
#define FOUND_PACED 2  /* as SAMPLE_PACED */

/*
 * Follows the RECORD_STATE that tells which state a socket was found in. The
 * counters are those of struct tcp_sock: since the connection began, with its
 * own SYN in bytes_acked of the end that called connect(), and with a FIN in
 * bytes_acked and bytes_received.
 */
struct record_found {
	struct record_header header;
	__u64 bytes_sent;
	__u64 bytes_retrans;
	__u64 bytes_acked;
	__u64 bytes_received;
	struct record_positions positions;
	__u32 wmem_queued; /* bytes of memory */
	__u32 sndbuf;
	__u32 rmem_alloc;
	__u32 rcvbuf;
	__u32 snd_wnd; /* bytes */
	__u32 rcv_wnd;
	__u32 snd_cwnd;	       /* segments */
	__u32 ack_backlog;     /* listener: length of the accept queue */
	__u32 max_ack_backlog; /* and its limit */
	__u32 mss_cache;       /* bytes */
	__u8 snd_wscale;
	__u8 rcv_wscale;
	__u8 state;	     /* TCP_* */
	__u8 flags;	     /* FOUND_* */
	__u32 packets_out;   /* segments */
	__u32 notsent_lowat; /* bytes, of the socket or its namespace; 0: not recorded */
};

/* What a record_sample_other tells; of what has no bit here nothing is known. */
#define OTHER_RECV_QUEUE 1
#define OTHER_SEND_QUEUE 2
#define OTHER_MESSAGES 4
#define OTHER_DROPS 8
#define OTHER_PEER_RECV_QUEUE 16
#define OTHER_PEER_MESSAGES 32

/*
 * After each call on such a socket returned, before its RECORD_CALL; when close() of it
 * begins, instead; and when a call that takes something begins, if there is anything.
 * Queues are what ss(8) shows, net/ipv4/udp_diag.c and net/unix/diag.c:
 * bytes of memory, but in the receive queue of AF_UNIX bytes of data: all of a stream,
 * those of the first message of a SOCK_DGRAM.
 */
struct record_sample_other {
	struct record_header header;
	__u32 tgid;
	__u32 tid;
	__u32 recv_queue; /* ss: Recv-Q; listener: connections that wait for accept() */
	__u32 send_queue; /* ss: Send-Q; listener: limit of these */
	__u32 messages;	  /* in the receive queue; not told of a stream */
	__u32 rcvbuf;	  /* bytes of memory, ss: rb */
	__u32 sndbuf;	  /* bytes of memory, ss: tb */
	__u32 drops;	  /* datagrams that found no room, ss: d */
	__u32 peer;	  /* AF_UNIX: socket id of what it is connected to; 0: not known */
	__u32 peer_recv_queue;
	__u32 peer_messages;
	__u8 call;    /* enum call_kind */
	__u8 known;   /* OTHER_* */
	__u8 listens; /* 1: a listener of AF_UNIX */
	__u8 begins;  /* 1: seen when the call began */
};

/* What could not be stored, apart from records that found the ring full. */
enum lost_what {
	LOST_TASK_STORAGE = 128, /* a task could not be marked */
	LOST_SOCKET_STORAGE,	 /* a socket could not be marked */
	LOST_ADDRESS_MAP,	 /* a socket's address could not be stored */
	LOST_SEGMENT_UNSEEN,	 /* a hook was not called: later numbers show what was sent */
	LOST_STATE_UNSEEN,	 /* a hook was not called: the next change leaves another state */
	LOST_WHATS
};

struct record_lost {
	struct record_header header; /* time_ns: when it was found out */
	__u64 first_ns;
	__u64 last_ns;
	__u64 count;
	__u32 what; /* enum record_kind or enum lost_what */
	__u32 reserved;
};

_Static_assert(sizeof(struct record_header) == 16, "record_header");
_Static_assert(sizeof(struct record_socket) == 96, "record_socket");
_Static_assert(sizeof(struct record_process) == 64, "record_process");
_Static_assert(sizeof(struct record_state) == 64, "record_state");
_Static_assert(sizeof(struct record_call_enter) == 48, "record_call_enter");
_Static_assert(sizeof(struct record_call) == 72, "record_call");
_Static_assert(sizeof(struct record_call_run) == 104, "record_call_run");
_Static_assert(sizeof(struct record_address) == 48, "record_address");
_Static_assert(sizeof(struct record_sample_send) == 64, "record_sample_send");
_Static_assert(sizeof(struct record_sample_recv) == 40, "record_sample_recv");
_Static_assert(sizeof(struct record_segment) == 48, "record_segment");
_Static_assert(sizeof(struct record_queue) == 32, "record_queue");
_Static_assert(sizeof(struct record_reset) == 24, "record_reset");
_Static_assert(sizeof(struct record_retransmit) == 32, "record_retransmit");
_Static_assert(sizeof(struct record_error) == 32, "record_error");
_Static_assert(sizeof(struct record_lost) == 48, "record_lost");
_Static_assert(sizeof(struct record_icmp) == 40, "record_icmp");
_Static_assert(sizeof(struct record_found) == 120, "record_found");
_Static_assert(sizeof(struct record_sample_other) == 64, "record_sample_other");

#endif
