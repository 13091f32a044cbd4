/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Plain ECMA-48: alternate screen, cursor off, no wrapping, and synchronized
 * updates for the terminals that know them. What handlers need is in static
 * variables, and they call nothing that a signal handler may not call.
 */
#include "user/screen.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#include "user/export/frame.h"

#define ENTER "\033[?1049h\033[?25l\033[?7l\033[0m\033[2J"
#define LEAVE "\033[?2026l\033[0m\033[?7h\033[?25h\033[?1049l"

struct screen {
	int fd;	      /* the terminal, opened anew so that only we don't block on it */
	int aside_fd; /* what is written to standard error meanwhile */
	int columns, rows;
	char **shown; /* the lines on the screen; NULL: not known */
	int shown_rows;
	char *pending; /* what the terminal hasn't taken yet */
	size_t pending_length;
	char keys[64]; /* bytes read ahead */
	int key_count;
};

static int terminal_fd = -1; /* -1: not taken */
static int stderr_fd = -1;   /* the real one */
static struct termios termios_before, termios_raw;
static volatile sig_atomic_t must_redraw;

static const int deadly[] = { SIGINT,  SIGTERM, SIGHUP, SIGQUIT, SIGABRT,
			      SIGSEGV, SIGBUS,	SIGFPE, SIGILL };
#define DEADLY (sizeof(deadly) / sizeof(deadly[0]))
static struct sigaction before_deadly[DEADLY], before_resize, before_stop;

static void write_all(int fd, const char *text, size_t length)
{
	while (length) {
		ssize_t written = write(fd, text, length);
		struct pollfd wait = { .fd = fd, .events = POLLOUT };

		if (written < 0 && errno == EAGAIN && poll(&wait, 1, 1000) > 0)
			continue;
		if (written <= 0)
			return;
		text += written;
		length -= (size_t)written;
	}
}

static void give_back(void)
{
	write_all(terminal_fd, LEAVE, sizeof(LEAVE) - 1);
	tcsetattr(terminal_fd, TCSADRAIN, &termios_before);
}

static void take(void)
{
	tcsetattr(terminal_fd, TCSADRAIN, &termios_raw);
	write_all(terminal_fd, ENTER, sizeof(ENTER) - 1);
	must_redraw = 1;
}

/* SA_RESETHAND and SA_NODEFER: raising it again ends the process, as it would have. */
static void on_deadly(int signo)
{
	if (terminal_fd >= 0) {
		give_back();
		dup2(stderr_fd, STDERR_FILENO);
	}
	raise(signo);
}

static void on_resize(int signo)
{
	(void)signo;
	must_redraw = 1;
}

static void on_stop(int signo)
{
	struct sigaction stop = { .sa_handler = SIG_DFL }, before;
	int saved = errno;
	sigset_t set;

	give_back();
	sigemptyset(&set);
	sigaddset(&set, signo);
	sigaction(signo, &stop, &before);
	raise(signo);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	/* Stopped here until SIGCONT. */
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigaction(signo, &before, NULL);
	take();
	errno = saved;
}

/* A signal that is ignored (nohup) stays so. */
static void handle(int signo, void (*handler)(int), int flags, struct sigaction *before)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };

	sigemptyset(&action.sa_mask);
	sigaction(signo, NULL, before);
	if (before->sa_handler != SIG_IGN)
		sigaction(signo, &action, NULL);
}

static void handle_signals(void)
{
	for (size_t i = 0; i < DEADLY; i++)
		handle(deadly[i], on_deadly, SA_RESETHAND | SA_NODEFER, &before_deadly[i]);
	handle(SIGWINCH, on_resize, 0, &before_resize);
	handle(SIGTSTP, on_stop, SA_RESTART, &before_stop);
}

static void unhandle_signals(void)
{
	for (size_t i = 0; i < DEADLY; i++)
		sigaction(deadly[i], &before_deadly[i], NULL);
	sigaction(SIGWINCH, &before_resize, NULL);
	sigaction(SIGTSTP, &before_stop, NULL);
}

