/* SPDX-License-Identifier: MIT */
/* Records system calls, and prints them with the names of their requests. */
#include "errname.h"
#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t htab_sim_journal_count(struct journal *journal)
{
	uint64_t count;

	pthread_mutex_lock(&journal->lock);
	count = journal->count;
	pthread_mutex_unlock(&journal->lock);
	return count;
}

HTAB_EXPORT void htab_sim_journal_clear(struct htab_sim_host *host)
{
	pthread_mutex_lock(&host->journal.lock);
	host->journal.count = 0;
	pthread_mutex_unlock(&host->journal.lock);
}

static void print_capability(FILE *out, uint64_t cap)
{
	static const struct {
		unsigned int cap;
		const char *name;
	} known[] = {
		{ UAPI_KVM_CAP_PPC_GET_PVINFO, "PPC_GET_PVINFO" },
		{ UAPI_KVM_CAP_PPC_ALLOC_HTAB, "PPC_ALLOC_HTAB" },
		{ UAPI_KVM_CAP_PPC_HTAB_FD, "PPC_HTAB_FD" },
		{ UAPI_KVM_CAP_SPAPR_RESIZE_HPT, "SPAPR_RESIZE_HPT" },
		{ UAPI_KVM_CAP_PPC_MMU_RADIX, "PPC_MMU_RADIX" },
		{ UAPI_KVM_CAP_PPC_MMU_HASH_V3, "PPC_MMU_HASH_V3" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].cap == cap) {
			fprintf(out, "KVM_CAP_%s", known[i].name);
			return;
		}
	}
	fprintf(out, "%llu", (unsigned long long)cap);
}

static void print_order(FILE *out, const char *name,
			const struct journal_entry *entry)
{
	fprintf(out, "%s(order=%llu", name, (unsigned long long)entry->a);
	if (entry->b)
		fprintf(out, ", flags=%#llx", (unsigned long long)entry->b);
	fputc(')', out);
}

static void print_htab_flags(FILE *out, const struct journal_entry *entry)
{
	fprintf(out, "KVM_PPC_GET_HTAB_FD(%s%s",
		entry->a & UAPI_KVM_GET_HTAB_WRITE ? "write" : "read",
		entry->a & 1 ? ", bolted only" : "");
	if (entry->a & ~UINT64_C(3))
		fprintf(out, ", flags=%#llx", (unsigned long long)entry->a);
	if (entry->b)
		fprintf(out, ", start=%llu", (unsigned long long)entry->b);
	fputc(')', out);
}

static void print_other(FILE *out, unsigned long request)
{
	const char *name = htab_sim_request_name(request);

	if (name)
		fprintf(out, "%s()", name);
	else
		fprintf(out, "ioctl(%#lx)", request);
}

static void print_call(FILE *out, const struct journal_entry *entry)
{
	switch (entry->call) {
	case HTAB_SIM_CREATE_VM:
		fputs("KVM_CREATE_VM()", out);
		break;
	case HTAB_SIM_CREATE_VCPU:
		fputs("KVM_CREATE_VCPU()", out);
		break;
	case HTAB_SIM_CHECK_EXTENSION:
		fputs("KVM_CHECK_EXTENSION(", out);
		print_capability(out, entry->a);
		fputc(')', out);
		break;
	case HTAB_SIM_ALLOCATE_HTAB:
		print_order(out, "KVM_PPC_ALLOCATE_HTAB", entry);
		break;
	case HTAB_SIM_GET_HTAB_FD:
		print_htab_flags(out, entry);
		break;
	case HTAB_SIM_RESIZE_PREPARE:
		print_order(out, "KVM_PPC_RESIZE_HPT_PREPARE", entry);
		break;
	case HTAB_SIM_RESIZE_COMMIT:
		print_order(out, "KVM_PPC_RESIZE_HPT_COMMIT", entry);
		break;
	case HTAB_SIM_OTHER_IOCTL:
		print_other(out, entry->request);
		break;
	case HTAB_SIM_READ:
		fprintf(out, "read(%llu bytes)", (unsigned long long)entry->a);
		break;
	case HTAB_SIM_WRITE:
		fprintf(out, "write(index=%u, %u valid, %u invalid)",
			entry->header.index, entry->header.n_valid,
			entry->header.n_invalid);
		break;
	case HTAB_SIM_CLOSE:
		fputs("close()", out);
		break;
	case HTAB_SIM_RUN:
		fputs("KVM_RUN()", out);
		break;
	}
}

static bool makes_descriptor(enum htab_sim_call call)
{
	return call == HTAB_SIM_CREATE_VM || call == HTAB_SIM_CREATE_VCPU ||
	       call == HTAB_SIM_GET_HTAB_FD;
}

static void print_result(FILE *out, const struct journal_entry *entry)
{
	const char *error = NULL;

	if (entry->result < 0)
		error = htab_sim_error_name((int)-entry->result);
	if (error)
		fprintf(out, " = -%s", error);
	else if (entry->result >= 0 && makes_descriptor(entry->call))
		fputs(" = fd", out);
	else
		fprintf(out, " = %ld", entry->result);
	if (entry->call == HTAB_SIM_ALLOCATE_HTAB &&
	    entry->order_after != entry->a)
		fprintf(out, " (order=%u)", entry->order_after);
	fputc('\n', out);
}

static void print_journal(FILE *out, const struct journal *journal)
{
	uint64_t i = journal->count > JOURNAL_SIZE
			     ? journal->count - JOURNAL_SIZE
			     : 0;

	for (; i < journal->count; i++) {
		print_call(out, &journal->entries[i % JOURNAL_SIZE]);
		print_result(out, &journal->entries[i % JOURNAL_SIZE]);
	}
}

/* Caller holds the lock, so that the lines are in the order of the journal. A
 * line for which there is no memory, or which cannot be written, is lost. */
static void write_line(int fd, const struct journal_entry *entry)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return;
	print_call(out, entry);
	print_result(out, entry);
	if (fclose(out) == 0)
		(void)!htab_kernel_write(fd, text, size);
	free(text);
}

void htab_sim_journal_add(struct journal *journal,
			  const struct journal_entry *entry)
{
	pthread_mutex_lock(&journal->lock);
	journal->entries[journal->count++ % JOURNAL_SIZE] = *entry;
	if (journal->fd >= 0)
		write_line(journal->fd, entry);
	pthread_mutex_unlock(&journal->lock);
}

HTAB_EXPORT void htab_sim_journal_to(struct htab_sim_host *host, int fd)
{
	pthread_mutex_lock(&host->journal.lock);
	host->journal.fd = fd;
	pthread_mutex_unlock(&host->journal.lock);
}

/* Each thread keeps the text that it asked for last. With one text for all, a
 * thread could free what another one is reading. */
static pthread_key_t text_key;
static pthread_once_t text_once = PTHREAD_ONCE_INIT;

static void make_text_key(void)
{
	if (pthread_key_create(&text_key, free) != 0)
		abort();
}

static const char *keep_text(char *text)
{
	pthread_once(&text_once, make_text_key);
	free(pthread_getspecific(text_key));
	if (pthread_setspecific(text_key, text) != 0) {
		free(text);
		text = NULL;
	}
	return text ? text : "";
}

HTAB_EXPORT const char *htab_sim_journal(struct htab_sim_host *host)
{
	struct journal *journal = &host->journal;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out) {
		pthread_mutex_lock(&journal->lock);
		print_journal(out, journal);
		pthread_mutex_unlock(&journal->lock);
		fclose(out);
	}
	return keep_text(text);
}
