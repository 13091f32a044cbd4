/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Millions of rows pass through here, so there is no printf in the way of a
 * number. A cell that a spreadsheet would execute gets an apostrophe in front.
 */
#include "user/export/sheet.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUFFER_BYTES (256 * 1024)
#define TEXT_BYTES 256			   /* of a cell's text, escaped */
#define CELL_BYTES (2 * TEXT_BYTES + 8) /* with quotes doubled, apostrophe and comma */

static void flush(struct sheet *sheet)
{
	const char *from = sheet->buffer;

	while (sheet->used && !sheet->err) {
		ssize_t written = write(sheet->fd, from, sheet->used);

		if (written < 0 && errno != EINTR)
			sheet->err = -errno;
		if (written > 0) {
			from += written;
			sheet->used -= (size_t)written;
		}
	}
	sheet->used = 0;
}

static char *put_uint(char *out, uint64_t value)
{
	static const char pairs[] = "00010203040506070809101112131415161718192021222324"
				    "25262728293031323334353637383940414243444546474849"
				    "50515253545556575859606162636465666768697071727374"
				    "75767778798081828384858687888990919293949596979899";
	char digits[20], *first = digits + sizeof(digits);
	size_t length;

	if (value < 10) {
		*out = (char)('0' + value);
		return out + 1;
	}
	for (; value >= 100; value /= 100) {
		first -= 2;
		memcpy(first, pairs + value % 100 * 2, 2);
	}
	first -= 2;
	memcpy(first, pairs + value * 2, 2);
	first += *first == '0';
	length = (size_t)(digits + sizeof(digits) - first);
	memcpy(out, first, length);
	return out + length;
}

static char *put_int(char *out, int64_t value)
{
	if (value < 0) {
		*out++ = '-';
		return put_uint(out, 0 - (uint64_t)value);
	}
	return put_uint(out, (uint64_t)value);
}

static char *put_seconds(char *out, int64_t ns)
{
	uint64_t all = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
	uint64_t rest = all % 1000000000;

	if (ns < 0)
		*out++ = '-';
	out = put_uint(out, all / 1000000000);
	/* The leading 1 keeps the zeros behind the point until the point takes its place. */
	put_uint(out, 1000000000 + rest);
	*out = '.';
	return out + 10;
}

/* Spreadsheets take such a cell for a formula. */
static bool executable(const char *text)
{
	return *text && strchr("=+-@\t\r", *text);
}

static char *put_text(char *out, const char *text, size_t length)
{
	bool defused = length && executable(text), quoted = false;

	for (size_t i = 0; i < length && !quoted; i++)
		quoted = text[i] == ',' || text[i] == '"' || text[i] == '\n' || text[i] == '\r';
	if (quoted)
		*out++ = '"';
	if (defused)
		*out++ = '\'';
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '"')
			*out++ = '"';
		*out++ = text[i];
	}
	if (quoted)
		*out++ = '"';
	return out;
}

static char *put_foreign(char *out, const struct value *value)
{
	char escaped[TEXT_BYTES];

	fmt_escape(escaped, sizeof(escaped), value->text, value->length);
	return put_text(out, escaped, strlen(escaped));
}

static char *put_cell(const struct sheet *sheet, char *out, const struct column *column,
		      const void *row)
{
	struct value value;

	switch (column_value(column, row, &value)) {
	case VALUE_NONE:
		return out;
	case VALUE_UINT:
	case VALUE_BOOL:
		return put_uint(out, value.number);
	case VALUE_INT:
		return put_int(out, (int64_t)value.number);
	case VALUE_SECONDS:
		return put_seconds(out, (int64_t)(value.number - sheet->zero_ns));
	case VALUE_TIME:
		return put_int(out, (int64_t)(value.number - sheet->zero_ns));
	case VALUE_WORD:
		return put_text(out, value.text,
				value.length < TEXT_BYTES ? value.length : TEXT_BYTES);
	case VALUE_FOREIGN:
		return put_foreign(out, &value);
	}
	return out;
}

void sheet_row(struct sheet *sheet, const void *row)
{
	const struct table *table = sheet->table;
	char *out;

	if (BUFFER_BYTES - sheet->used < (size_t)table->count * CELL_BYTES)
		flush(sheet);
	out = sheet->buffer + sheet->used;
	for (int i = 0; i < table->count; i++) {
		out = put_cell(sheet, out, &table->columns[i], row);
		*out++ = ',';
	}
	out[-1] = '\n';
	sheet->used = (size_t)(out - sheet->buffer);
}

static void put_header(struct sheet *sheet)
{
	char *out = sheet->buffer;

	for (int i = 0; i < sheet->table->count; i++) {
		const char *name = sheet->table->columns[i].name;

		out = put_text(out, name, strlen(name));
		*out++ = ',';
	}
	out[-1] = '\n';
	sheet->used = (size_t)(out - sheet->buffer);
}

int sheet_open(struct sheet *sheet, int directory_fd, const struct table *table, uint64_t zero_ns)
{
	char name[64];
	int err;

	snprintf(name, sizeof(name), "%s.csv", table->name);
	sheet->fd = openat(directory_fd, name,
			   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	if (sheet->fd < 0)
		return -errno;
	sheet->buffer = malloc(BUFFER_BYTES);
	if (!sheet->buffer) {
		err = -ENOMEM;
		goto out;
	}
	sheet->table = table;
	sheet->zero_ns = zero_ns;
	put_header(sheet);
	return 0;
out:
	close(sheet->fd);
	return err;
}

int sheet_close(struct sheet *sheet)
{
	if (!sheet->buffer)
		return 0;
	flush(sheet);
	if (close(sheet->fd) && !sheet->err)
		sheet->err = -errno;
	free(sheet->buffer);
	sheet->buffer = NULL;
	return sheet->err;
}
