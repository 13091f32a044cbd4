/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One epoll for the ring, the signals and the clock. Wakeups of the ring are
 * rare by design, so a timer reads what came without one. Blocks nowhere else,
 * and decides nothing about records.
 */
#include "user/collect/loop.h"

#include <errno.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/base/log.h"
#include "user/collect/clock.h"

#define TURN_NS 50000000
#define DRAIN_NS 1000000000ULL

struct loop {
	struct program *program;
	struct command *command;
	const struct loop_calls *calls;
	void *context;
	const struct loop_limits *limits;
	uint64_t until_ns; /* 0: no such limit */
	int epoll_fd;
	int signal_fd;
	int timer_fd;
	int status; /* of the command, or -1 */
	bool ended; /* the command has, or there is none */
	bool time_out;
	bool stop;
	uint32_t signals_seen;	 /* one bit for each signal number */
	uint64_t quiet_since_ns; /* no task of the command is left; 0: some are */
};

static sigset_t old_mask;
static bool old_mask_known;

static void handled_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGQUIT);
	sigaddset(set, SIGCHLD);
}

int loop_block_signals(void)
{
	sigset_t set;

	handled_signals(&set);
	if (sigprocmask(SIG_BLOCK, &set, &old_mask))
		return -errno;
	old_mask_known = true;
	return 0;
}

const sigset_t *loop_old_mask(void)
{
	if (!old_mask_known)
		sigprocmask(SIG_BLOCK, NULL, &old_mask);
	return &old_mask;
}

