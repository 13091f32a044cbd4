/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From a 64-bit key to a pointer; the map owns neither. Open addressing, grows by doubling. */
#ifndef TCPWATCH_MODEL_MAP_H
#define TCPWATCH_MODEL_MAP_H

#include <stddef.h>
#include <stdint.h>

struct map_slot {
	uint64_t key;
	void *value; /* NULL: free */
};

/* Zero-initialised: empty. */
struct map {
	struct map_slot *slots;
	size_t size; /* 0 or a power of two */
	size_t used;
};

/* NULL: no such key. */
void *map_get(const struct map *map, uint64_t key);

/* Replaces the value of a key that is there. value must not be NULL. 0 or -ENOMEM. */
int map_put(struct map *map, uint64_t key, void *value);

/* NULL: no such key; else the value that it had. */
void *map_remove(struct map *map, uint64_t key);

/* Steps through the values in no order: start with *at = 0; NULL at the end. */
void *map_next(const struct map *map, size_t *at);

void map_free(struct map *map);

#endif
