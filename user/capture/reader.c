/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads chunk by chunk and hands out records only of chunks that were checked
 * as a whole: checksum, sizes, counts and times. The first chunk that fails
 * ends the file. Refuses mmap, because a file that shrinks would then kill.
 */
#include "user/capture/reader.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/capture/format.h"

struct reader {
	int fd;
	bool ended;
	int error;	    /* of read(2) */
	uint64_t offset;    /* bytes read so far */
	uint64_t whole_end; /* end of the last whole chunk */
	struct capture_info info;
	struct capture_end end;
	union record record;
	size_t readable; /* bytes of the payload that are checked records */
	size_t position; /* of the next record among them */
	struct format_whole_chunk chunk;
};

/* Reads until length bytes are there or the file ends; returns the bytes read. */
static ssize_t read_all(struct reader *reader, void *bytes, size_t length)
{
	struct pollfd readable = { .fd = reader->fd, .events = POLLIN };
	size_t filled = 0;

	while (filled < length) {
		ssize_t got = read(reader->fd, (char *)bytes + filled, length - filled);

		if (got == 0)
			break;
		if (got < 0 && errno == EAGAIN)
			poll(&readable, 1, -1);
		else if (got < 0 && errno != EINTR)
			return -errno;
		if (got > 0)
			filled += (size_t)got;
	}
	reader->offset += filled;
	return (ssize_t)filled;
}

/* A transfer as text changed line ends, took the eighth bit, or recoded the first byte. */
static bool damaged_as_text(const char *bytes, size_t length)
{
	const char *letters = memmem(bytes, length < 8 ? length : 8, "TCPW", 4);

	return letters && letters + 4 < bytes + length &&
	       (letters[4] == '\r' || letters[4] == '\n');
}

static int check_header(const struct format_header *header, size_t length)
{
	uint32_t crc =
		(uint32_t)crc32(0, (const Bytef *)header, offsetof(struct format_header, crc));
	size_t compared = length < FORMAT_MAGIC_SIZE ? length : FORMAT_MAGIC_SIZE;

	if (!length)
		return -ENODATA;
	if (memcmp(header->magic, FORMAT_MAGIC, compared))
		return damaged_as_text((const char *)header, length) ? -EILSEQ : -ENOMSG;
	if (length < sizeof(*header) || header->crc != crc)
		return -EBADMSG;
	if (header->byte_order != FORMAT_BYTE_ORDER || header->version != FORMAT_VERSION)
		return -EPROTO;
	return 0;
}

static int read_header(struct reader *reader)
{
	struct format_header header = { 0 };
	ssize_t length = read_all(reader, &header, sizeof(header));
	int err;

	if (length < 0)
		return (int)length;
	err = check_header(&header, (size_t)length);
	if (!err)
		reader->whole_end = reader->offset;
	return err;
}

/* Returns 1 with a chunk whose checksum is right, 0 at the end or at damage, or an error. */
static int read_chunk(struct reader *reader)
{
	struct format_chunk *header = &reader->chunk.header;
	ssize_t length;

	length = read_all(reader, header, sizeof(*header));
	if (length < 0)
		return (int)length;
	if ((size_t)length < sizeof(*header))
		return 0;
	reader->end.damaged = header->length > sizeof(reader->chunk.payload);
	if (reader->end.damaged)
		return 0;
	length = read_all(reader, reader->chunk.payload, header->length);
	if (length < 0)
		return (int)length;
	if ((size_t)length < header->length)
		return 0;
	reader->end.damaged = format_crc(&reader->chunk) != header->crc;
	return !reader->end.damaged;
}

/* Sizes, number and times of the records are what the chunk's header says. */
static bool data_believable(const struct reader *reader)
{
	const struct format_chunk *chunk = &reader->chunk.header;
	uint64_t first_ns = UINT64_MAX, last_ns = 0;
	struct record_header header;
	uint32_t records = 0;
	size_t at = 0;

	while (chunk->length - at >= sizeof(header)) {
		memcpy(&header, reader->chunk.payload + at, sizeof(header));
		if (header.size < sizeof(header) || header.size % 8 ||
		    header.size > chunk->length - at)
			return false;
		if (header.time_ns < first_ns)
			first_ns = header.time_ns;
		if (header.time_ns > last_ns)
			last_ns = header.time_ns;
		at += header.size;
		records++;
	}
	return records && records == chunk->records && at == chunk->length &&
	       first_ns == chunk->first_ns && last_ns == chunk->last_ns &&
	       format_time_possible(first_ns, reader->info.start_mono_ns) &&
	       format_time_possible(last_ns, reader->info.start_mono_ns);
}

