/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The player: where on the tape it stands, how fast it goes, and what keys do.
 * A first pass finds the moments, a second one is the tape. In steps it stops
 * before a send call returns, and asks where the bytes will be.
 */
#include "user/play.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "user/base/fmt.h"
#include "user/base/log.h"
#include "user/export/frame.h"
#include "user/export/frame_pace.h"
#include "user/export/frame_stops.h"
#include "user/export/frame_words.h"
#include "user/export/labels.h"
#include "user/model/names.h"
#include "user/pipeline.h"
#include "user/screen.h"
#include "user/tape.h"

#define FRAME_NS 100000000ULL

enum asking { ASK_NOTHING, ASK_GUESS, ASK_ANSWERED };

struct play {
	const struct options *options;
	struct stops stops;
	struct tape tape;
	struct screen *screen;
	struct frame_scene scene;
	struct frame_replay replay;
	struct pace pace;
	uint64_t now_ns; /* of the capture */
	size_t reached;	 /* stops that are not later */
	enum asking asking;
	char guess[20];
	char question[512], caption[1200], pace_words[64];
	bool quit, changed;
	int err;
};

static uint64_t clock_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
}

/* The interval between two moments that now lies in. */
static uint64_t interval_from(const struct play *play)
{
	return play->reached ? play->stops.at[play->reached - 1].time_ns : play->stops.first_ns;
}

static uint64_t interval_to(const struct play *play)
{
	return play->reached < play->stops.count ? play->stops.at[play->reached].time_ns
						 : play->stops.last_ns;
}

/* Brings the tape to an instant, or to a number of records, and what was chosen along. */
static void wind(struct play *play, uint64_t time_ns, const uint64_t *records)
{
	struct frame_choice choice;
	int err;

	frame_choice_get(play->tape.context, &choice);
	err = records ? tape_to_record(&play->tape, *records) : tape_to(&play->tape, time_ns);
	if (err) {
		play->err = err;
		play->quit = true;
		return;
	}
	frame_choice_set(play->tape.context, &choice);
	play->now_ns = records ? trace_last_ns(play->tape.trace) : time_ns;
	play->changed = true;
}

static void follow(struct play *play)
{
	if (play->reached)
		frame_follow(play->tape.context, play->stops.at[play->reached - 1].connection);
}

static void go_to(struct play *play, uint64_t time_ns)
{
	play->asking = ASK_NOTHING;
	wind(play, time_ns, NULL);
	play->reached = stops_until(&play->stops, time_ns);
	pace_seek(&play->pace, interval_from(play), interval_to(play), time_ns);
	follow(play);
}

/* Stands at the stop with that index, and at no later one of the same instant. */
static void arrive(struct play *play, size_t index)
{
	wind(play, play->stops.at[index].time_ns, NULL);
	play->reached = index + 1;
	play->pace.part = 0;
	play->asking = ASK_NOTHING;
	if (play->options->step)
		play->replay.paused = true;
	follow(play);
}

/* In steps, the instant before a send call returns is where the class is asked. */
static void approach(struct play *play, size_t index)
{
	const struct stop *stop = &play->stops.at[index];

	if (!play->options->step || !stop->asks || play->asking == ASK_GUESS) {
		arrive(play, index);
		return;
	}
	wind(play, stop->time_ns - 1, NULL);
	frame_follow(play->tape.context, stop->connection);
	play->asking = ASK_GUESS;
	play->guess[0] = '\0';
	play->replay.paused = true;
}

static void next_stop(struct play *play)
{
	if (play->reached < play->stops.count)
		approach(play, play->reached);
	else
		go_to(play, play->stops.last_ns);
}

static void previous_stop(struct play *play)
{
	size_t reached = play->reached;

	if (reached &&
	    (play->now_ns > play->stops.at[reached - 1].time_ns || play->asking == ASK_GUESS))
		arrive(play, reached - 1);
	else if (reached > 1)
		arrive(play, reached - 2);
	else
		go_to(play, play->stops.first_ns);
}

static void step_record(struct play *play, int step)
{
	uint64_t records = play->tape.fed + (uint64_t)step;

	if (step < 0 && play->tape.fed <= 1)
		return;
	play->replay.paused = true;
	play->asking = ASK_NOTHING;
	wind(play, 0, &records);
	play->reached = stops_until(&play->stops, play->now_ns);
	pace_seek(&play->pace, interval_from(play), interval_to(play), play->now_ns);
	follow(play);
}

static void answer(struct play *play)
{
	arrive(play, play->reached);
	play->asking = ASK_ANSWERED;
}

