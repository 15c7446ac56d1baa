/* SPDX-License-Identifier: MIT */
/* Writing an htab fd (docs/kernels.md, "Writing an htab fd") */
#include "model.h"

#include <endian.h>
#include <string.h>

/* The bytes of the caller's memory that can be read */
struct user_buffer {
	const unsigned char *bytes;
	size_t readable;
};

static int fetch(const struct user_buffer *source, size_t at, void *to,
		 size_t len)
{
	if (at > source->readable || source->readable - at < len)
		return -EFAULT;
	memcpy(to, source->bytes + at, len);
	return 0;
}

static bool is_vrma(uint64_t v)
{
	return (v & ~UINT64_C(0xffffff)) == UINT64_C(0x4001ffffff000000);
}

static int write_valid(struct vm *vm, uint64_t index,
		       const struct user_buffer *source, size_t at, bool *ready)
{
	uint64_t dword[2];
	int r = fetch(source, at, dword, sizeof(dword));

	if (r < 0)
		return r;
	dword[0] = be64toh(dword[0]);
	dword[1] = be64toh(dword[1]);
	if (!(dword[0] & HPTE_VALID))
		return -EINVAL;
	if (vm->kernel->rules.checks_page_size &&
	    !htab_model_page_shift(dword[0], dword[1]))
		return -EINVAL;
	htab_model_remove_hpte(vm, htab_model_table_find(&vm->table, index));
	r = htab_model_enter_hpte(vm, index, dword[0], dword[1]);
	if (r == 0 && is_vrma(dword[0]))
		*ready = true;
	return r;
}

static void write_invalid(struct vm *vm, uint64_t index, uint64_t count)
{
	const uint64_t end = index + count;
	struct hpte *entry = htab_model_table_next(&vm->table, index);

	while (entry && entry->index < end) {
		uint64_t after = entry->index + 1;

		htab_model_remove_hpte(vm, entry);
		entry = htab_model_table_next(&vm->table, after);
	}
}

/* Writes the record at *at. As in the kernel, *at moves past the header only,
 * and not past the entries (docs/kernels.md, "Misparsed records"). Returns 1, 0
 * if the record is cut short, or a negative errno. */
static int write_record(struct vm *vm, const struct user_buffer *source,
			size_t len, size_t *at, size_t *done, bool *ready)
{
	const uint64_t end = htab_model_table_entries(&vm->table);
	struct uapi_kvm_get_htab_header header;
	int r = fetch(source, *at, &header, sizeof(header));
	uint64_t index;

	if (r < 0)
		return r;
	/* The kernel leaves the header out of this sum, so it accepts a record
	 * from which up to 8 bytes are missing. */
	if (*done + header.n_valid * (size_t)UAPI_HPTE_SIZE > len)
		return 0;
	*at += sizeof(header);
	*done += sizeof(header);
	index = header.index;
	if (index >= end || index + header.n_valid + header.n_invalid > end)
		return -EINVAL;
	for (unsigned int i = 0; i < header.n_valid; i++) {
		r = write_valid(vm, index++, source,
				*at + i * (size_t)UAPI_HPTE_SIZE, ready);
		if (r < 0)
			return r;
		*done += UAPI_HPTE_SIZE;
	}
	write_invalid(vm, index, header.n_invalid);
	return 1;
}

/* The argument of a write */
struct message {
	struct user_buffer source;
	size_t len;
};

static long write_records(struct change *change, void *arg)
{
	const struct message *message = arg;
	struct vm *vm = change->op->vm;
	bool ready = change->was_ready;
	size_t at = 0, done = 0;
	int r = 1;

	pthread_mutex_lock(&vm->data);
	while (r > 0 &&
	       done + sizeof(struct uapi_kvm_get_htab_header) <= message->len)
		r = write_record(vm, &message->source, message->len, &at, &done,
				 &ready);
	pthread_mutex_unlock(&vm->data);
	change->reopen = ready;
	return r < 0 ? r : (long)done;
}

ssize_t htab_model_htabfd_write(struct op *op, const struct htabfd *htabfd,
				const void *buf, size_t len, size_t readable)
{
	struct message message = { { buf, readable }, len };
	struct change change = { .op = op,
				 .apply = write_records,
				 .arg = &message };

	if (!(htabfd->flags & UAPI_KVM_GET_HTAB_WRITE))
		return -EBADF;
	if (atomic_load(&op->vm->radix) &&
	    op->vm->kernel->rules.switches_radix_vm)
		return -EINVAL;
	return htab_model_change(&change);
}
