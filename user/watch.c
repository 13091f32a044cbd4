/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Between the screen, the frame and the command's output. The command writes
 * into a pseudo-terminal, so it behaves as on a terminal; what it wrote is kept
 * in an unnamed file, byte by byte, until the screen is given back.
 */
#include "user/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "user/base/log.h"
#include "user/export/frame.h"
#include "user/export/frame_words.h"
#include "user/outputs.h"
#include "user/screen.h"

#define FRAME_NS 100000000ULL
#define READ_BYTES 65536
#define READS_AT_END 256

struct watch {
	const struct options *options;
	struct screen *screen; /* NULL: not taken, or given back */
	struct frame *frame;   /* the context of view_live */
	const struct trace *trace;
	struct pane pane;
	struct frame_scene scene;
	int output_fd;	/* our end of the command's terminal; -1: none, or ended */
	int command_fd; /* its end; -1: none, or closed here */
	int streams[3];
	int spool_fd;	   /* what it wrote */
	int back_fd;	   /* where that goes in the end */
	uint64_t drawn_ns; /* when */
	bool changed;	   /* a key or the size: also a frozen frame is drawn anew */
	bool told, quit, spool_failed;
};

const char *watch_refuses(void)
{
	return screen_refuses(FRAME_COLUMNS_MIN, FRAME_ROWS_MIN);
}

/* Bytes pass as they are, nothing is echoed: nobody types there. */
static int make_terminal(struct watch *watch)
{
	struct termios settings;
	struct winsize size;
	char name[64];

	watch->output_fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (watch->output_fd < 0 || grantpt(watch->output_fd) || unlockpt(watch->output_fd) ||
	    ptsname_r(watch->output_fd, name, sizeof(name)))
		return -errno;
	watch->command_fd = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (watch->command_fd < 0 || tcgetattr(watch->command_fd, &settings))
		return -errno;
	settings.c_oflag &= ~(tcflag_t)OPOST;
	settings.c_lflag &= ~(tcflag_t)ECHO;
	if (tcsetattr(watch->command_fd, TCSANOW, &settings))
		return -errno;
	if (!ioctl(STDERR_FILENO, TIOCGWINSZ, &size))
		ioctl(watch->command_fd, TIOCSWINSZ, &size);
	/* Under sudo the command is not root, and may open its terminal by name. */
	outputs_give_to_user(watch->command_fd, "the command's terminal");
	return 0;
}

int watch_open(struct watch **out, const struct options *options)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	int err;

	*out = watch;
	if (!watch)
		return -ENOMEM;
	watch->options = options;
	watch->output_fd = watch->command_fd = -1;
	watch->back_fd = isatty(STDOUT_FILENO) ? STDOUT_FILENO : STDERR_FILENO;
	for (int fd = 0; fd < 3; fd++)
		watch->streams[fd] = -1;
	watch->spool_fd = outputs_spool();
	if (watch->spool_fd < 0)
		return watch->spool_fd;
	if (!options->command)
		return 0;
	err = make_terminal(watch);
	if (err)
		log_error("can't make a terminal for the command: %s; use another --view",
			  strerror(-err));
	for (int fd = 0; fd < 3; fd++)
		watch->streams[fd] = isatty(fd) ? watch->command_fd : -1;
	return err;
}

const int *watch_streams(const struct watch *watch)
{
	return watch->streams;
}

int watch_key_fd(const struct watch *watch)
{
	return watch->screen ? screen_fd(watch->screen) : -1;
}

int watch_output_fd(const struct watch *watch)
{
	return watch->output_fd;
}

void watch_start(struct watch *watch, const struct pipeline *pipeline, uint64_t zero_ns)
{
	int err;

	if (watch->command_fd >= 0)
		close(watch->command_fd);
	watch->command_fd = -1;
	watch->frame = pipeline->context;
	watch->trace = pipeline->trace;
	if (watch->options->top)
		frame_top(watch->frame, (enum top_order)watch->options->top_order);
	watch->scene.zero_ns = zero_ns;
	watch->scene.status = -1;
	watch->scene.pane = watch->options->command ? &watch->pane : NULL;
	term_look(&watch->scene.term, STDERR_FILENO, watch->options->color, watch->options->ascii);
	err = screen_open(&watch->screen);
	if (err)
		log_warning("can't take the terminal: %s; the summary follows at the end",
			    strerror(-err));
}

