/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A track stays in the process where it began, though a socket may change
 * hands: readers take a thread to belong to one process. Names are the last
 * ones seen; they are foreign text, and json makes them valid.
 */
#include "user/export/perfetto_track.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENDED_FIRST 1024      /* so many are kept before any goes */
#define LATE_NS 1000000000ULL /* records that come late come sooner */

struct process_track {
	uint32_t tgid;
	char comm[RECORD_COMM_SIZE];
	bool used;
	uint64_t ended_ns; /* of its first thread; 0: not ended */
};

static void *find(struct tracks *tracks, struct map *map, uint32_t key, size_t size)
{
	void *track = map_get(map, key);

	if (track)
		return track;
	track = calloc(1, size);
	if (!track || map_put(map, key, track)) {
		free(track);
		tracks->failed = true;
		return NULL;
	}
	return track;
}

static struct process_track *find_process(struct tracks *tracks, uint32_t tgid)
{
	struct process_track *process =
		find(tracks, &tracks->processes, tgid, sizeof(struct process_track));

	if (process)
		process->tgid = tgid;
	return process;
}

/* A process is called what its first thread is called. */
struct task_track *tracks_task(struct tracks *tracks, uint32_t tid, uint32_t tgid, const char *comm)
{
	struct process_track *process = find_process(tracks, tgid);
	struct task_track *task = find(tracks, &tracks->tasks, tid, sizeof(struct task_track));

	if (!process || !task)
		return NULL;
	if (!task->tid) {
		task->tid = tid;
		task->tgid = tgid;
	}
	if (task->ended_ns)
		tracks->ended--;
	task->ended_ns = process->ended_ns = 0;
	if (comm[0]) {
		memcpy(task->comm, comm, RECORD_COMM_SIZE);
		if (tid == tgid || !process->comm[0])
			memcpy(process->comm, comm, RECORD_COMM_SIZE);
	}
	return task;
}

static void begin_socket(struct tracks *tracks, struct socket_track *track,
			 const struct socket *socket)
{
	struct process_track *process;

	track->id = socket->id;
	track->pid = socket->owner_tgid ? socket->owner_tgid : TRACK_SYNTHETIC;
	track->tid = TRACK_SYNTHETIC + 1 + tracks->next_tid;
	tracks->next_tid += 2;
	process = find_process(tracks, track->pid);
	if (!process)
		return;
	process->used = true;
	if (!process->comm[0])
		memcpy(process->comm, socket->owner_comm, RECORD_COMM_SIZE);
}

struct socket_track *tracks_socket(struct tracks *tracks, const struct socket *socket)
{
	struct socket_track *track =
		find(tracks, &tracks->sockets, socket->id, sizeof(struct socket_track));

	if (!track)
		return NULL;
	if (!track->tid)
		begin_socket(tracks, track, socket);
	if (socket->connection) {
		track->connection = socket->connection->id;
		track->end = socket->end;
	}
	if (socket->identity.local_port)
		track->port = socket->identity.local_port;
	track->state = socket->state;
	track->since_ns = socket->state_since_ns;
	track->since_known = socket->since_known;
	return track;
}

static void put_name(struct json *json, const char *what, uint32_t pid, uint32_t tid,
		     const char *name)
{
	json_object(json, NULL);
	json_string(json, "ph", "M");
	json_string(json, "name", what);
	json_uint(json, "pid", pid);
	json_uint(json, "tid", tid);
	json_object(json, "args");
	json_bytes(json, "name", name, RECORD_COMM_SIZE * 5);
	json_object_end(json);
	json_object_end(json);
	putc('\n', json->stream);
}

static void put_order(struct json *json, const char *what, uint32_t pid, uint32_t tid,
		      uint32_t order)
{
	json_object(json, NULL);
	json_string(json, "ph", "M");
	json_string(json, "name", what);
	json_uint(json, "pid", pid);
	json_uint(json, "tid", tid);
	json_object(json, "args");
	json_uint(json, "sort_index", order);
	json_object_end(json);
	json_object_end(json);
	putc('\n', json->stream);
}

static void put_thread(struct json *json, uint32_t pid, uint32_t tid, const char *name)
{
	put_name(json, "thread_name", pid, tid, name);
	put_order(json, "thread_sort_index", pid, tid, tid);
}

/* comm need not end with a NUL where it is full. */
static void name_task(char *text, size_t size, const char *comm, const char *otherwise)
{
	if (comm[0])
		snprintf(text, size, "%.*s", RECORD_COMM_SIZE, comm);
	else
		snprintf(text, size, "%s", otherwise);
}

