/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * UTF-8 decoding for text that nobody vouches for. One character at a time;
 * what to do with an invalid byte is the caller's decision.
 */
#include "user/base/utf8.h"

static int sequence_length(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first <= 0xdf)
		return 2;
	if (first >= 0xe0 && first <= 0xef)
		return 3;
	if (first >= 0xf0 && first <= 0xf4)
		return 4;
	return 0;
}

static bool code_allowed(uint32_t code, int length)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };

	return code >= smallest[length] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}

int utf8_decode(const char *text, size_t available, uint32_t *code)
{
	static const unsigned char first_bits[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	const unsigned char *bytes = (const unsigned char *)text;
	int length;

	length = available ? sequence_length(bytes[0]) : 0;
	if (!length || (size_t)length > available)
		return 0;
	*code = bytes[0] & first_bits[length];
	for (int i = 1; i < length; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (bytes[i] & 0x3f);
	}
	return code_allowed(*code, length) ? length : 0;
}

bool utf8_steers(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0x61c || code == 0x200e ||
	       code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069);
}
