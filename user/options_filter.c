/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Values between commas, each refused instead of wanted when ! stands before
 * it; an option that is repeated adds to what it said before.
 */
#include "user/options_filter.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "user/base/log.h"
#include "user/options_parse.h"

#define COMM_MAX 15 /* TASK_COMM_LEN without its NUL */
#define MAPPED_BITS 96
#define VALUE_SIZE 256

enum filter_key { KEY_PORT = 0x200, KEY_ADDR, KEY_FAMILY, KEY_PROTO, KEY_COMM, KEY_PEERS };

static const struct argp_option table[] = {
	{ "port", KEY_PORT, "PORT", 0,
	  "only sockets with this port at either end: 443, 8000-8100, or several with commas; "
	  "!22 leaves a port out",
	  0 },
	{ "addr", KEY_ADDR, "ADDR", 0, "only with this address at either end: 10.0.0.0/8, ::1", 0 },
	{ "family", KEY_FAMILY, "FAMILY", 0, "only of this family: inet, inet6, unix", 0 },
	{ "proto", KEY_PROTO, "PROTO", 0, "only of this protocol: tcp, udp, mptcp, unix", 0 },
	{ "comm", KEY_COMM, "NAME", 0,
	  "only of processes of this name; nginx* for all that begin so", 0 },
	{ "peers", KEY_PEERS, NULL, 0,
	  "also the other end of each connection, when another process of this host has it", 0 },
	{ 0 },
};

static const struct choice families[] = {
	{ "inet", AF_INET }, { "inet6", AF_INET6 }, { "unix", AF_UNIX }, { 0 }
};
static const struct choice protocols[] = {
	{ "tcp", FILTER_TCP },
	{ "udp", FILTER_UDP },
	{ "mptcp", FILTER_MPTCP },
	{ "unix", FILTER_UNIX },
	{ 0 },
};

/* A number of digits only, at most max; -1: it is none. *end moves behind it. */
static long number(const char *text, const char **end, long max)
{
	long value = 0;

	*end = text;
	while (**end >= '0' && **end <= '9' && value <= max)
		value = value * 10 + *(*end)++ - '0';
	return *end == text || value > max ? -1 : value;
}

static int add_port(struct filter *filter, enum filter_side side, const char *text)
{
	const char *end;
	long first = number(text, &end, FILTER_PORTS - 1), last = first;

	if (*end == '-')
		last = number(end + 1, &end, FILTER_PORTS - 1);
	if (*end || first < 1 || last < first) {
		log_error("--port %s: give a port from 1 to 65535, or two as in 8000-8100", text);
		return -EINVAL;
	}
	for (long port = first; port <= last; port++)
		filter->ports[side][port / 64] |= 1ULL << (port % 64);
	filter->by_port[side] = true;
	return 0;
}

static int add_pattern(struct filter_patterns *patterns, const struct filter_pattern *pattern,
		       const char *option)
{
	if (patterns->count == FILTER_VALUES) {
		log_error("%s: more than %d values; give fewer, or wider ones", option,
			  FILTER_VALUES);
		return -EINVAL;
	}
	patterns->at[patterns->count++] = *pattern;
	return 0;
}

static const uint8_t mapped[MAPPED_BITS / 8] = { [10] = 0xff, 0xff };

/* The address without its /bits, IPv4 as IPv4-mapped. Returns its width in bits; 0: none. */
static long parse_address(uint8_t value[16], const char *text, size_t length)
{
	char address[INET6_ADDRSTRLEN];

	if (length >= sizeof(address))
		return 0;
	memcpy(address, text, length);
	address[length] = '\0';
	memcpy(value, mapped, sizeof(mapped));
	if (inet_pton(AF_INET, address, value + sizeof(mapped)) == 1)
		return 32;
	return inet_pton(AF_INET6, address, value) == 1 ? 128 : 0;
}

static void mask_bits(struct filter_pattern *pattern, long bits)
{
	for (int i = 0; i < 16; i++, bits -= 8) {
		pattern->mask[i] = bits >= 8 ? 0xff : bits <= 0 ? 0 : (uint8_t)(0xff00 >> bits);
		pattern->value[i] &= pattern->mask[i];
	}
}

/* An IPv6 network that all of IPv4-mapped IPv6 lies in. */
static bool covers_ipv4(const struct filter_pattern *pattern, long bits)
{
	for (size_t i = 0; i < sizeof(mapped); i++)
		if ((mapped[i] & pattern->mask[i]) != pattern->value[i])
			return false;
	return bits < MAPPED_BITS;
}