static void write_process(const struct process_track *process, struct json *json)
{
	char name[2 * RECORD_COMM_SIZE];

	if (!process->used)
		return;
	name_task(name, sizeof(name), process->comm,
		  process->tgid == TRACK_SYNTHETIC ? "owner not known" : "process");
	put_name(json, "process_name", process->tgid, process->tgid, name);
	put_order(json, "process_sort_index", process->tgid, process->tgid, process->tgid);
}

static void write_task(const struct task_track *task, struct json *json)
{
	char name[2 * RECORD_COMM_SIZE];

	if (!task->used)
		return;
	name_task(name, sizeof(name), task->comm, "thread");
	put_thread(json, task->tgid, task->tid, name);
}

static void name_socket(char *text, size_t size, const struct socket_track *track)
{
	int used = snprintf(text, size, "socket %u", track->id);

	if (track->connection)
		used += snprintf(text + used, size - (size_t)used, " #%u %s", track->connection,
				 track->end == END_CLIENT ? "client" : "server");
	if (track->port)
		snprintf(text + used, size - (size_t)used, " :%u", track->port);
}

void tracks_write_socket(const struct socket_track *track, struct json *json)
{
	char whose[64], name[80];

	name_socket(whose, sizeof(whose), track);
	snprintf(name, sizeof(name), "%s states", whose);
	if (track->used)
		put_thread(json, track->pid, track->tid, name);
	snprintf(name, sizeof(name), "%s segments", whose);
	if (track->has_segment)
		put_thread(json, track->pid, track->tid + 1, name);
}

static void write_sockets(const struct tracks *tracks, struct json *json)
{
	const struct socket_track *track;
	size_t at = 0;

	while ((track = map_next(&tracks->sockets, &at)))
		tracks_write_socket(track, json);
}

struct socket_track *tracks_take(struct tracks *tracks, uint32_t id)
{
	return map_remove(&tracks->sockets, id);
}

void track_free(struct socket_track *track)
{
	free(track->departures);
	free(track);
}

static void note_used(const struct tracks *tracks)
{
	const struct task_track *task;
	struct process_track *process;
	size_t at = 0;

	while ((task = map_next(&tracks->tasks, &at))) {
		process = map_get(&tracks->processes, task->tgid);
		if (task->used && process)
			process->used = true;
	}
}

static bool ended_before(uint64_t ended_ns, uint64_t time_ns)
{
	return ended_ns && ended_ns + LATE_NS < time_ns;
}

static void let_go(struct tracks *tracks, uint64_t time_ns, struct json *json)
{
	struct process_track *process;
	struct task_track *task;
	size_t at = 0;

	note_used(tracks);
	while ((task = map_next(&tracks->tasks, &at))) {
		if (!ended_before(task->ended_ns, time_ns))
			continue;
		write_task(task, json);
		free(map_remove(&tracks->tasks, task->tid));
		tracks->ended--;
		at--;
	}
	at = 0;
	while ((process = map_next(&tracks->processes, &at))) {
		if (!ended_before(process->ended_ns, time_ns))
			continue;
		write_process(process, json);
		free(map_remove(&tracks->processes, process->tgid));
		at--;
	}
}

void tracks_ended(struct tracks *tracks, uint32_t tid, uint64_t time_ns, struct json *json)
{
	struct process_track *process = map_get(&tracks->processes, tid);
	struct task_track *task = map_get(&tracks->tasks, tid);

	if (process)
		process->ended_ns = time_ns;
	if (task && !task->ended_ns)
		tracks->ended++;
	if (task)
		task->ended_ns = time_ns;
	if (tracks->ended <= tracks->ended_most)
		return;
	let_go(tracks, time_ns, json);
	tracks->ended_most = 2 * tracks->ended > ENDED_FIRST ? 2 * tracks->ended : ENDED_FIRST;
}

void tracks_write(const struct tracks *tracks, struct json *json)
{
	const struct process_track *process;
	const struct task_track *task;
	size_t at = 0;

	note_used(tracks);
	while ((process = map_next(&tracks->processes, &at)))
		write_process(process, json);
	at = 0;
	while ((task = map_next(&tracks->tasks, &at)))
		write_task(task, json);
	write_sockets(tracks, json);
}

static void free_values(struct map *map)
{
	size_t at = 0;
	void *value;

	while ((value = map_next(map, &at)))
		free(value);
	map_free(map);
}

void tracks_free(struct tracks *tracks)
{
	struct socket_track *track;
	size_t at = 0;

	while ((track = map_next(&tracks->sockets, &at)))
		free(track->departures);
	free_values(&tracks->tasks);
	free_values(&tracks->processes);
	free_values(&tracks->sockets);
}
