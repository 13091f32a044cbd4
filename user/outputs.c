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
#include "user/export/export.h"

#define DEFAULT_PIECES 10

/* With sudo the files are the invoking user's, not root's. */
void outputs_give_to_invoker(int fd, const char *what)
{
	const char *uid = getenv("SUDO_UID"), *gid = getenv("SUDO_GID");

	if (geteuid() || !uid || !gid)
		return;
	if (fchown(fd, (uid_t)strtoul(uid, NULL, 10), (gid_t)strtoul(gid, NULL, 10)))
		log_detail("%s stays root's: %s", what, strerror(errno));
}

static int complain(const char *path, int error)
{
	if (error == EEXIST)
		log_error("%s exists: choose another name, or overwrite it with --force", path);
	else if (error == ELOOP)
		log_error("%s is a symbolic link: name the file itself", path);
	else
		log_error("can't write %s: %s", path, strerror(error));
	return -error;
}

static bool is_regular(int fd)
{
	struct stat status;

	return !fstat(fd, &status) && S_ISREG(status.st_mode);
}

/* A device or a FIFO: nothing in it can be overwritten. */
static bool is_outlet(const char *path)
{
	struct stat status;

	return !lstat(path, &status) && (S_ISCHR(status.st_mode) || S_ISFIFO(status.st_mode));
}

/* Waits, with a FIFO, for a reader, as a shell would. */
static int open_outlet(const char *path)
{
	int fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);

	return fd < 0 ? complain(path, errno) : fd;
}

/* A regular file: new, or with force one that exists and keeps its bytes for now. */
static int open_file(const char *path, bool force, bool *made)
{
	int how = O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
	int fd = open(path, how | O_CREAT | O_EXCL, 0644);

	*made = fd >= 0;
	if (fd < 0 && errno == EEXIST && (force || is_outlet(path)))
		fd = open(path, how);
	if (fd < 0)
		return complain(path, errno);
	if (!is_regular(fd)) {
		close(fd);
		log_error("%s is not a regular file: name another one", path);
		return -EINVAL;
	}
	if (*made)
		outputs_give_to_invoker(fd, path);
	return fd;
}

static int open_directory(const char *path, bool force, bool *made)
{
	int fd;

	*made = !mkdir(path, 0755);
	if (!*made && (errno != EEXIST || !force))
		return complain(path, errno);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return complain(path, errno);
	if (*made)
		outputs_give_to_invoker(fd, path);
	return fd;
}

static FILE *open_stream(const char *path, bool force, bool *made)
{
	int fd;

	if (!strcmp(path, "-"))
		fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
	else if (is_outlet(path))
		fd = open_outlet(path);
	else
		fd = open_file(path, force, made);
	return fd < 0 ? NULL : fdopen(fd, "w");
}

static int empty(int fd, const char *path)
{
	return is_regular(fd) && ftruncate(fd, 0) ? complain(path, errno) : 0;
}

static int empty_directory(int fd, const char *path)
{
	int err = csv_remove(fd);

	return err ? complain(path, -err) : 0;
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

void outputs_abandon(const struct outputs *outputs, const struct options *options)
{
	if (outputs->pieces)
		pieces_abandon(outputs->pieces);
	else if (outputs->made_capture)
		unlink(options->output);
	if (outputs->made_csv)
		rmdir(options->csv);
	for (int i = 0; i < OUTPUT_FILES; i++) {
		if (outputs->made[i])
			unlink(options->files[i]);
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
		return complain(directory, errno);
	return fd;
}

bool outputs_need_capture(const struct options *options)
{
	for (int i = 0; i < OUTPUT_FILES; i++) {
		if (options->files[i])
			return true;
	}
	return options->csv;
}

static int open_wanted(struct outputs *outputs, const struct options *options, int i)
{
	if (!options->files[i])
		return 0;
	outputs->files[i] = open_stream(options->files[i], options->force, &outputs->made[i]);
	return outputs->files[i] ? 0 : -EINVAL;
}

/* One of the outputs: where it is open and what it was called. */
struct place {
	int fd;
	const char *path;
};

static int places_of(const struct outputs *outputs, const struct options *options,
		     struct place places[2 + OUTPUT_FILES])
{
	int count = 0;

	if (options->output)
		places[count++] = (struct place){ outputs->capture_fd, options->output };
	if (options->csv)
		places[count++] = (struct place){ outputs->csv_fd, options->csv };
	for (int i = 0; i < OUTPUT_FILES; i++)
		if (outputs->files[i])
			places[count++] = (struct place){
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
	struct place places[2 + OUTPUT_FILES];
	int count = places_of(outputs, options, places);

	for (int i = 0; i < count; i++) {
		if (read_fd >= 0 && is_one_file(places[i].fd, read_fd)) {
			log_error("%s is the capture that is read: write to another file",
				  places[i].path);
			return -EINVAL;
		}
		for (int k = 0; k < i; k++) {
			if (!is_one_file(places[i].fd, places[k].fd))
				continue;
			log_error("%s and %s are one file: give each output its own",
				  places[k].path, places[i].path);
			return -EINVAL;
		}
	}
	return 0;
}

int outputs_next_piece(const struct outputs *outputs)
{
	int fd = pieces_next(outputs->pieces);

	if (fd >= 0)
		outputs_give_to_invoker(fd, pieces_path(outputs->pieces));
	return fd;
}

static int open_first_piece(struct outputs *outputs, const struct options *options)
{
	uint32_t keep = options->keep ? options->keep : DEFAULT_PIECES;
	int err = pieces_open(&outputs->pieces, options->output, keep, options->force);

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
			open_file(options->output, options->force, &outputs->made_capture);
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

static int close_stream(FILE *stream, const char *path)
{
	if (!stream || !fclose(stream))
		return 0;
	return complain(path, errno);
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
