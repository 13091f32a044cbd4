/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * --svg: one connection as a picture for slides, 1280 by 720, light, with text
 * as text. The one is the connection whose program was blocked longest, among
 * those whose curves are kept. Every number in it is the model's.
 */
#ifndef TCPWATCH_EXPORT_SVG_H
#define TCPWATCH_EXPORT_SVG_H

#include "user/export/export.h"

/* States, bytes by place, send buffer and calls on one time axis. */
extern const struct export export_svg_axis;

/* The conversation of the two kernels, row by row. */
extern const struct export export_svg_ladder;

#endif
