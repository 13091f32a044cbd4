/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * --html: one page that holds the whole capture and needs nothing else. A
 * second pass: target->stream and target->zero_ns are used, target->lang is
 * the language that the page opens in, target->every_ns thins the curves.
 */
#ifndef TCPWATCH_EXPORT_HTML_H
#define TCPWATCH_EXPORT_HTML_H

#include "user/export/export.h"

extern const struct export export_html;

#endif
