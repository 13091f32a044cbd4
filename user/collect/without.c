/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The list is short and asked for a few times: it is read each time. */
#include "user/collect/without.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/log.h"

#define VARIABLE "TCPWATCH_WITHOUT"
#define NAME_SIZE 64

/* Copies the first name of list, cut off at size, and returns what follows it. */
static const char *next_name(char *name, size_t size, const char *list)
{
	size_t length = strcspn(list, ","), copied = length < size ? length : size - 1;

	memcpy(name, list, copied);
	name[copied] = '\0';
	return list[length] ? list + length + 1 : NULL;
}

bool without_hook(const char *name)
{
	const char *list = getenv(VARIABLE);
	char word[NAME_SIZE];

	while (list && *list) {
		list = next_name(word, sizeof(word), list);
		if (!strcmp(word, name))
			return true;
	}
	return false;
}

int without_check(bool (*is_hook)(const char *name))
{
	const char *list = getenv(VARIABLE);
	char word[NAME_SIZE];

	while (list && *list) {
		list = next_name(word, sizeof(word), list);
		if (is_hook(word))
			continue;
		log_error(VARIABLE " names %s, which is no hook: --info lists them", word);
		return -EINVAL;
	}
	return 0;
}
