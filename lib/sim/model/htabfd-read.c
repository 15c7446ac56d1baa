/* SPDX-License-Identifier: MIT */
/* Reading an htab fd (docs/kernels.md, "Reading an htab fd") */
#include "model.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 0xffff }; /* valid entries in a record, and invalid ones */

struct htabfd *htab_model_htabfd_make(struct vm *vm, uint64_t flags,
				      uint64_t start_index)
{
	struct htabfd *htabfd = calloc(1, sizeof(*htabfd));

	if (!htabfd)
		return NULL;
	*htabfd = (struct htabfd){ vm, flags, start_index, true };
	htab_model_vm_get(vm);
	if (!(flags & UAPI_KVM_GET_HTAB_WRITE))
		atomic_fetch_add(&vm->readers, 1);
	return htabfd;
}

uint32_t htab_model_htabfd_destroy(struct htabfd *htabfd)
{
	struct vm *vm = htabfd->vm;

	if (!(htabfd->flags & UAPI_KVM_GET_HTAB_WRITE))
		atomic_fetch_sub(&vm->readers, 1);
	free(htabfd);
	return htab_model_vm_put(vm);
}

/* The caller's buffer: the length that was passed, how many bytes of it can be
 * written to, and how many are filled */
struct reply {
	unsigned char *bytes;
	size_t len, writable, done;
};

/* 0, or -EFAULT */
static int put_at(const struct reply *reply, size_t at, const void *from,
		  size_t len)
{
	if (at > reply->writable || reply->writable - at < len)
		return -EFAULT;
	memcpy(reply->bytes + at, from, len);
	return 0;
}

static bool is_interesting(const struct htabfd *htabfd,
			   const struct hpte *entry)
{
	return htabfd->first_pass || (entry && entry->dirty);
}

static bool reads_as_valid(const struct htabfd *htabfd,
			   const struct hpte *entry)
{
	return entry && entry->v &&
	       (!(htabfd->flags & UAPI_KVM_GET_HTAB_BOLTED_ONLY) ||
		entry->v & HPTE_BOLTED);
}

/* Call this when an entry has been reported: it is not dirty any more. */
static void forget_mark(struct table *table, struct hpte *entry)
{
	if (!entry)
		return;
	entry->dirty = false;
	if (!entry->v)
		htab_model_table_drop(table, entry);
}

/* Returns the index of the next entry that this pass reports, or end. */
static uint64_t skip_clean(const struct htabfd *htabfd, uint64_t index,
			   uint64_t end)
{
	const struct hpte *entry;

	if (htabfd->first_pass)
		return index;
	do {
		entry = htab_model_table_next(&htabfd->vm->table, index);
		if (!entry || entry->index >= end)
			return end;
		index = entry->index + 1;
	} while (!entry->dirty);
	return entry->index;
}

/* Returns 1 if the entry was copied, 0 if it does not belong into this record,
 * or -EFAULT. After -EFAULT its dirty mark is lost, as in the kernel. */
static int copy_entry(struct htabfd *htabfd, uint64_t index,
		      const struct reply *reply, size_t at)
{
	struct table *table = &htabfd->vm->table;
	struct hpte *entry = htab_model_table_find(table, index);
	uint64_t dword[2];

	if (!is_interesting(htabfd, entry) || !reads_as_valid(htabfd, entry))
		return 0;
	/* The kernel holds the entry's lock while it copies the entry, and does
	 * not mask the lock bit. */
	dword[0] = htobe64(entry->v | HPTE_HVLOCK);
	dword[1] = htobe64(entry->r);
	forget_mark(table, entry);
	return put_at(reply, at, dword, sizeof(dword)) < 0 ? -EFAULT : 1;
}