const char *screen_refuses(int columns_min, int rows_min)
{
	const char *name = getenv("TERM");
	struct winsize size;

	if (!isatty(STDERR_FILENO) || !isatty(STDIN_FILENO))
		return "standard input and standard error must be a terminal";
	if (!name || !*name || !strcmp(name, "dumb"))
		return "this terminal is dumb (see TERM)";
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || !size.ws_col || !size.ws_row)
		return "the size of this terminal isn't known";
	if (size.ws_col < columns_min || size.ws_row < rows_min)
		return "this terminal is too small (60x20 at least)";
	return NULL;
}

/* Keys come one by one and unseen; Ctrl-C and Ctrl-Z stay signals; Ctrl-S is nothing special. */
static void make_raw(void)
{
	termios_raw = termios_before;
	termios_raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	termios_raw.c_iflag &= ~(tcflag_t)(IXON | ICRNL);
	termios_raw.c_cc[VMIN] = 1;
	termios_raw.c_cc[VTIME] = 0;
}

static int keep_stderr_aside(struct screen *screen)
{
	screen->aside_fd = memfd_create("stderr", MFD_CLOEXEC);
	if (screen->aside_fd < 0)
		return -errno;
	stderr_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	if (stderr_fd < 0 || dup2(screen->aside_fd, STDERR_FILENO) < 0)
		return -errno;
	return 0;
}

static void bring_stderr_back(struct screen *screen)
{
	char buffer[4096];
	ssize_t length;

	if (stderr_fd < 0)
		return;
	fflush(stderr);
	dup2(stderr_fd, STDERR_FILENO);
	close(stderr_fd);
	stderr_fd = -1;
	lseek(screen->aside_fd, 0, SEEK_SET);
	while ((length = read(screen->aside_fd, buffer, sizeof(buffer))) > 0)
		write_all(STDERR_FILENO, buffer, (size_t)length);
}

int screen_open(struct screen **out)
{
	struct screen *screen = calloc(1, sizeof(*screen));
	int err;

	*out = NULL;
	if (!screen)
		return -ENOMEM;
	screen->aside_fd = -1;
	screen->fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (screen->fd < 0 || tcgetattr(screen->fd, &termios_before)) {
		err = -errno;
		goto out;
	}
	make_raw();
	err = keep_stderr_aside(screen);
	if (err)
		goto out;
	terminal_fd = screen->fd;
	handle_signals();
	take();
	*out = screen;
	return 0;
out:
	screen_close(screen);
	return err;
}

static void forget_shown(struct screen *screen)
{
	for (int i = 0; i < screen->shown_rows; i++)
		free(screen->shown[i]);
	free(screen->shown);
	screen->shown = NULL;
	screen->shown_rows = 0;
}

void screen_close(struct screen *screen)
{
	if (!screen)
		return;
	if (terminal_fd >= 0) {
		unhandle_signals();
		write_all(screen->fd, screen->pending, screen->pending_length);
		give_back();
		terminal_fd = -1;
	}
	bring_stderr_back(screen);
	if (screen->aside_fd >= 0)
		close(screen->aside_fd);
	if (screen->fd >= 0)
		close(screen->fd);
	forget_shown(screen);
	free(screen->pending);
	free(screen);
}

int screen_fd(const struct screen *screen)
{
	return screen->fd;
}

bool screen_look(struct screen *screen, int *columns, int *rows)
{
	bool changed = must_redraw || !screen->columns;
	struct winsize size = { 0 };

	must_redraw = 0;
	if (!ioctl(screen->fd, TIOCGWINSZ, &size) && size.ws_col && size.ws_row) {
		changed |= size.ws_col != screen->columns || size.ws_row != screen->rows;
		screen->columns = size.ws_col;
		screen->rows = size.ws_row;
	}
	if (changed)
		forget_shown(screen);
	*columns = screen->columns;
	*rows = screen->rows;
	return changed;
}

static void read_ahead(struct screen *screen)
{
	ssize_t length = read(screen->fd, screen->keys + screen->key_count,
			      sizeof(screen->keys) - (size_t)screen->key_count);

	if (length > 0)
		screen->key_count += (int)length;
}

static void drop_keys(struct screen *screen, int count)
{
	screen->key_count -= count;
	memmove(screen->keys, screen->keys + count, (size_t)screen->key_count);
}

