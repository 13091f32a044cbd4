/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel types that bpf/ reads, and of each only the fields that are read.
 * Offsets are the running kernel's: libbpf puts them in when it loads the
 * program. Made by scripts/gen-vmlinux from needed.txt: change that instead.
 */
#ifndef __VMLINUX_H__
#define __VMLINUX_H__

#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
#endif

/* include/uapi/asm-generic/int-ll64.h */
typedef unsigned char __u8;
typedef signed char __s8;
typedef short unsigned int __u16;
typedef short int __s16;
typedef unsigned int __u32;
typedef int __s32;
typedef long long unsigned int __u64;
typedef long long int __s64;

/* include/linux/types.h */
typedef int __kernel_pid_t;
typedef long unsigned int __kernel_ulong_t;
typedef __kernel_ulong_t __kernel_size_t;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u16 __sum16;
typedef __u32 __wsum;
typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s64 s64;
typedef _Bool bool;
typedef __kernel_pid_t pid_t;
typedef short unsigned int umode_t;
typedef __kernel_size_t size_t;
typedef struct {
	int counter;
} atomic_t;
typedef struct {
	s64 counter;
} atomic64_t;

/* include/linux/refcount_types.h */
struct refcount_struct {
	atomic_t refs;
};
typedef struct refcount_struct refcount_t;

/* include/linux/time64.h */
typedef __s64 time64_t;
struct timespec64 {
	time64_t tv_sec;
};

/* include/linux/stddef.h */
enum {
	false = 0,
	true = 1,
};

/* include/uapi/linux/bpf.h */
enum {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_SK_STORAGE = 24,
	BPF_MAP_TYPE_RINGBUF = 27,
	BPF_MAP_TYPE_TASK_STORAGE = 29,
};

enum {
	BPF_ANY = 0,
	BPF_NOEXIST = 1,
};

enum {
	BPF_F_NO_PREALLOC = 1,
	BPF_F_CLONE = 512,
};

enum {
	BPF_LOCAL_STORAGE_GET_F_CREATE = 1,
	BPF_SK_STORAGE_GET_F_CREATE = 1,
};

enum {
	BPF_RB_NO_WAKEUP = 1,
	BPF_RB_FORCE_WAKEUP = 2,
};

enum {
	BPF_RB_AVAIL_DATA = 0,
};

/* include/uapi/linux/in.h */
enum {
	IPPROTO_TCP = 6,
	IPPROTO_UDP = 17,
	IPPROTO_ICMP = 1,
	IPPROTO_UDPLITE = 136,
	IPPROTO_MPTCP = 262,
};

/* include/uapi/linux/ip.h */
struct iphdr {
	__u8 ihl: 4;
	__u8 protocol;
};

/* include/uapi/linux/tcp.h */
struct tcphdr {
	__be16 dest;
};

/* include/uapi/linux/in6.h */
struct in6_addr {
	union {
		__u8 u6_addr8[16];
	} in6_u;
};

/* include/linux/net.h */
enum sock_type {
	SOCK_STREAM = 1,
	SOCK_DGRAM = 2,
	SOCK_RAW = 3,
};

struct socket {
	struct sock *sk;
};

/* include/net/tcp_states.h */
enum {
	TCP_ESTABLISHED = 1,
	TCP_SYN_SENT = 2,
	TCP_SYN_RECV = 3,
	TCP_FIN_WAIT1 = 4,
	TCP_FIN_WAIT2 = 5,
	TCP_TIME_WAIT = 6,
	TCP_CLOSE = 7,
	TCP_CLOSE_WAIT = 8,
	TCP_LAST_ACK = 9,
	TCP_LISTEN = 10,
	TCP_CLOSING = 11,
	TCP_NEW_SYN_RECV = 12,
};

/* arch/x86/include/asm/ptrace.h */
struct pt_regs {
	long unsigned int r10;
	long unsigned int r8;
	long unsigned int ax;
	long unsigned int dx;
	long unsigned int si;
	long unsigned int di;
	long unsigned int orig_ax;
	long unsigned int sp;
};

/* include/linux/ns_common.h */
struct ns_common {
	unsigned int inum;
};

/* include/net/netns/ipv4.h */
struct netns_ipv4 {
	unsigned int sysctl_tcp_notsent_lowat;
};

/* include/net/net_namespace.h */
struct net {
	struct ns_common ns;
	struct netns_ipv4 ipv4;
};
typedef struct {
	struct net *net;
} possible_net_t;

/* include/linux/netdevice.h */
enum netdev_priv_flags {
	IFF_BRIDGE_PORT = 512,
};

struct net_device {
	long unsigned int priv_flags: 32;
	int ifindex;
	possible_net_t nd_net;
};

