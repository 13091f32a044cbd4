/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Opens what will be written, carefully. Writes nothing itself. */
#include "user/outputs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/base/log.h"
#include "user/collect/privilege.h"
#include "user/export/export.h"
#include "user/fence.h"
#include "user/place.h"

#define DEFAULT_PIECES 10

/* The files belong to the user whose the run is. */
void outputs_give_to_user(int fd, const char *what)
{
	int err = privilege_give(fd);

	if (err)
		log_detail("%s stays root's: %s", what, strerror(-err));
}

static bool is_regular(int fd)
{
	struct stat status;

	return !fstat(fd, &status) && S_ISREG(status.st_mode);
}

/* A device or a FIFO: nothing in it can be overwritten. */
static bool is_outlet(const struct place *place)
{
	struct stat status;

	return !fstatat(place->directory_fd, place->name, &status, AT_SYMLINK_NOFOLLOW) &&
	       (S_ISCHR(status.st_mode) || S_ISFIFO(status.st_mode));
}

/* Closes what is not to be written to. */
static int check(int fd, const char *path)
{
	if (!place_check(fd, path))
		return fd;
	close(fd);
	return -EPERM;
}

/* Waits, with a FIFO, for a reader, as a shell would. A FIFO of others listens to others. */
static int open_outlet(const struct place *place, const char *path)
{
	int how = O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY;
	int fd = openat(place->directory_fd, place->name, how);
	struct stat status;

	if (fd < 0)
		return place_complain(path, errno);
	return !fstat(fd, &status) && S_ISCHR(status.st_mode) ? fd : check(fd, path);
}

/* A regular file: new, or with force one that exists and keeps its bytes for now. */
static int open_file(const struct place *place, const char *path, bool force, bool *made)
{
	int how = O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
	int fd = openat(place->directory_fd, place->name, how | O_CREAT | O_EXCL, 0644);

	*made = fd >= 0;
	if (fd < 0 && errno == EEXIST && (force || is_outlet(place)))
		fd = openat(place->directory_fd, place->name, how);
	if (fd < 0)
		return place_complain(path, errno);
	if (!is_regular(fd)) {
		close(fd);
		log_error("%s is not a regular file: name another one", path);
		return -EINVAL;
	}
	if (!*made)
		return check(fd, path);
	outputs_give_to_user(fd, path);
	return fd;
}

static int open_capture(const char *path, bool force, bool *made)
{
	struct place place;
	int fd = place_find(&place, path);

	if (fd)
		return fd;
	fd = open_file(&place, path, force, made);
	place_close(&place);
	return fd;
}

/* Files will be made there when root's rights are gone. */
static int check_directory(int fd, const char *path)
{
	int err = privilege_may_write(fd);

	if (err)
		log_error("%s: no more files can be made there once root's rights are given up "
			  "(%s); choose another directory",
			  path, strerror(-err));
	return err;
}

static int open_made_directory(const struct place *place, const char *path, bool force, bool *made)
{
	int how = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, fd;

	*made = !mkdirat(place->directory_fd, place->name, 0755);
	if (!*made && (errno != EEXIST || !force))
		return place_complain(path, errno);
	fd = openat(place->directory_fd, place->name, how);
	if (fd < 0)
		return place_complain(path, errno);
	if (*made)
		outputs_give_to_user(fd, path);
	else if (place_check(fd, path) || check_directory(fd, path))
		goto out;
	return fd;
out:
	close(fd);
	return -EPERM;
}

static int open_directory(const char *path, bool force, bool *made)
{
	struct place place;
	int fd = place_find(&place, path);

	if (fd)
		return fd;
	fd = open_made_directory(&place, path, force, made);
	place_close(&place);
	return fd;
}

static FILE *open_stream(const char *path, bool force, bool *made)
{
	struct place place = { .directory_fd = -1 };
	int fd;

	if (!strcmp(path, "-"))
		fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
	else if (place_find(&place, path))
		return NULL;
	else if (is_outlet(&place))
		fd = open_outlet(&place, path);
	else
		fd = open_file(&place, path, force, made);
	place_close(&place);
	return fd < 0 ? NULL : fdopen(fd, "w");
}

static int empty(int fd, const char *path)
{
	return is_regular(fd) && ftruncate(fd, 0) ? place_complain(path, errno) : 0;
}

static int empty_directory(int fd, const char *path)
{
	int err = csv_remove(fd);

	return err ? place_complain(path, -err) : 0;
}

int outputs_commit(const struct outputs *outputs, const struct options *options)
{
	int err = 0;

	if (options->csv && !outputs->made_csv)
		err = empty_directory(outputs->csv_fd, options->csv);
	if (!err && options->output)
		err = empty(outputs->capture_fd, options->output);
	for (int i = 0; i < OUTPUT_FILES && !err; i++) {
		if (outputs->files[i] && strcmp(options->files[i], "-"))
			err = empty(fileno(outputs->files[i]), options->files[i]);
	}
	return err;
}

static void take_back(const char *path)
{
	if (remove(path))
		log_warning("%s stays, empty: %s", path, strerror(errno));
}

void outputs_abandon(const struct outputs *outputs, const struct options *options)
{
	if (outputs->pieces)
		pieces_abandon(outputs->pieces);
	else if (outputs->made_capture)
		take_back(options->output);
	if (outputs->made_csv)
		take_back(options->csv);
	for (int i = 0; i < OUTPUT_FILES; i++) {
		if (outputs->made[i])
			take_back(options->files[i]);
	}
}

int outputs_spool(void)
{
	const char *directory = getenv("TMPDIR");
	int fd;

	if (!directory || !directory[0])
		directory = "/tmp";
	fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		return place_complain(directory, errno);
	return fd;
}

