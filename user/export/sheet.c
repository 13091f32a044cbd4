/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Millions of rows pass through here, so there is no printf in the way of a
 * number. A cell that a spreadsheet would execute gets an apostrophe in front.
 */
#include "user/export/sheet.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/export/column_tables.h"

#define BUFFER_BYTES (256 * 1024)
#define TEXT_BYTES 256			/* of a cell's text, escaped */
#define CELL_BYTES (2 * TEXT_BYTES + 8) /* with quotes doubled, apostrophe and comma */

_Static_assert(CALL_COLUMNS <= SHEET_COLUMNS_MAX, "the widest table has a cell for each column");

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

/*
 * The 8 decimal digits of a value below 10^8, one in each byte, the first one
 * lowest: halves of 4, then of 2 digits are parted all at once. The factors
 * are 2^20/100 and 2^10/10, rounded up, exact for 4 and for 2 digits.
 */
static uint64_t eight_digits(uint32_t value)
{
	uint64_t four = value / 10000 | (uint64_t)(value % 10000) << 32;
	uint64_t hundreds = (four * 10486 >> 20) & 0x0000007f0000007f;
	uint64_t two = (four - hundreds * 100) << 16 | hundreds;
	uint64_t tens = (two * 103 >> 10) & 0x000f000f000f000f;

	return (two - tens * 10) << 8 | tens;
}

/* Writes 8 bytes, of which only those of the digits behind skip zeros count. */
static char *store_digits(char *out, uint64_t digits, int skip)
{
	uint64_t text = htole64((digits | 0x3030303030303030) >> 8 * skip);

	memcpy(out, &text, sizeof(text));
	return out + 8 - skip;
}

static char *put_uint(char *out, uint64_t value)
{
	uint64_t digits;

	if (value < 10) {
		*out = (char)('0' + value);
		return out + 1;
	}
	if (value < 100000000) {
		digits = eight_digits((uint32_t)value);
		return store_digits(out, digits, __builtin_ctzll(digits) / 8);
	}
	out = put_uint(out, value / 100000000);
	return store_digits(out, eight_digits((uint32_t)(value % 100000000)), 0);
}

static char *put_above(char *out, const struct sheet_cell *cell)
{
	memcpy(out, cell->text, sizeof(cell->text));
	return out + cell->length;
}

/* Most cells hold what the row above holds: its text is taken again. */
static char *put_number(char *out, struct sheet_cell *cell, uint64_t value)
{
	if (!cell->length || cell->number != value) {
		cell->number = value;
		cell->length = (size_t)(put_uint(cell->text, value) - cell->text);
	}
	return put_above(out, cell);
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
	*out++ = '.';
	*out++ = (char)('0' + rest / 100000000);
	return store_digits(out, eight_digits((uint32_t)(rest % 100000000)), 0);
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

/* Only of words that stand there as they are. */
static bool is_above(const struct sheet_cell *cell, const char *text, size_t length)
{
	return length && length == cell->length && !memcmp(cell->text, text, length);
}

static char *put_word(char *out, struct sheet_cell *cell, const char *text, size_t length)
{
	char *end;

	if (is_above(cell, text, length))
		return put_above(out, cell);
	end = put_text(out, text, length);
	cell->length = 0;
	if (length <= sizeof(cell->text) && (size_t)(end - out) == length) {
		memcpy(cell->text, text, length);
		cell->length = length;
	}
	return end;
}

static char *put_foreign(char *out, struct sheet_cell *cell, const struct value *value)
{
	size_t length = strnlen(value->text, value->length);
	char escaped[TEXT_BYTES];

	if (is_above(cell, value->text, length))
		return put_above(out, cell);
	fmt_escape(escaped, sizeof(escaped), value->text, value->length);
	if (strlen(escaped) == length)
		return put_word(out, cell, escaped, length);
	cell->length = 0;
	return put_text(out, escaped, strlen(escaped));
}

static char *put_other(struct sheet *sheet, char *out, int index, enum value_kind kind,
		       const struct value *value)
{
	switch (kind) {
	case VALUE_INT:
		return put_int(out, (int64_t)value->number);
	case VALUE_SECONDS:
		return put_seconds(out, (int64_t)(value->number - sheet->zero_ns));
	case VALUE_TIME:
		return put_int(out, (int64_t)(value->number - sheet->zero_ns));
	case VALUE_WORD:
		return put_word(out, &sheet->above[index], value->text,
				value->length < TEXT_BYTES ? value->length : TEXT_BYTES);
	case VALUE_FOREIGN:
		return put_foreign(out, &sheet->above[index], value);
	default:
		return out;
	}
}

static char *put_cell(struct sheet *sheet, char *out, int index, const void *row)
{
	struct value value;
	enum value_kind kind = column_value(&sheet->table->columns[index], row, &value);

	if (kind == VALUE_UINT || kind == VALUE_BOOL)
		return put_number(out, &sheet->above[index], value.number);
	return kind == VALUE_NONE ? out : put_other(sheet, out, index, kind, &value);
}

void sheet_row(struct sheet *sheet, const void *row)
{
	const struct table *table = sheet->table;
	char *out;

	if (BUFFER_BYTES - sheet->used < (size_t)table->count * CELL_BYTES)
		flush(sheet);
	out = sheet->buffer + sheet->used;
	for (int i = 0; i < table->count; i++) {
		out = put_cell(sheet, out, i, row);
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

static void file_name(char *name, size_t size, const struct table *table)
{
	snprintf(name, size, "%s.csv", table->name);
}

int sheet_remove(int directory_fd, const struct table *table)
{
	char name[64];

	file_name(name, sizeof(name), table);
	return unlinkat(directory_fd, name, 0) && errno != ENOENT ? -errno : 0;
}

bool sheet_is(int directory_fd, const struct table *table, const struct stat *status)
{
	struct stat own;
	char name[64];

	file_name(name, sizeof(name), table);
	return !fstatat(directory_fd, name, &own, AT_SYMLINK_NOFOLLOW) &&
	       own.st_dev == status->st_dev && own.st_ino == status->st_ino;
}

int sheet_open(struct sheet *sheet, int directory_fd, const struct table *table, uint64_t zero_ns)
{
	char name[64];
	int err;

	file_name(name, sizeof(name), table);
	sheet->fd = openat(directory_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			   0666);
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
