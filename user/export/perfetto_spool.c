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

#include "user/export/perfetto_runs.h"

#define MAPPED_MOST (2 << 20) /* bytes of text that are written before their pages are let go */

int spool_open(struct spool *spool)
{
	int err = 0;

	spool->file = tmpfile();
	spool->index = tmpfile();
	spool->entries = calloc(SPOOL_RUN, sizeof(spool->entries[0]));
	spool->first_ns = UINT64_MAX;
	if (!spool->file || !spool->index)
		err = -errno;
	else if (!spool->entries)
		err = -ENOMEM;
	else
		json_start(&spool->json, spool->file);
	if (err)
		spool_close(spool);
	return err;
}

void spool_close(struct spool *spool)
{
	if (spool->file)
		fclose(spool->file);
	if (spool->index)
		fclose(spool->index);
	free(spool->entries);
	*spool = (struct spool){ 0 };
}

static int by_time(const void *left, const void *right)
{
	return spool_compare(left, right);
}

static void end_run(struct spool *spool)
{
	if (!spool->count)
		return;
	qsort(spool->entries, spool->count, sizeof(spool->entries[0]), by_time);
	if (fwrite(spool->entries, sizeof(spool->entries[0]), spool->count, spool->index) !=
	    spool->count)
		spool->failed = true;
	spool->indexed += spool->count;
	spool->count = 0;
}

struct json *spool_event(struct spool *spool, const char *ph, uint64_t time_ns)
{
	off_t offset = ftello(spool->file);

	if (offset < 0)
		spool->failed = true;
	if (spool->count == SPOOL_RUN)
		end_run(spool);
	spool->entries[spool->count++] = (struct spool_entry){ time_ns, (uint64_t)offset };
	if (time_ns < spool->first_ns)
		spool->first_ns = time_ns;
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

uint64_t spool_sort(struct spool *spool)
{
	end_run(spool);
	return spool->indexed ? spool->first_ns : 0;
}

/* The text of all events. */
struct text {
	char *bytes;
	size_t size;
	size_t written; /* since pages were let go */
};

/* The text of an event lies there as {"ph":...}; its time is put in at the front. */
static void write_entry(const struct spool_entry *entry, struct text *text, FILE *stream,
			uint64_t base_ns)
{
	const char *start = text->bytes + entry->offset + 1;
	const char *end = memchr(start, '\n', text->size - entry->offset - 1);

	fputs(",\n{\"ts\":", stream);
	put_us(stream, entry->time_ns - base_ns);
	fputc(',', stream);
	if (!end)
		return;
	fwrite(start, 1, (size_t)(end - start), stream);
	text->written += (size_t)(end - start);
	if (text->written < MAPPED_MOST)
		return;
	madvise(text->bytes, text->size, MADV_DONTNEED);
	text->written = 0;
}

static int flush(FILE *file)
{
	errno = 0;
	if (fflush(file) || ferror(file))
		return errno ? -errno : -EIO;
	return 0;
}

static int write_all(struct spool *spool, struct text *text, FILE *stream, uint64_t base_ns)
{
	const struct spool_entry *entry;
	struct runs *runs;
	int err = runs_open(&runs, fileno(spool->index), spool->indexed, SPOOL_RUN);

	if (err)
		return err;
	while ((entry = runs_next(runs)))
		write_entry(entry, text, stream, base_ns);
	return runs_close(runs);
}

int spool_write(struct spool *spool, FILE *stream, uint64_t base_ns)
{
	struct text text = { 0 };
	int err = flush(spool->file);

	if (!err)
		err = flush(spool->index);
	if (!err && spool->failed)
		err = -EIO;
	if (err || !spool->indexed)
		return err;
	text.size = (size_t)ftello(spool->file);
	text.bytes = mmap(NULL, text.size, PROT_READ, MAP_PRIVATE, fileno(spool->file), 0);
	if (text.bytes == MAP_FAILED)
		return -errno;
	err = write_all(spool, &text, stream, base_ns);
	munmap(text.bytes, text.size);
	return err;
}
