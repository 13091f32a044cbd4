/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The temporary file is ours alone, so it may be mapped: nobody else can cut
 * it. Events of one time stay in the order in which they came.
 */
#include "user/export/perfetto_spool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define FIRST_ROOM 1024

int spool_open(struct spool *spool)
{
	spool->file = tmpfile();
	if (!spool->file)
		return -errno;
	json_start(&spool->json, spool->file);
	return 0;
}

void spool_close(struct spool *spool)
{
	if (spool->file)
		fclose(spool->file);
	free(spool->entries);
	*spool = (struct spool){ 0 };
}

static bool make_room(struct spool *spool)
{
	size_t room = spool->room ? 2 * spool->room : FIRST_ROOM;
	struct spool_entry *larger;

	if (spool->count < spool->room)
		return true;
	larger = reallocarray(spool->entries, room, sizeof(*larger));
	if (!larger)
		return false;
	spool->entries = larger;
	spool->room = room;
	return true;
}

struct json *spool_event(struct spool *spool, const char *ph, uint64_t time_ns)
{
	off_t offset = ftello(spool->file);

	if (offset < 0 || !make_room(spool))
		spool->failed = true;
	else
		spool->entries[spool->count++] = (struct spool_entry){ time_ns, (uint64_t)offset };
	json_object(&spool->json, NULL);
	json_string(&spool->json, "ph", ph);
	return &spool->json;
}

void spool_event_end(struct spool *spool)
{
	json_object_end(&spool->json);
	json_line_end(&spool->json);
}

static void put_us(FILE *stream, uint64_t ns)
{
	fprintf(stream, "%llu.%03u", (unsigned long long)(ns / 1000), (unsigned int)(ns % 1000));
}

void spool_duration(struct spool *spool, const char *name, uint64_t ns)
{
	fprintf(spool->file, ",\"%s\":", name);
	put_us(spool->file, ns);
	spool->json.comma = true;
}

static int by_time(const void *left, const void *right)
{
	const struct spool_entry *a = left, *b = right;

	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	return a->offset < b->offset ? -1 : a->offset > b->offset;
}

uint64_t spool_sort(struct spool *spool)
{
	if (!spool->count)
		return 0;
	qsort(spool->entries, spool->count, sizeof(spool->entries[0]), by_time);
	return spool->entries[0].time_ns;
}

/* The text of an event lies there as {"ph":...}; its time is put in at the front. */
static void write_entry(const struct spool_entry *entry, const char *text, size_t size,
			FILE *stream, uint64_t base_ns)
{
	const char *start = text + entry->offset + 1;
	const char *end = memchr(start, '\n', size - entry->offset - 1);

	fputs(",\n{\"ts\":", stream);
	put_us(stream, entry->time_ns - base_ns);
	fputc(',', stream);
	if (end)
		fwrite(start, 1, (size_t)(end - start), stream);
}

int spool_write(struct spool *spool, FILE *stream, uint64_t base_ns)
{
	size_t size;
	char *text;

	if (spool->failed)
		return -ENOMEM;
	errno = 0;
	if (fflush(spool->file) || ferror(spool->file))
		return errno ? -errno : -EIO;
	if (!spool->count)
		return 0;
	size = (size_t)ftello(spool->file);
	text = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fileno(spool->file), 0);
	if (text == MAP_FAILED)
		return -errno;
	for (size_t i = 0; i < spool->count; i++)
		write_entry(&spool->entries[i], text, size, stream, base_ns);
	munmap(text, size);
	return 0;
}
