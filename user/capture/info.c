/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The INFO chunk: struct capture_info as lines of key=value, readable with
 * strings(1). Control characters and backslashes are written as \xNN. Unknown
 * keys are passed over; a number that is none makes the whole unbelievable.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "user/capture/format.h"

enum field_type { FIELD_TEXT, FIELD_U32, FIELD_U64 };

struct info_field {
	const char *key;
	enum field_type type;
	bool required;
	size_t offset;
	size_t size;
};

/* clang-format off */
#define INFO_FIELD(name, type, required)                                                           \
	{ #name, type, required, offsetof(struct capture_info, name),                              \
	  sizeof(((struct capture_info *)0)->name) }
/* clang-format on */

static const struct info_field fields[] = {
	INFO_FIELD(version, FIELD_TEXT, false),	    INFO_FIELD(kernel, FIELD_TEXT, false),
	INFO_FIELD(machine, FIELD_TEXT, false),	    INFO_FIELD(host, FIELD_TEXT, false),
	INFO_FIELD(boot_id, FIELD_TEXT, false),	    INFO_FIELD(congestion, FIELD_TEXT, false),
	INFO_FIELD(command, FIELD_TEXT, false),	    INFO_FIELD(detail, FIELD_TEXT, false),
	INFO_FIELD(ring_bytes, FIELD_U64, false),   INFO_FIELD(start_mono_ns, FIELD_U64, true),
	INFO_FIELD(start_real_ns, FIELD_U64, true), INFO_FIELD(command_tgid, FIELD_U32, false),
	INFO_FIELD(filter, FIELD_TEXT, false),	    INFO_FIELD(peers, FIELD_U32, false),
	INFO_FIELD(piece, FIELD_U32, false),	    INFO_FIELD(piece_mono_ns, FIELD_U64, false),
};
#define FIELD_COUNT (sizeof(fields) / sizeof(fields[0]))

static void write_text(FILE *stream, const char *text, size_t size)
{
	size_t length = strnlen(text, size);

	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)text[i];

		if (byte < 0x20 || byte == 0x7f || byte == '\\')
			fprintf(stream, "\\x%02x", byte);
		else
			putc(byte, stream);
	}
}

static void write_field(FILE *stream, const struct capture_info *info,
			const struct info_field *field)
{
	const char *at = (const char *)info + field->offset;
	uint64_t wide;
	uint32_t narrow;

	fprintf(stream, "%s=", field->key);
	if (field->type == FIELD_TEXT) {
		write_text(stream, at, field->size);
	} else if (field->type == FIELD_U64) {
		memcpy(&wide, at, sizeof(wide));
		fprintf(stream, "%" PRIu64, wide);
	} else {
		memcpy(&narrow, at, sizeof(narrow));
		fprintf(stream, "%" PRIu32, narrow);
	}
	putc('\n', stream);
}

int info_write(char *text, size_t size, const struct capture_info *info)
{
	FILE *stream = fmemopen(text, size, "w");
	long length;

	if (!stream)
		return -ENOMEM;
	for (size_t i = 0; i < FIELD_COUNT; i++)
		write_field(stream, info, &fields[i]);
	for (int i = 0; i < info->hook_count; i++) {
		const struct capture_hook *hook = &info->hooks[i];

		fprintf(stream, "hook=%s\t", hook->on ? "on" : hook->unasked ? "unasked" : "off");
		write_text(stream, hook->name, sizeof(hook->name));
		putc('\t', stream);
		write_text(stream, hook->fact, sizeof(hook->fact));
		putc('\n', stream);
		if (!hook->stand_in[0])
			continue;
		fputs("stand_in=", stream);
		write_text(stream, hook->stand_in, sizeof(hook->stand_in));
		putc('\n', stream);
	}
	length = fflush(stream) ? -1 : ftell(stream);
	fclose(stream);
	return length < 0 || (size_t)length >= size ? -ENOMEM : (int)length;
}

static int hex_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	return -1;
}

