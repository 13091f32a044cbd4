/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a new capture says of this machine, this run and this clock. */
#ifndef TCPWATCH_ABOUT_H
#define TCPWATCH_ABOUT_H

#include "user/capture/capture.h"
#include "user/options.h"

/* Fills in all but the hooks and the start. What can't be read stays empty. */
void about_run(struct capture_info *info, const struct options *options);

/* The start: both clocks now. */
void about_start(struct capture_info *info);

#endif