/* The sequences that terminals send for keys, without ESC and [ or O. */
static int sequence_key(const char *keys, int count, int *taken)
{
	static const struct {
		const char *bytes;
		int key;
	} known[] = {
		{ "A", FRAME_KEY_UP },	     { "B", FRAME_KEY_DOWN },
		{ "C", FRAME_KEY_RIGHT },    { "D", FRAME_KEY_LEFT },
		{ "5~", FRAME_KEY_PAGE_UP }, { "6~", FRAME_KEY_PAGE_DOWN },
		{ "Z", FRAME_KEY_BACK_TAB },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		int length = (int)strlen(known[i].bytes);

		if (length <= count && !memcmp(keys, known[i].bytes, (size_t)length)) {
			*taken = length;
			return known[i].key;
		}
	}
	for (*taken = 0; *taken < count && (keys[*taken] < 0x40 || keys[*taken] > 0x7e);)
		++*taken;
	*taken += *taken < count;
	return FRAME_KEY_OTHER;
}

int screen_key(struct screen *screen)
{
	int key, taken;

	if (!screen->key_count)
		read_ahead(screen);
	if (!screen->key_count)
		return -1;
	if (screen->keys[0] == FRAME_KEY_ESCAPE && screen->key_count > 2 &&
	    (screen->keys[1] == '[' || screen->keys[1] == 'O')) {
		key = sequence_key(screen->keys + 2, screen->key_count - 2, &taken);
		drop_keys(screen, 2 + taken);
		return key;
	}
	key = (unsigned char)screen->keys[0];
	drop_keys(screen, 1);
	return key == '\b' ? FRAME_KEY_BACKSPACE : key;
}

/* True when the terminal has taken everything. */
static bool flush_pending(struct screen *screen)
{
	ssize_t written;

	if (!screen->pending_length)
		return true;
	written = write(screen->fd, screen->pending, screen->pending_length);
	if (written < 0)
		written = errno == EAGAIN || errno == EINTR ? 0 : (ssize_t)screen->pending_length;
	screen->pending_length -= (size_t)written;
	memmove(screen->pending, screen->pending + written, screen->pending_length);
	return !screen->pending_length;
}

/* EL would erase the last column when the line fills it: the cursor stays there. */
static void write_line(FILE *stream, int row, const char *line, int columns)
{
	fprintf(stream, "\033[%d;1H\033[0m%s", row + 1, line);
	if (term_width(line) < columns)
		fputs("\033[0m\033[K", stream);
}

static int count_lines(const char *frame)
{
	int count = 1;

	while ((frame = strchr(frame, '\n'))) {
		frame++;
		count++;
	}
	return count;
}

/* Makes room for the lines of a frame; all unknown if their number has changed. */
static bool expect_rows(struct screen *screen, int rows)
{
	if (screen->shown && screen->shown_rows == rows)
		return true;
	forget_shown(screen);
	screen->shown = calloc((size_t)rows, sizeof(*screen->shown));
	screen->shown_rows = screen->shown ? rows : 0;
	return screen->shown != NULL;
}

/* True when a line differs from what is shown. */
static bool write_changes(struct screen *screen, FILE *stream, const char *frame)
{
	bool any = false;

	for (int row = 0; row < screen->shown_rows; row++) {
		size_t length = strcspn(frame, "\n");
		char **shown = &screen->shown[row];

		if (!*shown || strlen(*shown) != length || memcmp(*shown, frame, length)) {
			any = true;
			free(*shown);
			*shown = strndup(frame, length);
			if (*shown)
				write_line(stream, row, *shown, screen->columns);
		}
		frame += length + (frame[length] == '\n');
	}
	return any;
}

bool screen_show(struct screen *screen, const char *frame)
{
	bool fresh = !screen->shown, changed;
	char *text = NULL;
	size_t length = 0;
	FILE *stream;

	if (!flush_pending(screen) || !expect_rows(screen, count_lines(frame)))
		return false;
	stream = open_memstream(&text, &length);
	if (!stream)
		return false;
	fputs("\033[?2026h", stream);
	if (fresh)
		fputs("\033[0m\033[2J", stream);
	changed = write_changes(screen, stream, frame);
	fputs("\033[0m\033[?2026l", stream);
	fclose(stream);
	if (!changed) {
		free(text);
		return true;
	}
	free(screen->pending);
	screen->pending = text;
	screen->pending_length = length;
	flush_pending(screen);
	return true;
}