/* include/linux/skbuff.h */
struct sk_buff {
	struct sock *sk;
	struct net_device *dev;
	char cb[48];
	unsigned int len;
	unsigned int data_len;
	__be16 protocol;
	__u16 network_header;
	unsigned char *head;
	unsigned char *data;
};

struct sk_buff_head {
	struct sk_buff *next;
	__u32 qlen;
};

/* include/net/dst.h */
struct dst_entry {
	struct net_device *dev;
};

/* include/linux/fs.h */
struct inode {
	umode_t i_mode;
	long unsigned int i_ino;
};

struct file {
	struct inode *f_inode;
	void *private_data;
};

/* include/net/sock.h */
enum sock_flags {
	SOCK_DEAD = 0,
	SOCK_DONE = 1,
	SOCK_LINGER = 4,
};

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	short unsigned int skc_family;
	volatile unsigned char skc_state;
	unsigned char skc_ipv6only: 1;
	int skc_bound_dev_if;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	atomic64_t skc_cookie;
	long unsigned int skc_flags;
};

struct sock {
	struct sock_common __sk_common;
	struct {
		atomic_t rmem_alloc;
	} sk_backlog;
	struct dst_entry *sk_dst_cache;
	struct sk_buff_head sk_receive_queue;
	refcount_t sk_wmem_alloc;
	atomic_t sk_drops;
	int sk_rcvbuf;
	int sk_sndbuf;
	int sk_wmem_queued;
	u32 sk_pacing_status;
	int sk_err;
	int sk_err_soft;
	long unsigned int sk_lingertime;
	u32 sk_ack_backlog;
	u32 sk_max_ack_backlog;
	u8 sk_shutdown;
	u16 sk_type;
	u16 sk_protocol;
	struct socket *sk_socket;
};

struct socket_alloc {
	struct inode vfs_inode;
};

/* include/net/request_sock.h */
struct request_sock {
	u8 num_timeout: 7;
};

/* include/net/inet_sock.h */
struct inet_sock {
	__be16 inet_sport;
};

/* include/linux/udp.h */
struct udp_sock {
	struct sk_buff_head reader_queue;
	int forward_deficit;
};

/* include/net/af_unix.h */
struct unix_sock {
	struct sock *peer;
};

/* include/net/inet_connection_sock.h */
struct inet_connection_sock {
	__u8 icsk_retransmits;
};

/* include/net/inet_timewait_sock.h */
struct inet_timewait_sock {
	unsigned char tw_substate;
};

/* include/linux/tcp.h */
struct tcp_options_received {
	u16 wscale_ok: 1;
	u16 snd_wscale: 4;
	u16 rcv_wscale: 4;
};

struct tcp_sock {
	u32 snd_wnd;
	u32 snd_cwnd;
	u64 tcp_wstamp_ns;
	u32 copied_seq;
	u32 notsent_lowat;
	u32 write_seq;
	u32 rcv_nxt;
	u32 snd_nxt;
	u32 snd_una;
	u32 packets_out;
	u32 rcv_wnd;
	struct tcp_options_received rx_opt;
	u32 mss_cache;
	u64 bytes_sent;
	u64 bytes_retrans;
	u64 bytes_acked;
	u64 bytes_received;
};

struct tcp_request_sock {
	u32 rcv_isn;
	u32 snt_isn;
};

struct tcp_timewait_sock {
	struct inet_timewait_sock tw_sk;
};

/* include/net/tcp.h */
struct tcp_skb_cb {
	__u32 seq;
	__u32 ack_seq;
	__u8 eor: 1;
};

/* include/linux/uio.h */
struct iov_iter {
	size_t count;
};

/* include/linux/socket.h */
struct msghdr {
	struct iov_iter msg_iter;
	unsigned int msg_flags;
};

/* include/linux/fdtable.h */
struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

/* include/linux/signal_types.h */
typedef void __signalfn_t(int);
typedef __signalfn_t *__sighandler_t;
struct sigaction {
	__sighandler_t sa_handler;
	long unsigned int sa_flags;
};

struct k_sigaction {
	struct sigaction sa;
};

/* include/linux/thread_info.h */
struct thread_info {
	long unsigned int flags;
};

/* include/linux/pid.h */
struct upid {
	int nr;
};

struct pid {
	unsigned int level;
	struct upid numbers[0];
};

/* include/linux/sched.h */
struct task_struct {
	struct thread_info thread_info;
	unsigned int __state;
	unsigned int flags;
	int exit_code;
	pid_t pid;
	pid_t tgid;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	char comm[16];
	struct files_struct *files;
};

/* kernel/bpf, the contexts of iterators */
struct bpf_iter__task {
	struct task_struct *task;
};

struct bpf_iter__task_file {
	struct task_struct *task;
	u32 fd;
	struct file *file;
};

struct bpf_iter__tcp {
	struct sock_common *sk_common;
};

#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute pop
#endif

#endif
