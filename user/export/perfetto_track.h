/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The tracks that events lie on, and their names. Calls lie on their real
 * thread. Each socket has two tracks of its own in its owner's process, for
 * states and for segments; their thread numbers are above any real one and
 * unique in the file, because readers name threads by number alone.
 */
#ifndef TCPWATCH_EXPORT_PERFETTO_TRACK_H
#define TCPWATCH_EXPORT_PERFETTO_TRACK_H

#include "user/base/json.h"
#include "user/model/map.h"
#include "user/model/trace.h"

/* Above PID_MAX_LIMIT of the kernel, 2^22. Also the process of what no task owns. */
#define TRACK_SYNTHETIC 10000000

struct task_track {
	uint32_t tid, tgid;
	char comm[RECORD_COMM_SIZE];
	bool used; /* a call lies on it */
	uint64_t free_ns;
	uint64_t ended_ns; /* 0: not ended */
};

/* A segment that left and has not been seen to arrive. */
struct departure {
	uint64_t time_ns;
	uint32_t seq, length; /* length in sequence numbers */
	bool syn;
};

struct socket_track {
	uint32_t id, pid, tid;	 /* tid of the states; that of the segments follows */
	unsigned int connection; /* 0: none */
	enum end end;
	uint16_t port;
	unsigned int state;
	uint64_t since_ns, free_ns; /* of the states */
	bool since_known;
	bool used;	  /* something lies on the track of the states */
	bool has_segment; /* one whose slice still waits for its end: */
	struct segment segment;
	uint64_t segment_ns; /* where it stands: a nanosecond behind one of the same time */
	bool queue_told;
	uint64_t queue; /* of a listener */
	struct departure *departures;
	size_t departed, room;
};

struct tracks {
	struct map tasks, processes, sockets; /* by tid, tgid and socket id */
	uint32_t next_tid;
	unsigned int ended,
		ended_most; /* tasks whose tracks are still kept; look when so many are */
	bool failed;	    /* no memory */
};

/* Each returns NULL when there is no memory, which it notes. */
struct task_track *tracks_task(struct tracks *tracks, uint32_t tid, uint32_t tgid,
			       const char *comm);
struct socket_track *tracks_socket(struct tracks *tracks, const struct socket *socket);

/* The task has ended. Of those that ended a while ago the names go to json, and the tracks go. */
void tracks_ended(struct tracks *tracks, uint32_t tid, uint64_t time_ns, struct json *json);

/* The names of a socket's tracks, as elements of an open array. */
void tracks_write_socket(const struct socket_track *track, struct json *json);

/* Takes the track of a socket out; NULL: there is none. To be freed with track_free. */
struct socket_track *tracks_take(struct tracks *tracks, uint32_t id);
void track_free(struct socket_track *track);

/* The names of all tracks that were used, as the elements of an open array. */
void tracks_write(const struct tracks *tracks, struct json *json);

void tracks_free(struct tracks *tracks);

#endif