static int watch(struct loop *loop, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	return epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static int timer_start(struct loop *loop)
{
	const struct itimerspec every = {
		.it_interval.tv_nsec = TURN_NS,
		.it_value.tv_nsec = TURN_NS,
	};

	return timerfd_settime(loop->timer_fd, 0, &every, NULL) ? -errno : 0;
}

static int loop_open(struct loop *loop)
{
	sigset_t set;
	int err;

	handled_signals(&set);
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	loop->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	loop->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (loop->epoll_fd < 0 || loop->signal_fd < 0 || loop->timer_fd < 0)
		return -errno;
	err = timer_start(loop);
	if (!err)
		err = watch(loop, program_fd(loop->program));
	if (!err)
		err = watch(loop, loop->signal_fd);
	if (!err)
		err = watch(loop, loop->timer_fd);
	for (int i = 0; loop->calls->readable && !err && i < LOOP_FDS; i++)
		if (loop->calls->fds[i] >= 0)
			err = watch(loop, loop->calls->fds[i]);
	return err;
}

static void loop_close(struct loop *loop)
{
	if (loop->epoll_fd >= 0)
		close(loop->epoll_fd);
	if (loop->signal_fd >= 0)
		close(loop->signal_fd);
	if (loop->timer_fd >= 0)
		close(loop->timer_fd);
}

static void command_look(struct loop *loop)
{
	int status;

	if (loop->ended || waitpid(loop->command->pid, &status, WNOHANG) != loop->command->pid)
		return;
	loop->ended = true;
	loop->status = status;
}

/* A signal from the terminal went to the whole foreground group, so to the command too. */
static bool sent_by_process(const struct signalfd_siginfo *info)
{
	return info->ssi_code <= 0;
}

static void pass_on(pid_t pid, int signo)
{
	if (kill(pid, signo) && errno == EPERM)
		log_warning("signal %d can't be passed on to process %d, which runs as another "
			    "user by now",
			    signo, (int)pid);
}

static void take_signal(struct loop *loop, const struct signalfd_siginfo *info)
{
	uint32_t bit = 1U << (info->ssi_signo & 31);

	if (info->ssi_signo == SIGCHLD) {
		command_look(loop);
		return;
	}
	if (loop->calls->told)
		loop->calls->told(loop->context);
	if (loop->ended || loop->signals_seen & bit)
		loop->stop = true;
	else if (sent_by_process(info))
		pass_on(loop->command->pid, (int)info->ssi_signo);
	loop->signals_seen |= bit;
}

static void take_signals(struct loop *loop)
{
	struct signalfd_siginfo info;

	while (read(loop->signal_fd, &info, sizeof(info)) == sizeof(info))
		take_signal(loop, &info);
}

/* True: it is time for a turn. */
static bool take_time(struct loop *loop)
{
	uint64_t expirations;

	return read(loop->timer_fd, &expirations, sizeof(expirations)) > 0;
}

/* A descriptor that its owner has closed is out of the epoll by itself. */
static void take_other(struct loop *loop, int fd)
{
	if (fd != program_fd(loop->program) && loop->calls->readable(loop->context, fd))
		epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

/* One turn: hand on what has come until now, then let the others know the time. */
static int turn(struct loop *loop)
{
	uint64_t now_ns = clock_kernel_ns();
	int count = program_drain(loop->program, now_ns, loop->calls->record, loop->context);

	if (count < 0)
		return count;
	return loop->calls->turn(loop->context, now_ns, count == 0);
}

/* Between two turns: only make room in the ring. */
static int make_room(struct loop *loop)
{
	int count = program_drain(loop->program, 0, loop->calls->record, loop->context);

	return count < 0 || !program_holds_much(loop->program) ? count : turn(loop);
}

static bool is_over(struct loop *loop)
{
	uint64_t now_ns = clock_kernel_ns();

	loop->time_out = loop->until_ns && now_ns >= loop->until_ns;
	if (loop->stop || loop->time_out)
		return true;
	if (loop->limits->forever || !loop->ended || program_tasks(loop->program) > 0)
		return false;
	if (!loop->quiet_since_ns)
		loop->quiet_since_ns = now_ns;
	if (now_ns - loop->quiet_since_ns >= DRAIN_NS)
		return true;
	return loop->calls->drained(loop->context);
}

/* Until the time is over, in milliseconds, and one more, so that it then is; -1: no limit. */
static int time_left_ms(const struct loop *loop)
{
	uint64_t now_ns = clock_kernel_ns();

	if (!loop->until_ns || loop->until_ns > now_ns + TURN_NS)
		return -1;
	return loop->until_ns > now_ns ? (int)((loop->until_ns - now_ns) / 1000000 + 1) : 0;
}

static int wait_and_turn(struct loop *loop)
{
	struct epoll_event events[8];
	bool timer = false;
	int count = epoll_wait(loop->epoll_fd, events, 8, time_left_ms(loop));

	if (count < 0)
		return errno == EINTR ? 0 : -errno;
	for (int i = 0; i < count; i++) {
		if (events[i].data.fd == loop->signal_fd)
			take_signals(loop);
		else if (events[i].data.fd == loop->timer_fd)
			timer = take_time(loop);
		else if (loop->calls->readable)
			take_other(loop, events[i].data.fd);
	}
	return timer ? turn(loop) : make_room(loop);
}

/* What came while the last turn ran; bounded, for tasks of the command may still run. */
static int last_turns(struct loop *loop)
{
	int err = turn(loop);

	if (err >= 0)
		err = program_drain(loop->program, PROGRAM_ALL, loop->calls->record, loop->context);
	return err;
}

int loop_run(struct program *program, struct command *command, const struct loop_calls *calls,
	     void *context, const struct loop_limits *limits, struct loop_end *end)
{
	struct loop loop = {
		.program = program,
		.command = command,
		.calls = calls,
		.context = context,
		.limits = limits,
		.status = -1,
		.ended = command->pid < 0,
	};
	int err;

	if (limits->duration_ns)
		loop.until_ns = clock_kernel_ns() + limits->duration_ns;
	err = loop_open(&loop);
	if (err)
		goto out;
	/* It can have ended before the signals were watched. */
	command_look(&loop);
	while (!is_over(&loop)) {
		err = wait_and_turn(&loop);
		if (err < 0)
			goto out;
	}
	err = last_turns(&loop);
out:
	*end = (struct loop_end){ .status = loop.status, .time_out = loop.time_out };
	loop_close(&loop);
	return err < 0 ? err : 0;
}