/* Copies valid entries from *index on, leaving room for their header. */
static int copy_valid(struct htabfd *htabfd, uint64_t *index, uint64_t end,
		      const struct reply *reply, uint16_t *count)
{
	size_t at = reply->done + sizeof(struct uapi_kvm_get_htab_header);

	/* The kernel wants one byte more than the entry needs. */
	while (*index < end && *count < MOST &&
	       at + UAPI_HPTE_SIZE < reply->len) {
		int r = copy_entry(htabfd, *index, reply, at);

		if (r <= 0)
			return r;
		at += UAPI_HPTE_SIZE;
		++*index;
		++*count;
	}
	return 0;
}

/* Returns how many entries from index on are invalid and absent from the sparse
 * table. Only a first pass reports such entries. */
static uint64_t empty_run(const struct htabfd *htabfd, uint64_t index,
			  uint64_t end, uint64_t most)
{
	const struct hpte *entry;
	uint64_t run = end - index;

	if (!htabfd->first_pass)
		return 0;
	entry = htab_model_table_next(&htabfd->vm->table, index);
	if (entry && entry->index - index < run)
		run = entry->index - index;
	return run < most ? run : most;
}

static uint64_t count_invalid(struct htabfd *htabfd, uint64_t index,
			      uint64_t end, uint16_t *count)
{
	struct table *table = &htabfd->vm->table;

	while (index < end && *count < MOST) {
		uint64_t run =
			empty_run(htabfd, index, end, (uint64_t)MOST - *count);
		struct hpte *entry;

		*count = (uint16_t)(*count + run);
		index += run;
		if (run)
			continue;
		entry = htab_model_table_find(table, index);
		if (!is_interesting(htabfd, entry) ||
		    reads_as_valid(htabfd, entry))
			break;
		forget_mark(table, entry);
		++*count;
		++index;
	}
	return index;
}

/* Copies one record from *index on, or nothing if no entry is left. */
static int copy_record(struct htabfd *htabfd, uint64_t *index, uint64_t end,
		       struct reply *reply)
{
	struct uapi_kvm_get_htab_header header = { 0 };
	int r;

	*index = skip_clean(htabfd, *index, end);
	header.index = (uint32_t)*index;
	r = copy_valid(htabfd, index, end, reply, &header.n_valid);
	if (r < 0)
		return r;
	*index = count_invalid(htabfd, *index, end, &header.n_invalid);
	if (!header.n_valid && !header.n_invalid)
		return 0;
	r = put_at(reply, reply->done, &header, sizeof(header));
	reply->done += sizeof(header) + header.n_valid * UAPI_HPTE_SIZE;
	return r;
}

/* Caller holds vm->data. After -EFAULT the next read begins where this one did,
 * but the dirty marks of the entries that were copied are lost. */
static ssize_t read_locked(struct htabfd *htabfd, struct reply *reply)
{
	const uint64_t end = htab_model_table_entries(&htabfd->vm->table);
	const size_t least =
		sizeof(struct uapi_kvm_get_htab_header) + UAPI_HPTE_SIZE;
	uint64_t index = htabfd->index;

	while (reply->done + least < reply->len) {
		int r = copy_record(htabfd, &index, end, reply);

		if (r < 0)
			return r;
		/* The table's end ends this read, and the first pass. */
		if (index >= end) {
			index = 0;
			htabfd->first_pass = false;
			break;
		}
	}
	htabfd->index = index;
	return (ssize_t)reply->done;
}

ssize_t htab_model_htabfd_read(struct htabfd *htabfd, void *buf, size_t len,
			       size_t writable)
{
	struct reply reply = { buf, len, writable, 0 };
	struct vm *vm = htabfd->vm;
	ssize_t n = 0;

	if (htabfd->flags & UAPI_KVM_GET_HTAB_WRITE)
		return -EBADF;
	atomic_fetch_add(&vm->reading, 1);
	/* A read of a radix VM returns 0 and does not end the first pass. */
	if (!atomic_load(&vm->radix) || !vm->kernel->rules.switches_radix_vm) {
		pthread_mutex_lock(&vm->data);
		n = read_locked(htabfd, &reply);
		pthread_mutex_unlock(&vm->data);
	}
	atomic_fetch_sub(&vm->reading, 1);
	return n;
}
