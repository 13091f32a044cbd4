/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Numbers, times, addresses and foreign text for people. Each function writes
 * a NUL-terminated string into text, cut to size, and returns text.
 */
#ifndef TCPWATCH_BASE_FMT_H
#define TCPWATCH_BASE_FMT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Large enough for everything below but fmt_escape. */
#define FMT_SIZE 64

/* 10240000 -> "10,240,000" */
char *fmt_count(char *text, size_t size, uint64_t value);

/*
 * 4 digits, rounded, of microseconds only one decimal (the hooks cost more than
 * what follows): "0 ns", "850 ns", "42.6 us", "51.62 ms", "7.805 s", "1,234.5 s".
 */
char *fmt_duration(char *text, size_t size, uint64_t ns);

/* 3 digits, rounded, in at most 6 columns below a day: "850ns", "42.6us", "197ms", "7.81s". */
char *fmt_duration_short(char *text, size_t size, uint64_t ns);
/* As fmt_duration; behind ">= " when the beginning was not seen. */
char *fmt_duration_seen(char *text, size_t size, uint64_t ns, bool whole);

/* The number of a process: "812", and "812(7)" when its own pid namespace calls it 7; own 0: none. */
char *fmt_pid(char *text, size_t size, uint32_t pid, uint32_t own);

/* As fmt_duration with its sign: "-200.1 ms", "+0 ns", "+18.5 us". */
char *fmt_offset(char *text, size_t size, int64_t ns);

/* Seconds with 9 decimals, exact: "-0.200100123". For CSV. */
char *fmt_seconds(char *text, size_t size, int64_t ns);

/* Decimal powers: "812 B", "129.0 kB", "4.22 MB". */
char *fmt_bytes(char *text, size_t size, uint64_t bytes);

/* 3 digits, rounded, decimal powers, in at most 5 columns: "812", "1.23k", "129k", "4.22M". */
char *fmt_bytes_short(char *text, size_t size, uint64_t bytes);

/*
 * part of whole, rounded down but never to 0 or 100 falsely: "31 %", "<1 %",
 * ">99 %"; "-" when whole is 0.
 */
char *fmt_percent(char *text, size_t size, uint64_t part, uint64_t whole);

/*
 * A 16-byte address (IPv4 as IPv4-mapped IPv6): "127.0.0.1", "::1",
 * "fe80::1%3" when scope is not 0. family AF_INET6 keeps "::ffff:127.0.0.1".
 */
char *fmt_address(char *text, size_t size, const uint8_t address[16], unsigned int family,
		  unsigned int scope);

/* "127.0.0.1:12345", "[::1]:12345" */
char *fmt_endpoint(char *text, size_t size, const uint8_t address[16], unsigned int family,
		   unsigned int scope, unsigned int port);

/*
 * Foreign text (names, command lines, paths) made safe for a terminal: control
 * characters, invalid UTF-8, and the Unicode controls that reorder text are
 * written as \xNN; a backslash as \\. At most length bytes of source are read,
 * and none behind its NUL. A cut never splits a character or an escape.
 */
char *fmt_escape(char *text, size_t size, const char *source, size_t length);

#endif
