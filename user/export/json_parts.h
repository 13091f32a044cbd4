/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The JSON objects that are no rows of a table; one line each. */
#ifndef TCPWATCH_EXPORT_JSON_PARTS_H
#define TCPWATCH_EXPORT_JSON_PARTS_H

#include "user/base/json.h"
#include "user/model/trace.h"

/* Of the objects' names and meanings; raised when one is removed or changes. */
#define JSON_SCHEMA 1

void json_capture(struct json *json, const struct capture_info *info, uint64_t zero_ns);
void json_process(struct json *json, const struct process *process, uint64_t zero_ns);
void json_moment(struct json *json, const struct moment *moment, uint64_t zero_ns);
void json_connection(struct json *json, const struct connection *connection, uint64_t zero_ns);
void json_end(struct json *json, const struct trace *trace, const struct capture_end *end,
	      uint64_t zero_ns);

#endif