/* Keys while the question stands; false: they mean what they always do. */
static bool guess_key(struct play *play, int key)
{
	size_t length = strlen(play->guess);

	if (key >= '0' && key <= '9') {
		if (length + 1 < sizeof(play->guess) - 1) {
			play->guess[length] = (char)key;
			play->guess[length + 1] = '\0';
		}
		return true;
	}
	switch (key) {
	case FRAME_KEY_BACKSPACE:
		play->guess[length ? length - 1 : 0] = '\0';
		return true;
	case FRAME_KEY_ENTER:
	case '\n':
	case ' ':
	case 'n':
		answer(play);
		return true;
	}
	return false;
}

static void pause_or_play(struct play *play)
{
	if (play->replay.paused && play->now_ns >= play->stops.last_ns)
		go_to(play, play->stops.first_ns);
	play->replay.paused = !play->replay.paused;
}

static void take_key(struct play *play, int key)
{
	play->changed = true;
	if (play->asking == ASK_GUESS && guess_key(play, key))
		return;
	switch (key) {
	case 'q':
		play->quit = true;
		break;
	case ' ':
		pause_or_play(play);
		break;
	case 'n':
		next_stop(play);
		break;
	case 'p':
		previous_stop(play);
		break;
	case '[':
		pace_change(&play->pace, -1);
		break;
	case ']':
		pace_change(&play->pace, 1);
		break;
	case FRAME_KEY_LEFT:
		step_record(play, -1);
		break;
	case FRAME_KEY_RIGHT:
		step_record(play, 1);
		break;
	default:
		frame_key(play->tape.context, play->tape.trace, key);
	}
}

/* Time passes. Each moment is stopped at, if only for one frame. */
static void advance(struct play *play, uint64_t wall_ns)
{
	uint64_t now_ns = play->now_ns;
	bool there;

	if (play->replay.paused)
		return;
	there = pace_advance(&play->pace, interval_from(play), interval_to(play), wall_ns, &now_ns);
	if (there && play->reached < play->stops.count) {
		approach(play, play->reached);
		return;
	}
	if (now_ns != play->now_ns)
		wind(play, now_ns, NULL);
	play->replay.paused = there;
}

static void say_question(struct play *play)
{
	const struct stop *stop = &play->stops.at[play->reached];
	enum lang lang = play->options->lang;
	char given[FMT_SIZE], guess[FMT_SIZE] = "";

	fmt_count(given, sizeof(given), stop->given);
	if (*play->guess)
		fmt_count(guess, sizeof(guess), strtoull(play->guess, NULL, 10));
	frame_say(play->question, sizeof(play->question), lang, FRAME_ASK, name_call(stop->call),
		  given, label(lang, stop->receiver == END_CLIENT ? LABEL_CLIENT : LABEL_SERVER),
		  guess, NULL);
}

static void say_answer(struct play *play, const struct stop *stop)
{
	enum lang lang = play->options->lang;
	char given[FMT_SIZE], read[FMT_SIZE], guess[FMT_SIZE], text[256];

	fmt_count(given, sizeof(given), stop->given);
	fmt_count(read, sizeof(read), stop->read);
	fmt_count(guess, sizeof(guess), strtoull(play->guess, NULL, 10));
	if (*play->guess)
		frame_say(text, sizeof(text), lang, FRAME_YOU_SAID, guess, read, given, NULL);
	else
		frame_say(text, sizeof(text), lang, FRAME_ANSWER, read, given, NULL);
	snprintf(play->caption, sizeof(play->caption), "%s %s", text, stop->caption);
}

static void say(struct play *play)
{
	const struct stop *stop = play->reached ? &play->stops.at[play->reached - 1] : NULL;
	enum lang lang = play->options->lang;

	play->question[0] = '\0';
	snprintf(play->caption, sizeof(play->caption), "%s", stop ? stop->caption : "");
	if (play->asking == ASK_GUESS)
		say_question(play);
	else if (play->asking == ASK_ANSWERED && stop)
		say_answer(play, stop);
	play->replay.question = play->question;
	play->replay.masked = play->asking == ASK_GUESS;
	play->replay.caption = play->caption;
	play->replay.title = stop ? stop->title : frame_word(lang, FRAME_BEFORE);
	if (play->now_ns >= play->stops.last_ns && play->reached == play->stops.count)
		strncat(play->caption, frame_word(lang, FRAME_AT_END),
			sizeof(play->caption) - strlen(play->caption) - 1);
	play->replay.pace =
		pace_text(&play->pace, lang, play->pace_words, sizeof(play->pace_words));
}

