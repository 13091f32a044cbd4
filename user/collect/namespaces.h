/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Goes into network namespaces, one after the other, and comes back. */
#ifndef TCPWATCH_COLLECT_NAMESPACES_H
#define TCPWATCH_COLLECT_NAMESPACES_H

#include <stdbool.h>
#include <stdint.h>

struct namespace_visit {
	bool (*wanted)(void *context, uint32_t inode); /* of the namespace */
	int (*there)(void *context);		       /* 0 or negative errno */
	void *context;
	unsigned int refused; /* namespaces that could not be entered */
	unsigned int entered; /* beside its own */
};

/*
 * Calls there in each wanted network namespace that a process of /proc is in.
 * 0 or negative errno: of there, or because the way back was lost.
 */
int namespaces_visit(struct namespace_visit *visit);

#endif
