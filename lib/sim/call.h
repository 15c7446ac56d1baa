/* SPDX-License-Identifier: MIT */
/* A system call on its way through the simulator */
#ifndef HTAB_SIM_CALL_H
#define HTAB_SIM_CALL_H

#include "model/model.h"

#define HTAB_EXPORT __attribute__((visibility("default")))

/* What the journal records about a call */
struct journal_entry {
	enum htab_sim_call call;
	unsigned long request;
	uint64_t a, b; /* arguments; their meaning depends on the call */
	struct uapi_kvm_get_htab_header header;
	uint32_t order_after;
	long result;
};

struct call {
	struct htab_sim_event event;
	/* The pointers come from libhtab itself, so they are valid. */
	bool trusted;
	/* The buffer of a read */
	void *read_to;
	/* How many bytes of the buffer, from its start, are accessible */
	size_t usable;
	/* 0 if the argument below was copied, or -EFAULT */
	int fetched;
	union {
		uint32_t order;
		struct uapi_kvm_get_htab_fd htab_fd;
		struct uapi_kvm_ppc_resize_hpt resize;
		struct uapi_kvm_userspace_memory_region region;
		struct uapi_kvm_ppc_mmuv3_cfg mmu;
	} argument;
	struct journal_entry entry;
	uint32_t hazards;
	bool unknown; /* the simulator does not know the request */
};

/* --- user.c: the memory of the calling program --- */

/* Both return 0 or -EFAULT. */
int htab_sim_fetch(const struct call *call, void *to, const void *from,
		   size_t len);
int htab_sim_store(const struct call *call, void *to, const void *from,
		   size_t len);
/* Return how many bytes, from the first on, can be read or written to. */
size_t htab_sim_readable(const void *buf, size_t len);
size_t htab_sim_writable(void *buf, size_t len);

/* --- journal.c --- */

enum { JOURNAL_SIZE = 1024 };

struct journal {
	pthread_mutex_t lock;
	int fd; /* where each line is written, too; -1 for nowhere */
	struct journal_entry entries[JOURNAL_SIZE];
	uint64_t count;
};

/* Returns how many calls were recorded since the journal was cleared. */
uint64_t htab_sim_journal_count(struct journal *journal);
void htab_sim_journal_add(struct journal *journal,
			  const struct journal_entry *entry);

/* --- request.c --- */

/* Returns the name of a request, such as "KVM_CREATE_IRQCHIP", or NULL. */
const char *htab_sim_request_name(unsigned long request);
/* Returns whether the simulator knows it, on whichever descriptor. */
bool htab_sim_request_is_known(unsigned long request);

/* --- unknown.c --- */

struct unknown_watch {
	pthread_mutex_t lock;
	htab_sim_unknown_handler handler;
	void *data;
};

/* Answers a request that the descriptor does not know: with the kernel's error,
 * or with 0 if the host accepts requests that the simulator does not know. */
int htab_sim_unknown(struct call *call, const struct kernel *kernel, int error);
/* Reports such a request. Caller holds no lock and no descriptor, because a
 * handler may call the simulator, or leave by longjmp(). */
void htab_sim_report_unknown(struct htab_sim_host *host,
			     const struct call *call);

/* --- fault.c --- */

enum { CALL_KINDS = HTAB_SIM_RUN + 1 };

struct faults {
	pthread_mutex_t lock;
	atomic_bool armed; /* a fault or an interceptor is set */
	struct {
		unsigned int count;
		int error;
	} next[CALL_KINDS];
	unsigned int nth;
	int nth_error;
	htab_sim_interceptor interceptor;
	void *interceptor_data;
};

/* Returns true if a fault or the interceptor answered the call. Caller holds no
 * lock and no descriptor, because an interceptor may call the simulator, or
 * leave by longjmp(). */
bool htab_sim_faults_answer(struct faults *faults,
			    const struct htab_sim_event *event, long *result);

/* --- hazard.c --- */

struct hazard_watch {
	pthread_mutex_t lock;
	htab_sim_hazard_handler handler;
	void *data;
};

/* Reports a set of hazards. Caller holds no lock and no descriptor, because a
 * handler may call the simulator, or leave by longjmp(). */
void htab_sim_report(struct htab_sim_host *host, uint32_t hazards);

#endif
