/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Numbers, times, addresses and foreign text for people. Integer arithmetic
 * only: a float would round 64-bit values before they are shown. Numbers are
 * written from their last digit backwards. Refuses to know any locale.
 */
#include "user/base/fmt.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "user/base/utf8.h"

/* Values below limit are rounded to whole steps; decimals digits stand behind the point. */
struct scale {
	uint64_t limit;
	uint64_t step;
	int decimals;
	const char *unit;
};

/* Each limit is where rounding would give the next row's first value. */
static const struct scale duration_scales[] = {
	{ 1000ULL, 1, 0, " ns" },
	{ 999950ULL, 100, 1, " us" },
	{ 9999500ULL, 1000, 3, " ms" },
	{ 99995000ULL, 10000, 2, " ms" },
	{ 999950000ULL, 100000, 1, " ms" },
	{ 9999500000ULL, 1000000, 3, " s" },
	{ 99995000000ULL, 10000000, 2, " s" },
	{ UINT64_MAX, 100000000, 1, " s" },
};

static const struct scale byte_scales[] = {
	{ 1000ULL, 1, 0, " B" },
	{ 999950ULL, 100, 1, " kB" },
	{ 999995000ULL, 10000, 2, " MB" },
	{ 999995000000ULL, 10000000, 2, " GB" },
	{ 999995000000000ULL, 10000000000, 2, " TB" },
	{ 999995000000000000ULL, 10000000000000, 2, " PB" },
	{ UINT64_MAX, 10000000000000000, 2, " EB" },
};

/* 3 digits and no blank: for columns, and for whoever splits a line at its blanks. */
static const struct scale short_durations[] = {
	{ 1000ULL, 1, 0, "ns" },
	{ 9995ULL, 10, 2, "us" },
	{ 99950ULL, 100, 1, "us" },
	{ 999500ULL, 1000, 0, "us" },
	{ 9995000ULL, 10000, 2, "ms" },
	{ 99950000ULL, 100000, 1, "ms" },
	{ 999500000ULL, 1000000, 0, "ms" },
	{ 9995000000ULL, 10000000, 2, "s" },
	{ 99950000000ULL, 100000000, 1, "s" },
	{ UINT64_MAX, 1000000000, 0, "s" },
};

static const struct scale short_bytes[] = {
	{ 1000ULL, 1, 0, "" },
	{ 9995ULL, 10, 2, "k" },
	{ 99950ULL, 100, 1, "k" },
	{ 999500ULL, 1000, 0, "k" },
	{ 9995000ULL, 10000, 2, "M" },
	{ 99950000ULL, 100000, 1, "M" },
	{ 999500000ULL, 1000000, 0, "M" },
	{ 9995000000ULL, 10000000, 2, "G" },
	{ 99950000000ULL, 100000000, 1, "G" },
	{ 999500000000ULL, 1000000000, 0, "G" },
	{ UINT64_MAX, 1000000000000, 0, "T" },
};

static char *copy_cut(char *text, size_t size, const char *source)
{
	size_t length = strlen(source);

	if (!size)
		return text;
	if (length >= size)
		length = size - 1;
	memcpy(text, source, length);
	text[length] = '\0';
	return text;
}

static char *before_text(char *end, const char *source)
{
	size_t length = strlen(source);

	return memcpy(end - length, source, length);
}

static char *before_digits(char *end, uint64_t value, int digits)
{
	while (digits-- > 0) {
		*--end = (char)('0' + value % 10);
		value /= 10;
	}
	return end;
}

