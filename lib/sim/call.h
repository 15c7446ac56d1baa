/* SPDX-License-Identifier: MIT */
/* A system call on its way: what sees it, and what answers it */
#ifndef HTAB_SIM_CALL_H
#define HTAB_SIM_CALL_H

#include "model/model.h"

#define HTAB_EXPORT __attribute__((visibility("default")))

/* What the journal keeps of a call */
struct journal_entry {
	enum htab_sim_call call;
	unsigned long request;
	uint64_t a, b; /* arguments, as the kind has them */
	struct uapi_kvm_get_htab_header header;
	uint32_t order_after;
	long result;
};

struct call {
	struct htab_sim_event event;
	/* The pointers are libhtab's own, and good. */
	bool trusted;
	/* Where a read goes to; and of a buffer, the bytes that the kernel can
	 * get at */
	void *read_to;
	size_t usable;
	/* What the pointer of an ioctl leads to: 0, or -EFAULT */
	int fetched;
	union {
		uint32_t order;
		struct uapi_kvm_get_htab_fd htab_fd;
		struct uapi_kvm_ppc_resize_hpt resize;
	} argument;
	struct journal_entry entry;
	uint32_t hazards;
};

/* --- user.c: memory of the program that calls --- */

/* 0, or -EFAULT */
int htab_sim_fetch(const struct call *call, void *to, const void *from,
		   size_t len);
int htab_sim_store(const struct call *call, void *to, const void *from,
		   size_t len);
/* How many of the bytes, from the first on, can be read or written to */
size_t htab_sim_readable(const void *buf, size_t len);
size_t htab_sim_writable(void *buf, size_t len);

/* --- journal.c --- */

enum { JOURNAL_SIZE = 1024 };

struct journal {
	pthread_mutex_t lock;
	struct journal_entry entries[JOURNAL_SIZE];
	uint64_t count;
};

void htab_sim_journal_add(struct journal *journal,
			  const struct journal_entry *entry);

/* --- fault.c --- */

enum { CALL_KINDS = HTAB_SIM_RUN + 1 };

struct faults {
	pthread_mutex_t lock;
	atomic_bool armed; /* anything below is set */
	struct {
		unsigned int count;
		int error;
	} next[CALL_KINDS];
	unsigned int nth;
	int nth_error;
	htab_sim_interceptor interceptor;
	void *interceptor_data;
};

/* True if the call is answered, by a fault or by the interceptor. The caller
 * holds nothing: an interceptor may call the simulator, or never return. */
bool htab_sim_faults_answer(struct faults *faults,
			    const struct htab_sim_event *event, long *result);

/* --- hazard.c --- */

struct hazard_watch {
	pthread_mutex_t lock;
	htab_sim_hazard_handler handler;
	void *data;
};

/* Reports a set of hazards. The caller holds nothing: a handler may call the
 * simulator, or never return. */
void htab_sim_report(struct htab_sim_host *host, uint32_t hazards);

#endif