/* In auto the moments are evenly spread, else the time is. */
static unsigned int progress(const struct play *play)
{
	uint64_t span = play->stops.last_ns - play->stops.first_ns;
	double part = (double)play->reached + play->pace.part;

	if (!play->pace.slower)
		return (unsigned int)(part / (double)(play->stops.count + 1) * 1000);
	return span ? (unsigned int)((double)(play->now_ns - play->stops.first_ns) / (double)span *
				     1000)
		    : 1000;
}

static void draw(struct play *play)
{
	struct term *term = &play->scene.term;
	char *text;

	play->changed |= screen_look(play->screen, &term->columns, &term->rows);
	if (!play->changed)
		return;
	say(play);
	play->replay.moment = (unsigned int)play->reached;
	play->replay.moments = (unsigned int)play->stops.count;
	play->replay.permille = progress(play);
	play->scene.now_ns = play->now_ns;
	play->scene.zero_ns = play->stops.zero_ns;
	play->scene.replay = &play->replay;
	text = frame_render(play->tape.context, play->tape.trace, &play->scene);
	if (text && screen_show(play->screen, text))
		play->changed = false;
	free(text);
}

static void take_keys(struct play *play)
{
	int key;

	while (!play->quit && (key = screen_key(play->screen)) >= 0)
		take_key(play, key);
}

/* Keys are taken at once, frames come ten times a second. */
static void run(struct play *play)
{
	uint64_t before_ns = clock_now_ns(), now_ns;
	struct pollfd wait = { .fd = screen_fd(play->screen), .events = POLLIN };

	draw(play);
	while (!play->quit) {
		now_ns = clock_now_ns();
		if (now_ns - before_ns < FRAME_NS) {
			if (poll(&wait, 1, (int)((FRAME_NS - (now_ns - before_ns)) / 1000000 + 1)) >
			    0)
				take_keys(play);
			play->quit |= wait.revents & (POLLHUP | POLLERR);
			continue;
		}
		advance(play, now_ns - before_ns);
		before_ns = now_ns;
		draw(play);
	}
}

static int play_on_screen(struct play *play, int fd)
{
	const char *what = play->options->read;
	struct export_target target;
	int err;

	pipeline_view_target(&target, play->options, NULL);
	play->scene.term = target.term;
	play->scene.status = -1;
	play->pace.slower = play->options->slower;
	play->pace.steps = play->options->step;
	err = tape_open(&play->tape, fd, &view_live, &target);
	if (!err) {
		err = screen_open(&play->screen);
		what = "can't use the terminal";
	}
	if (!err) {
		go_to(play, play->stops.first_ns);
		run(play);
		err = play->err;
		what = play->options->read;
	}
	screen_close(play->screen);
	tape_close(&play->tape);
	if (err)
		log_error("%s: %s", what, strerror(-err));
	return err;
}

static bool on_terminal(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && isatty(STDERR_FILENO);
}

static int print(const struct play *play)
{
	struct export_target target;
	int err;

	pipeline_view_target(&target, play->options, NULL);
	target.stream = stdout;
	errno = 0;
	stops_print(&play->stops, &target);
	if (!fflush(stdout) && !ferror(stdout))
		return 0;
	err = errno ? -errno : -EIO;
	log_error("can't write to standard output: %s", strerror(-err));
	return err;
}

static int read_stops(struct stops *stops, struct reader *reader, const struct options *options)
{
	const struct stops_target target = { .target = { .lang = options->lang }, .stops = stops };
	struct pipeline pipeline = { 0 };
	int err = pipeline_open(&pipeline, &export_stops, &target.target, reader_info(reader));

	if (!err)
		err = pipeline_read(&pipeline, reader);
	if (!err)
		err = pipeline_finish(&pipeline, reader_end(reader));
	pipeline_close(&pipeline);
	if (err)
		log_error("%s: %s", options->read, strerror(-err));
	if (!err && stops->cut)
		log_warning("%s is %s: what came later is not known", options->read,
			    reader_end(reader)->damaged ? "damaged" : "cut off");
	return err;
}

int play_capture(struct reader *reader, int fd, const struct options *options, uint64_t *zero_ns)
{
	struct play play = { .options = options };
	const char *why = on_terminal() ? screen_refuses(FRAME_COLUMNS_MIN, FRAME_ROWS_MIN) : "";
	int err = read_stops(&play.stops, reader, options);

	if (err)
		goto out;
	*zero_ns = play.stops.zero_ns;
	if (why && *why)
		log_warning("--play: %s; printing the moments instead", why);
	err = why ? print(&play) : play_on_screen(&play, fd);
out:
	stops_free(&play.stops);
	return err;
}
