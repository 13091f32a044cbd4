/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The numbers themselves. Draws nothing. */
#include "user/export/svg_layout.h"

#include <netinet/tcp.h>

const struct svg_layout svg_layout = {
	.width = 1280,
	.height = 720,
	.left = 96,
	.right = 1256,
	.margin = 24,
	.head = { 12, 78 },
	.who_y = 112,
	.legend_y = 136,
	.ticks_top_y = 158,
	.ticks_bottom_y = 684,
	.grid = { 164, 506 },
	.states = { 168, 25, 21 },
	.bytes = { 240, 226 },
	.memory = { 494, 92 },
	.calls = { 614, 27, 22 },
	.foot_y = 708,
	.rows = { 142, 550 },
	.names_y = 112,
	.life_x = { 420, 880 },
	.life_width = 8,
	.slant = 12,
};

const struct svg_band_look svg_bands[BAND_COUNT] = {
	[BAND_READ] = { "#0b7058", NULL, NULL },
	[BAND_QUEUE] = { "#64b5f0", "M2 2h2v2h-2zM6 6h2v2h-2z", "#1d5d8f" },
	[BAND_FLIGHT] = { "#a3268a", "M0 2h8M0 6h8", "#f2c3e7" },
	[BAND_UNSENT] = { "#e69f00", "M-2 2l4-4M0 8l8-8M6 10l4-4", "#f7c65a" },
	[BAND_PROGRAM] = { "#dfe3e8", "M-2 6l4 4M0 0l8 8M6-2l4 4", "#9aa3ad" },
};

const char *svg_state_fill(unsigned int state)
{
	switch (state) {
	case TCP_SYN_SENT:
	case TCP_SYN_RECV:
		return "#8a6100";
	case TCP_ESTABLISHED:
		return "#0f7a60";
	case TCP_FIN_WAIT1:
		return "#86569b";
	case TCP_FIN_WAIT2:
		return "#6d4a94";
	case TCP_CLOSING:
		return "#9c3f77";
	case TCP_CLOSE_WAIT:
		return "#a8501f";
	case TCP_LAST_ACK:
		return "#963a2c";
	case TCP_TIME_WAIT:
		return "#55606d";
	case TCP_CLOSE:
		return "#77828e";
	default:
		return "#5d6977";
	}
}

const char *const svg_call_fills[CLASS_COUNT] = {
	[CLASS_SEND] = "#96590a",
	[CLASS_RECEIVE] = "#1d6fa5",
	[CLASS_OTHER] = "#66717d",
};
