/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The last lines of every view: what was lost, what isn't known, where the capture is. */
#ifndef TCPWATCH_EXPORT_FOOTER_H
#define TCPWATCH_EXPORT_FOOTER_H

#include "user/export/text.h"

void footer_print(const struct view *view, const struct trace *trace,
		  const struct capture_end *end);

#endif