static int add_address(struct filter *filter, enum filter_side side, const char *text)
{
	struct filter_pattern pattern = { 0 };
	size_t length = strcspn(text, "/");
	long width = parse_address(pattern.value, text, length), bits = width;
	const char *end = text + length;

	if (width && *end == '/')
		bits = number(end + 1, &end, width);
	if (!width || *end || bits < 0) {
		log_error("--addr %s: give an address, or a network such as 10.0.0.0/8", text);
		return -EINVAL;
	}
	bits += 128 - width;
	mask_bits(&pattern, bits);
	if (covers_ipv4(&pattern, bits)) {
		log_error("--addr %s: IPv4 is in it too; all of IPv6: --family inet6", text);
		return -EINVAL;
	}
	return add_pattern(&filter->addresses[side], &pattern, "--addr");
}

static int add_comm(struct filter *filter, enum filter_side side, const char *text)
{
	struct filter_pattern pattern = { 0 };
	size_t length = strcspn(text, "*");

	if (length > COMM_MAX || (text[length] && text[length + 1])) {
		log_error("--comm %s: give up to 15 bytes; * may stand for the end", text);
		return -EINVAL;
	}
	memcpy(pattern.value, text, length);
	/* Without * the NUL behind the name must match, too. */
	memset(pattern.mask, 0xff, text[length] ? length : length + 1);
	return add_pattern(&filter->comms[side], &pattern, "--comm");
}

static int add_word(uint32_t *bits, const struct choice *choices, const char *option,
		    const char *text)
{
	int bit = options_choose(choices, option, text);

	if (bit < 0)
		return -EINVAL;
	*bits |= 1u << bit;
	return 0;
}

static int add_value(struct filter *filter, int key, enum filter_side side, const char *text)
{
	switch (key) {
	case KEY_PORT:
		return add_port(filter, side, text);
	case KEY_ADDR:
		return add_address(filter, side, text);
	case KEY_FAMILY:
		return add_word(&filter->families[side], families, "--family", text);
	case KEY_PROTO:
		return add_word(&filter->protocols[side], protocols, "--proto", text);
	default:
		return add_comm(filter, side, text);
	}
}

static const char *name_of(int key)
{
	const struct argp_option *option = table;

	while (option->key != key)
		option++;
	return option->name;
}

/* As it was given; what finds no room is only a shorter text. */
static void keep_text(struct filter *filter, int key, const char *values)
{
	size_t used = strlen(filter->text), size = sizeof(filter->text);
	int length = snprintf(filter->text + used, size - used, "%s--%s %s", used ? " " : "",
			      name_of(key), values);

	if (length >= 0 && (size_t)length >= size - used)
		strcpy(filter->text + size - 4, "...");
}

static int add_values(struct filter *filter, int key, const char *values)
{
	char value[VALUE_SIZE];
	const char *at = values;
	int err = 0;

	while (at && !err) {
		enum filter_side side = *at == '!' ? FILTER_REFUSED : FILTER_WANTED;
		size_t length;

		at += side == FILTER_REFUSED;
		length = strcspn(at, ",");
		if (!length) {
			log_error("--%s %s: a value is empty", name_of(key), values);
			return -EINVAL;
		}
		snprintf(value, sizeof(value), "%.*s", (int)length, at);
		err = add_value(filter, key, side, value);
		at = at[length] ? at + length + 1 : NULL;
	}
	if (!err)
		keep_text(filter, key, values);
	return err;
}

static error_t parse_filter(int key, char *arg, struct argp_state *state)
{
	struct filter *filter = state->input;

	if (key == KEY_PEERS) {
		filter->peers = true;
		return 0;
	}
	if (key < KEY_PORT || key > KEY_COMM)
		return ARGP_ERR_UNKNOWN;
	return add_values(filter, key, arg) ? FILTER_COMPLAINED : 0;
}

const struct argp filter_argp = { .options = table, .parser = parse_filter };

int filter_check(const struct filter *filter)
{
	const char *option = NULL;

	if (!filter_left(filter->families, UINT32_MAX))
		option = "--family";
	else if (!filter_left(filter->protocols, UINT32_MAX))
		option = "--proto";
	if (!option)
		return 0;
	log_error("%s: what is wanted is left out again: nothing to trace", option);
	return -EINVAL;
}