/* One byte of an escaped text; *text moves behind it. */
static char next_byte(const char **text)
{
	const char *at = *text;
	int high, low;

	if (at[0] == '\\' && at[1] == 'x') {
		high = hex_value(at[2]);
		low = high < 0 ? -1 : hex_value(at[3]);
		if (low >= 0) {
			*text += 4;
			return (char)(high << 4 | low);
		}
	}
	*text += 1;
	return at[0];
}

static void parse_text(char *out, size_t size, const char *text)
{
	size_t used = 0;

	while (*text && used + 1 < size)
		out[used++] = next_byte(&text);
	out[used] = '\0';
}

static int parse_number(const char *text, uint64_t limit, uint64_t *number)
{
	uint64_t value = 0;

	if (!*text)
		return -EBADMSG;
	for (; *text; text++) {
		uint64_t digit = (uint64_t)(*text - '0');

		if (*text < '0' || *text > '9' || value > (limit - digit) / 10)
			return -EBADMSG;
		value = value * 10 + digit;
	}
	*number = value;
	return 0;
}

static int parse_field(struct capture_info *info, const struct info_field *field, const char *text)
{
	char *at = (char *)info + field->offset;
	uint64_t wide;
	uint32_t narrow;
	int err;

	if (field->type == FIELD_TEXT) {
		parse_text(at, field->size, text);
		return 0;
	}
	err = parse_number(text, field->type == FIELD_U64 ? UINT64_MAX : UINT32_MAX, &wide);
	if (err)
		return err;
	narrow = (uint32_t)wide;
	if (field->type == FIELD_U64)
		memcpy(at, &wide, sizeof(wide));
	else
		memcpy(at, &narrow, sizeof(narrow));
	return 0;
}

/* text: "on", "off" or "unasked", name, fact, with tabs between */
static int parse_hook(struct capture_info *info, char *text)
{
	struct capture_hook *hook = &info->hooks[info->hook_count];
	char *on = strsep(&text, "\t"), *name = strsep(&text, "\t");

	if (!text || info->hook_count == CAPTURE_HOOKS_MAX)
		return -EBADMSG;
	hook->on = !strcmp(on, "on");
	hook->unasked = !strcmp(on, "unasked");
	parse_text(hook->name, sizeof(hook->name), name);
	parse_text(hook->fact, sizeof(hook->fact), text);
	info->hook_count++;
	return 0;
}

/* Of the hook in the line before. */
static int parse_stand_in(struct capture_info *info, const char *text)
{
	struct capture_hook *hook = &info->hooks[info->hook_count - 1];

	if (!info->hook_count)
		return -EBADMSG;
	parse_text(hook->stand_in, sizeof(hook->stand_in), text);
	return 0;
}

/* Sets the field's bit in *seen. */
static int parse_line(struct capture_info *info, char *line, unsigned int *seen)
{
	char *key = strsep(&line, "=");

	if (!line)
		return -EBADMSG;
	if (!strcmp(key, "hook"))
		return parse_hook(info, line);
	if (!strcmp(key, "stand_in"))
		return parse_stand_in(info, line);
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		if (strcmp(key, fields[i].key))
			continue;
		if (*seen & 1u << i)
			return -EBADMSG;
		*seen |= 1u << i;
		return parse_field(info, &fields[i], line);
	}
	return 0;
}

int info_parse(char *text, size_t length, struct capture_info *info)
{
	unsigned int seen = 0;
	int err = 0;

	memset(info, 0, sizeof(*info));
	if (!length || text[length - 1] != '\n' || memchr(text, '\0', length))
		return -EBADMSG;
	text[length - 1] = '\0';
	while (text && !err)
		err = parse_line(info, strsep(&text, "\n"), &seen);
	for (size_t i = 0; i < FIELD_COUNT && !err; i++)
		if (fields[i].required && !(seen & 1u << i))
			err = -EBADMSG;
	return err;
}

const struct capture_hook *info_hook(const struct capture_info *info, const char *name)
{
	for (int i = 0; info && i < info->hook_count; i++) {
		if (!strcmp(info->hooks[i].name, name))
			return &info->hooks[i];
	}
	return NULL;
}