static void write_all(int fd, const char *bytes, size_t length)
{
	while (length) {
		ssize_t written = write(fd, bytes, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return;
		bytes += written;
		length -= (size_t)written;
	}
}

static void keep(struct watch *watch, const char *bytes, size_t length)
{
	if (watch->spool_failed || write(watch->spool_fd, bytes, length) == (ssize_t)length)
		return;
	watch->spool_failed = true;
	log_error("can't keep what the command writes: %s; a part of it is lost", strerror(errno));
}

static int take_output(struct watch *watch)
{
	static char bytes[READ_BYTES];
	ssize_t length = read(watch->output_fd, bytes, sizeof(bytes));

	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (length <= 0) {
		close(watch->output_fd);
		watch->output_fd = -1;
		return 1;
	}
	if (!watch->screen) {
		write_all(watch->back_fd, bytes, (size_t)length);
		return 0;
	}
	keep(watch, bytes, (size_t)length);
	pane_add(&watch->pane, bytes, (size_t)length);
	return 0;
}

static void print_output(struct watch *watch)
{
	char bytes[4096];
	ssize_t length;

	lseek(watch->spool_fd, 0, SEEK_SET);
	while ((length = read(watch->spool_fd, bytes, sizeof(bytes))) > 0)
		write_all(watch->back_fd, bytes, (size_t)length);
}

static void leave_screen(struct watch *watch)
{
	if (!watch->screen)
		return;
	screen_close(watch->screen);
	watch->screen = NULL;
	print_output(watch);
}

static void take_keys(struct watch *watch)
{
	int key;

	while ((key = screen_key(watch->screen)) >= 0) {
		if (key == 'q')
			watch->quit = true;
		else if (key == ' ')
			watch->scene.frozen = !watch->scene.frozen;
		else
			frame_key(watch->frame, watch->trace, key);
		watch->changed = true;
	}
}

int watch_readable(struct watch *watch, int fd)
{
	if (fd == watch->output_fd)
		return take_output(watch);
	if (!watch->screen)
		return 1;
	take_keys(watch);
	if (!watch->quit)
		return 0;
	leave_screen(watch);
	/* Without a command there is nothing that goes on: as Ctrl-C. */
	if (watch->options->command)
		log_warning("%s", frame_word(watch->options->lang, FRAME_RUNNING_ON));
	else
		kill(getpid(), SIGINT);
	return 1;
}

void watch_told(struct watch *watch)
{
	watch->told = true;
}

/* Frozen, or after the end, only what was asked for changes the picture. */
static void draw(struct watch *watch)
{
	struct term *term = &watch->scene.term;
	char *text;

	watch->changed |= screen_look(watch->screen, &term->columns, &term->rows);
	if ((watch->scene.frozen || watch->scene.ended) && !watch->changed)
		return;
	if (trace_zero_ns(watch->trace))
		watch->scene.zero_ns = trace_zero_ns(watch->trace);
	text = frame_render(watch->frame, watch->trace, &watch->scene);
	if (text && screen_show(watch->screen, text))
		watch->changed = false;
	free(text);
}

void watch_turn(struct watch *watch, uint64_t now_ns)
{
	if (!watch->screen || now_ns - watch->drawn_ns < FRAME_NS)
		return;
	watch->drawn_ns = watch->scene.now_ns = now_ns;
	draw(watch);
}

static int watch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGQUIT);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Waits for a key, the output, or a signal, a tenth of a second at most. True: it is over. */
static bool wait_once(struct watch *watch, int signals)
{
	struct pollfd wait[] = {
		{ .fd = signals, .events = POLLIN },
		{ .fd = screen_fd(watch->screen), .events = POLLIN },
		{ .fd = watch->output_fd, .events = POLLIN },
	};

	if (poll(wait, 3, FRAME_NS / 1000000) < 0)
		return errno != EINTR;
	if (wait[2].revents) {
		take_output(watch);
		watch->changed = true;
	}
	take_keys(watch);
	return watch->quit || wait[0].revents || wait[1].revents & (POLLHUP | POLLERR);
}

void watch_linger(struct watch *watch, int status)
{
	int signals;

	if (watch->told || !watch->screen)
		return;
	if (watch->scene.now_ns < trace_last_ns(watch->trace))
		watch->scene.now_ns = trace_last_ns(watch->trace);
	watch->scene.ended = true;
	watch->scene.frozen = false;
	watch->scene.status = status;
	watch->changed = true;
	signals = watch_signals();
	do
		draw(watch);
	while (!wait_once(watch, signals));
	close(signals);
}

/* The rest of what the command wrote; bounded, for it may still run and write. */
static void drain(struct watch *watch)
{
	struct pollfd wait = { .events = POLLIN };

	for (int i = 0; i < READS_AT_END && (wait.fd = watch->output_fd) >= 0; i++) {
		if (poll(&wait, 1, 0) <= 0)
			return;
		take_output(watch);
	}
}

void watch_close(struct watch *watch)
{
	if (!watch)
		return;
	drain(watch);
	leave_screen(watch);
	if (watch->output_fd >= 0)
		close(watch->output_fd);
	if (watch->command_fd >= 0)
		close(watch->command_fd);
	if (watch->spool_fd >= 0)
		close(watch->spool_fd);
	free(watch);
}
