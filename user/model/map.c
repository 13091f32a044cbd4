/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A hash map whose table only grows; what is removed makes room for what comes. */
#include "user/model/map.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#define FIRST_SIZE 64

/* The finaliser of a 64-bit multiplicative hash: ids come in sequence, and may be hostile. */
static size_t place(const struct map *map, uint64_t key)
{
	key = (key ^ (key >> 32)) * 0x9e3779b97f4a7c15ULL;
	return (key ^ (key >> 29)) & (map->size - 1);
}

static struct map_slot *find(const struct map *map, uint64_t key)
{
	size_t at = place(map, key);

	while (map->slots[at].value && map->slots[at].key != key)
		at = (at + 1) & (map->size - 1);
	return &map->slots[at];
}

void *map_get(const struct map *map, uint64_t key)
{
	return map->size ? find(map, key)->value : NULL;
}

static int grow(struct map *map)
{
	struct map larger = { .size = map->size ? 2 * map->size : FIRST_SIZE, .used = map->used };

	larger.slots = calloc(larger.size, sizeof(*larger.slots));
	if (!larger.slots)
		return -ENOMEM;
	for (size_t i = 0; i < map->size; i++) {
		if (map->slots[i].value)
			*find(&larger, map->slots[i].key) = map->slots[i];
	}
	free(map->slots);
	*map = larger;
	return 0;
}

int map_put(struct map *map, uint64_t key, void *value)
{
	struct map_slot *slot;
	int err;

	if (2 * (map->used + 1) > map->size) {
		err = grow(map);
		if (err)
			return err;
	}
	slot = find(map, key);
	if (!slot->value)
		map->used++;
	slot->key = key;
	slot->value = value;
	return 0;
}

/* Whether a key that belongs at home may stand at hole: probing from home meets hole first. */
static bool reaches(const struct map *map, size_t home, size_t hole, size_t at)
{
	return ((at - home) & (map->size - 1)) >= ((at - hole) & (map->size - 1));
}

/* What stands behind moves up, so that no probe ends at the hole too early. */
static void close_hole(struct map *map, size_t hole)
{
	size_t at = hole;

	for (;;) {
		at = (at + 1) & (map->size - 1);
		if (!map->slots[at].value)
			break;
		if (!reaches(map, place(map, map->slots[at].key), hole, at))
			continue;
		map->slots[hole] = map->slots[at];
		hole = at;
	}
	map->slots[hole] = (struct map_slot){ 0 };
}

void *map_remove(struct map *map, uint64_t key)
{
	struct map_slot *slot = map->size ? find(map, key) : NULL;
	void *value = slot ? slot->value : NULL;

	if (!value)
		return NULL;
	map->used--;
	close_hole(map, (size_t)(slot - map->slots));
	return value;
}

void *map_next(const struct map *map, size_t *at)
{
	while (*at < map->size) {
		void *value = map->slots[(*at)++].value;

		if (value)
			return value;
	}
	return NULL;
}

void map_free(struct map *map)
{
	free(map->slots);
	*map = (struct map){ 0 };
}