static int open_wanted(struct outputs *outputs, const struct options *options, int i)
{
	if (!options->files[i])
		return 0;
	outputs->files[i] = open_stream(options->files[i], options->force, &outputs->made[i]);
	return outputs->files[i] ? 0 : -EINVAL;
}

/* One of the outputs: where it is open and what it was called. */
struct opened {
	int fd;
	const char *path;
};

static int all_of(const struct outputs *outputs, const struct options *options,
		  struct opened all[2 + OUTPUT_FILES])
{
	int count = 0;

	if (options->output)
		all[count++] = (struct opened){ outputs->capture_fd, options->output };
	if (options->csv)
		all[count++] = (struct opened){ outputs->csv_fd, options->csv };
	for (int i = 0; i < OUTPUT_FILES; i++)
		if (outputs->files[i])
			all[count++] = (struct opened){
				fileno(outputs->files[i]),
				strcmp(options->files[i], "-") ? options->files[i]
							       : "standard output",
			};
	return count;
}

/* Under whatever names: one file, or a table in the directory of --csv. */
static bool is_one_file(int fd, int other_fd)
{
	struct stat one, other;

	if (fstat(fd, &one) || fstat(other_fd, &other) || S_ISCHR(one.st_mode))
		return false;
	return (one.st_dev == other.st_dev && one.st_ino == other.st_ino) ||
	       (S_ISDIR(one.st_mode) && csv_holds(fd, &other)) ||
	       (S_ISDIR(other.st_mode) && csv_holds(other_fd, &one));
}

/* An output over another one, or over the capture that is read, would destroy it. */
static int check_apart(const struct outputs *outputs, const struct options *options, int read_fd)
{
	struct opened all[2 + OUTPUT_FILES];
	int count = all_of(outputs, options, all);

	for (int i = 0; i < count; i++) {
		if (read_fd >= 0 && is_one_file(all[i].fd, read_fd)) {
			log_error("%s is the capture that is read: write to another file",
				  all[i].path);
			return -EINVAL;
		}
		for (int k = 0; k < i; k++) {
			if (!is_one_file(all[i].fd, all[k].fd))
				continue;
			log_error("%s and %s are one file: give each output its own", all[k].path,
				  all[i].path);
			return -EINVAL;
		}
	}
	return 0;
}

int outputs_next_piece(const struct outputs *outputs)
{
	int fd = pieces_next(outputs->pieces);

	if (fd >= 0)
		outputs_give_to_user(fd, pieces_path(outputs->pieces));
	return fd;
}

/* Where path leads to, and where pieces can be made to the end of the run. */
static int open_way(const char *path)
{
	struct place place;
	int fd = place_find(&place, path), err;

	if (fd)
		return fd;
	fd = openat(place.directory_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	place_close(&place);
	if (fd < 0)
		return place_complain(path, errno);
	err = check_directory(fd, path);
	if (!err)
		return fd;
	close(fd);
	return err;
}

static int open_first_piece(struct outputs *outputs, const struct options *options)
{
	uint32_t keep = options->keep ? options->keep : DEFAULT_PIECES;
	int fd = open_way(options->output), err;

	if (fd < 0)
		return fd;
	err = pieces_open(&outputs->pieces, fd, options->output, keep, options->force);
	return err ? err : outputs_next_piece(outputs);
}

int outputs_open(struct outputs *outputs, const struct options *options, bool spool, int read_fd)
{
	int err = 0;

	*outputs = (struct outputs){ .capture_fd = -1, .csv_fd = -1 };
	if (options->output && options_rotates(options))
		err = outputs->capture_fd = open_first_piece(outputs, options);
	else if (options->output)
		err = outputs->capture_fd =
			open_capture(options->output, options->force, &outputs->made_capture);
	else if (spool)
		err = outputs->capture_fd = outputs_spool();
	if (err >= 0 && options->csv)
		err = outputs->csv_fd =
			open_directory(options->csv, options->force, &outputs->made_csv);
	for (int i = 0; i < OUTPUT_FILES && err >= 0; i++)
		err = open_wanted(outputs, options, i);
	if (err >= 0)
		err = check_apart(outputs, options, read_fd);
	if (err >= 0)
		return 0;
	outputs_abandon(outputs, options);
	outputs_close(outputs, options);
	return err;
}

int outputs_shut_in(const struct outputs *outputs, const struct options *options)
{
	struct fence fence;
	int err;

	fence_open(&fence);
	if (outputs->csv_fd >= 0)
		fence_let_files(&fence, outputs->csv_fd);
	if (outputs->pieces)
		fence_let_files(&fence, pieces_directory(outputs->pieces));
	if (options->files[OUTPUT_PERFETTO])
		fence_let_temporary(&fence);
	if (options->play || options->view == VIEW_LIVE)
		fence_let_terminal(&fence);
	if (outputs->made_csv)
		fence_let_removal(&fence, options->csv);
	for (int i = 0; i < OUTPUT_FILES; i++)
		if (outputs->made[i])
			fence_let_removal(&fence, options->files[i]);
	err = privilege_give_up();
	return err ? err : fence_close(&fence);
}

static int close_stream(FILE *stream, const char *path)
{
	if (!stream || !fclose(stream))
		return 0;
	return place_complain(path, errno);
}

int outputs_close(struct outputs *outputs, const struct options *options)
{
	int err = 0;

	if (outputs->capture_fd >= 0)
		close(outputs->capture_fd);
	if (outputs->csv_fd >= 0)
		close(outputs->csv_fd);
	for (int i = 0; i < OUTPUT_FILES; i++) {
		int failed = close_stream(outputs->files[i], options->files[i]);

		err = err ? err : failed;
	}
	pieces_close(outputs->pieces);
	*outputs = (struct outputs){ .capture_fd = -1, .csv_fd = -1 };
	return err;
}
