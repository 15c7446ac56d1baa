/* SPDX-License-Identifier: MIT */
/* Reading an htab fd: kernel-facts 2.3, and seen live in 12.5 and 12.11 */
#include "sim.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 0xffff }; /* of each in one record */

struct htabfd *htab_model_htabfd_make(struct vm *vm, uint64_t flags,
				    uint64_t start_index)
{
	struct htabfd *htabfd = calloc(1, sizeof(*htabfd));

	if (!htabfd)
		return NULL;
	*htabfd = (struct htabfd){ vm, flags, start_index, true };
	if (!(flags & UAPI_KVM_GET_HTAB_WRITE))
		atomic_fetch_add(&vm->readers, 1);
	return htabfd;
}

void htab_model_htabfd_destroy(struct htabfd *htabfd)
{
	if (!(htabfd->flags & UAPI_KVM_GET_HTAB_WRITE))
		atomic_fetch_sub(&htabfd->vm->readers, 1);
	free(htabfd);
}

/* close() is not seen, and what nobody reads is not marked. */
void htab_model_htabfd_count_readers(struct vm *vm)
{
	if (atomic_load(&vm->readers))
		htab_sim_fd_reap(vm->host);
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
	       (!(htabfd->flags & UAPI_KVM_GET_HTAB_BOLTED_ONLY) || entry->v & HPTE_BOLTED);
}

/* It has been reported. */
static void forget_mark(struct table *table, struct hpte *entry)
{
	if (!entry)
		return;
	entry->dirty = false;
	if (!entry->v)
		htab_model_table_drop(table, entry);
}

/* Moves on to the next entry that this pass reports. */
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

static uint64_t copy_valid(struct htabfd *htabfd, uint64_t index, uint64_t end,
			   unsigned char *at, size_t room, uint16_t *count)
{
	struct table *table = &htabfd->vm->table;

	/* Room for one more is not enough: there must be a byte to spare. */
	for (; index < end && *count < MOST && room > UAPI_HPTE_SIZE;
	     index++, room -= UAPI_HPTE_SIZE, at += UAPI_HPTE_SIZE) {
		struct hpte *entry = htab_model_table_find(table, index);
		uint64_t dword[2];

		if (!is_interesting(htabfd, entry) ||
		    !reads_as_valid(htabfd, entry))
			break;
		/* The lock bit is seen as it is held for reading. */
		dword[0] = htobe64(entry->v | HPTE_HVLOCK);
		dword[1] = htobe64(entry->r);
		memcpy(at, dword, sizeof(dword));
		forget_mark(table, entry);
		++*count;
	}
	return index;
}

/* How far a run of entries that are not there goes on, in this pass */
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
		uint64_t run = empty_run(htabfd, index, end,
					 (uint64_t)MOST - *count);
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

static ssize_t read_locked(struct htabfd *htabfd, unsigned char *buf,
			   size_t len)
{
	const uint64_t end = htab_model_table_entries(&htabfd->vm->table);
	uint64_t index = htabfd->index;
	size_t done = 0;

	while (done + sizeof(struct uapi_kvm_get_htab_header) + UAPI_HPTE_SIZE <
	       len) {
		struct uapi_kvm_get_htab_header header = { 0 };
		unsigned char *at = buf + done + sizeof(header);
		size_t room = len - done - sizeof(header);

		index = skip_clean(htabfd, index, end);
		header.index = (uint32_t)index;
		index = copy_valid(htabfd, index, end, at, room,
				   &header.n_valid);
		index = count_invalid(htabfd, index, end, &header.n_invalid);
		if (header.n_valid || header.n_invalid) {
			memcpy(buf + done, &header, sizeof(header));
			done += sizeof(header) +
				header.n_valid * UAPI_HPTE_SIZE;
		}
		/* The end ends this read, and the first pass. */
		if (index >= end) {
			index = 0;
			htabfd->first_pass = false;
			break;
		}
	}
	htabfd->index = index;
	return (ssize_t)done;
}

/* The kernel stumbles over a NULL only when it has found something to tell,
 * whose mark is lost then; the next read begins at the same place. */
static ssize_t read_to_null(struct htabfd *htabfd, size_t len)
{
	const uint64_t end = htab_model_table_entries(&htabfd->vm->table);
	struct uapi_kvm_get_htab_header header = { 0 };
	unsigned char entry[UAPI_HPTE_SIZE];
	uint64_t index;

	if (len <= sizeof(header) + sizeof(entry))
		return 0;
	index = skip_clean(htabfd, htabfd->index, end);
	copy_valid(htabfd, index, end, entry, sizeof(entry) + 1,
		   &header.n_valid);
	if (!header.n_valid)
		count_invalid(htabfd, index, end, &header.n_invalid);
	if (header.n_valid || header.n_invalid)
		return -EFAULT;
	htabfd->index = 0;
	htabfd->first_pass = false;
	return 0;
}

ssize_t htab_model_htabfd_read(struct htabfd *htabfd, void *buf, size_t len)
{
	struct vm *vm = htabfd->vm;
	ssize_t n = 0;

	if (htabfd->flags & UAPI_KVM_GET_HTAB_WRITE)
		return -EBADF;
	atomic_fetch_add(&vm->reading, 1);
	/* Of a radix VM: 0, and the first pass is not burnt (12.11). */
	if (!atomic_load(&vm->radix) || !vm->host->rules.switches_radix_vm) {
		pthread_mutex_lock(&vm->data);
		n = buf ? read_locked(htabfd, buf, len)
			: read_to_null(htabfd, len);
		pthread_mutex_unlock(&vm->data);
	}
	atomic_fetch_sub(&vm->reading, 1);
	return n;
}
