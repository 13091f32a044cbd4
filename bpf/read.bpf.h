/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads from where a mere address leads. What a hook is given is read as it
 * stands; for all else older kernels have only a helper, which costs as much as
 * a map. A read that fails gives 0 either way.
 */
#ifndef TCPWATCH_READ_BPF_H
#define TCPWATCH_READ_BPF_H

#include "bpf/kernel.bpf.h"

/* From 6.2 on; the collector says whether this kernel has it. */
const volatile bool reads_directly = false;

extern void *bpf_rdonly_cast(const void *address, __u32 type) __ksym __weak;

/*
 * A field of a structure of the kernel that is a number or a pointer; the
 * verifier does not take such a pointer for a number (address_of()).
 */
#define KERNEL_READ(type, address, field)                                            \
	({                                                                           \
		type *at_ = (type *)(address);                                       \
		type *cast_;                                                         \
		typeof(at_->field) value_;                                           \
                                                                                     \
		if (reads_directly) {                                                \
			cast_ = bpf_rdonly_cast(at_, bpf_core_type_id_kernel(type)); \
			value_ = cast_->field;                                       \
		} else {                                                             \
			value_ = BPF_CORE_READ(at_, field);                          \
		}                                                                    \
		value_;                                                              \
	})

/*
 * A pointer out of what a hook is given. Left as it stands, the verifier looks through all
 * types of the kernel, in each state, for whether what it leads to can be trusted, too.
 */
#define POINTER_READ(type, given, field)                                                         \
	(reads_directly ? ((type *)bpf_rdonly_cast(given, bpf_core_type_id_kernel(type)))->field \
			: (given)->field)

/*
 * A pointer that stands in memory, as a number: read through a structure that
 * begins with one of that size, for a pointer stays a pointer to the verifier.
 */
static __u64 read_pointer(__u64 at)
{
	return KERNEL_READ(struct timespec64, at, tv_sec);
}

#endif