/* Complete, if the closing chunk counted the same records. */
static bool take_end(struct reader *reader)
{
	struct format_end end;

	if (reader->chunk.header.length < sizeof(end))
		return false;
	memcpy(&end, reader->chunk.payload, sizeof(end));
	if (end.records != reader->end.records)
		return false;
	reader->end.complete = true;
	reader->end.goes_on = end.flags & FORMAT_GOES_ON;
	reader->end.command_status = end.command_status;
	return true;
}

/* What stands behind the last whole chunk; a pipe is read on only after damage. */
static int count_cut_bytes(struct reader *reader)
{
	uint64_t size = reader->offset;
	struct stat status;
	ssize_t got = 0;

	if (!fstat(reader->fd, &status) && S_ISREG(status.st_mode)) {
		if ((uint64_t)status.st_size > size)
			size = (uint64_t)status.st_size;
	} else if (!reader->end.complete) {
		do
			got = read_all(reader, reader->chunk.payload,
				       sizeof(reader->chunk.payload));
		while (got > 0);
		size = reader->offset;
	}
	reader->end.cut_bytes = size - reader->whole_end;
	return got < 0 ? (int)got : 0;
}

static void take_data(struct reader *reader)
{
	const struct format_chunk *header = &reader->chunk.header;

	reader->readable = header->length;
	reader->position = 0;
	reader->end.records += header->records;
	if (header->last_ns > reader->end.last_ns)
		reader->end.last_ns = header->last_ns;
}

/* Believes the chunk that was read, or not: a second INFO is no continuation. */
static bool take_chunk(struct reader *reader)
{
	uint32_t type = reader->chunk.header.type;

	if (type == FORMAT_INFO || (type == FORMAT_DATA && !data_believable(reader)) ||
	    (type == FORMAT_END && !take_end(reader))) {
		reader->end.damaged = true;
		return false;
	}
	if (type == FORMAT_DATA)
		take_data(reader);
	reader->whole_end = reader->offset;
	return true;
}

/* Goes on to the next DATA chunk: 1, or 0 when there is none, or an error. */
static int next_data(struct reader *reader)
{
	int got;

	reader->readable = 0;
	reader->position = 0;
	while ((got = read_chunk(reader)) > 0 && take_chunk(reader)) {
		if (reader->readable)
			return 1;
		if (reader->end.complete)
			break;
	}
	reader->ended = true;
	reader->error = got < 0 ? got : count_cut_bytes(reader);
	return reader->error;
}

static int read_info(struct reader *reader)
{
	struct format_whole_chunk *chunk = &reader->chunk;
	int got = read_chunk(reader);

	if (got < 0)
		return got;
	if (!got || chunk->header.type != FORMAT_INFO)
		return -EBADMSG;
	reader->whole_end = reader->offset;
	return info_parse(chunk->payload, chunk->header.length, &reader->info);
}

int reader_open(struct reader **reader, int fd)
{
	struct reader *made = NULL;
	int err = -ENOTSUP;

	*reader = NULL;
	if (!format_host_fits())
		goto out;
	err = -ENOMEM;
	made = calloc(1, sizeof(*made));
	if (!made)
		goto out;
	made->fd = fd;
	err = read_header(made);
	if (!err)
		err = read_info(made);
	if (err)
		goto out;
	*reader = made;
	return 0;
out:
	free(made);
	close(fd);
	return err;
}

const struct capture_info *reader_info(const struct reader *reader)
{
	return &reader->info;
}

int reader_next(struct reader *reader, const union record **record)
{
	int got;

	do {
		if (reader->position == reader->readable) {
			got = reader->ended ? reader->error : next_data(reader);
			if (got <= 0)
				return got;
		}
		/* Can't fail: data_believable went through the same sizes. */
		got = decode_record(reader->chunk.payload + reader->position,
				    reader->readable - reader->position, &reader->record);
		if (got < 0)
			return got;
		reader->position += (size_t)got;
	} while (reader->record.header.kind == RECORD_NONE);
	*record = &reader->record;
	return 1;
}

const struct capture_end *reader_end(const struct reader *reader)
{
	return &reader->end;
}

const char *reader_strerror(int error)
{
	switch (-error) {
	case ENOMSG:
		return "not a tcpwatch capture";
	case EPROTO:
		return "made by a newer tcpwatch, in a form that this one doesn't know";
	case EILSEQ:
		return "damaged by a transfer as text: copy it again, as binary";
	case EBADMSG:
		return "the beginning is damaged or cut off; nothing can be read";
	case ENODATA:
		return "the file is empty";
	case ENOTSUP:
		return "captures are little-endian, and this machine is not";
	}
	return strerror(-error);
}

void reader_close(struct reader *reader)
{
	if (!reader)
		return;
	close(reader->fd);
	free(reader);
}