static char *before_number(char *end, uint64_t value)
{
	do {
		*--end = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	return end;
}

static char *before_count(char *end, uint64_t value)
{
	while (value >= 1000) {
		end = before_digits(end, value % 1000, 3);
		*--end = ',';
		value /= 1000;
	}
	return before_number(end, value);
}

static char *before_scaled(char *end, uint64_t value, const struct scale *scale)
{
	uint64_t rounded, ones = 1;

	while (value >= scale->limit && scale->limit != UINT64_MAX)
		scale++;
	rounded = value / scale->step;
	if (scale->step > 1 && value % scale->step >= scale->step / 2)
		rounded++;
	for (int i = 0; i < scale->decimals; i++)
		ones *= 10;
	end = before_text(end, scale->unit);
	if (scale->decimals) {
		end = before_digits(end, rounded % ones, scale->decimals);
		*--end = '.';
	}
	return before_count(end, rounded / ones);
}

static char *scaled(char *text, size_t size, const char *prefix, uint64_t value,
		    const struct scale *scales)
{
	char buffer[FMT_SIZE], *end = buffer + sizeof(buffer) - 1;

	*end = '\0';
	return copy_cut(text, size, before_text(before_scaled(end, value, scales), prefix));
}

static uint64_t magnitude(int64_t value)
{
	return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

char *fmt_count(char *text, size_t size, uint64_t value)
{
	char buffer[FMT_SIZE], *end = buffer + sizeof(buffer) - 1;

	*end = '\0';
	return copy_cut(text, size, before_count(end, value));
}

char *fmt_duration(char *text, size_t size, uint64_t ns)
{
	return scaled(text, size, "", ns, duration_scales);
}

char *fmt_duration_short(char *text, size_t size, uint64_t ns)
{
	return scaled(text, size, "", ns, short_durations);
}

char *fmt_bytes_short(char *text, size_t size, uint64_t bytes)
{
	return scaled(text, size, "", bytes, short_bytes);
}

char *fmt_duration_seen(char *text, size_t size, uint64_t ns, bool whole)
{
	return scaled(text, size, whole ? "" : ">= ", ns, duration_scales);
}

char *fmt_pid(char *text, size_t size, uint32_t pid, uint32_t own)
{
	if (own)
		snprintf(text, size, "%u(%u)", pid, own);
	else
		snprintf(text, size, "%u", pid);
	return text;
}

char *fmt_offset(char *text, size_t size, int64_t ns)
{
	return scaled(text, size, ns < 0 ? "-" : "+", magnitude(ns), duration_scales);
}

char *fmt_seconds(char *text, size_t size, int64_t ns)
{
	char buffer[FMT_SIZE], *end = buffer + sizeof(buffer) - 1;
	uint64_t value = magnitude(ns);

	*end = '\0';
	end = before_digits(end, value % 1000000000, 9);
	*--end = '.';
	end = before_number(end, value / 1000000000);
	return copy_cut(text, size, before_text(end, ns < 0 ? "-" : ""));
}

char *fmt_bytes(char *text, size_t size, uint64_t bytes)
{
	return scaled(text, size, "", bytes, byte_scales);
}

char *fmt_percent(char *text, size_t size, uint64_t part, uint64_t whole)
{
	char buffer[FMT_SIZE], *end = buffer + sizeof(buffer) - 1;
	unsigned __int128 hundredfold = (unsigned __int128)part * 100;

	if (!whole)
		return copy_cut(text, size, "-");
	if (part && hundredfold < whole)
		return copy_cut(text, size, "<1 %");
	if (part < whole && hundredfold > (unsigned __int128)whole * 99)
		return copy_cut(text, size, ">99 %");
	hundredfold /= whole;
	if (hundredfold > UINT64_MAX)
		hundredfold = UINT64_MAX;
	*end = '\0';
	end = before_text(end, " %");
	return copy_cut(text, size, before_count(end, (uint64_t)hundredfold));
}

static bool shown_as_ipv4(const uint8_t address[16], unsigned int family)
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };

	return family != AF_INET6 && !memcmp(address, prefix, sizeof(prefix));
}

char *fmt_address(char *text, size_t size, const uint8_t address[16], unsigned int family,
		  unsigned int scope)
{
	char buffer[FMT_SIZE];
	size_t length;

	if (shown_as_ipv4(address, family)) {
		inet_ntop(AF_INET, address + 12, buffer, sizeof(buffer));
		return copy_cut(text, size, buffer);
	}
	inet_ntop(AF_INET6, address, buffer, sizeof(buffer));
	length = strlen(buffer);
	if (scope)
		snprintf(buffer + length, sizeof(buffer) - length, "%%%u", scope);
	return copy_cut(text, size, buffer);
}

char *fmt_endpoint(char *text, size_t size, const uint8_t address[16], unsigned int family,
		   unsigned int scope, unsigned int port)
{
	char buffer[FMT_SIZE], host[FMT_SIZE], *end = buffer + sizeof(buffer) - 1;
	bool brackets = !shown_as_ipv4(address, family);

	*end = '\0';
	end = before_number(end, port);
	end = before_text(end, brackets ? "]:" : ":");
	end = before_text(end, fmt_address(host, sizeof(host), address, family, scope));
	return copy_cut(text, size, before_text(end, brackets ? "[" : ""));
}

/* Writes one character of source into piece (16 bytes or more); returns the bytes it took. */
static int escape_one(char *piece, const char *source, size_t length)
{
	static const char digits[] = "0123456789abcdef";
	uint32_t code;
	int taken = utf8_decode(source, length, &code);

	if (taken && code != '\\' && !utf8_steers(code)) {
		memcpy(piece, source, (size_t)taken);
		piece[taken] = '\0';
		return taken;
	}
	if (taken == 1 && code == '\\') {
		memcpy(piece, "\\\\", 3);
		return 1;
	}
	if (!taken)
		taken = 1;
	for (int i = 0; i < taken; i++) {
		unsigned char byte = (unsigned char)source[i];

		*piece++ = '\\';
		*piece++ = 'x';
		*piece++ = digits[byte >> 4];
		*piece++ = digits[byte & 15];
	}
	*piece = '\0';
	return taken;
}

char *fmt_escape(char *text, size_t size, const char *source, size_t length)
{
	size_t used = 0, piece_length;
	char piece[20];

	if (!size)
		return text;
	length = strnlen(source, length);
	while (length) {
		int taken = escape_one(piece, source, length);

		piece_length = strlen(piece);
		if (used + piece_length >= size)
			break;
		memcpy(text + used, piece, piece_length);
		used += piece_length;
		source += taken;
		length -= (size_t)taken;
	}
	text[used] = '\0';
	return text;
}
