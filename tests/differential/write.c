/* SPDX-License-Identifier: MIT */
/* Operations that write records to an htab fd */
#include "differential.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

enum { MAX_ENTRIES = 4 };

/* The bytes of one write, and what they may do to the vcpu */
struct message {
	char bytes[128];
	size_t len;
	uint32_t order;
	bool touches_vital, has_vrma;
	bool two_valid;
};

static void put_header(struct message *message, uint32_t index,
		       uint16_t n_valid, uint16_t n_invalid)
{
	const struct uapi_kvm_get_htab_header header = { index, n_valid,
							 n_invalid };

	memcpy(message->bytes + message->len, &header, sizeof(header));
	message->len += sizeof(header);
	say(" {%u %u %u}", index, n_valid, n_invalid);
	message->touches_vital |= covers_vital(message->order, index,
					       (uint64_t)n_valid + n_invalid);
}

static void put_entry(struct message *message, const struct entry *entry)
{
	const uint64_t dword[2] = { htobe64(entry->v), htobe64(entry->r) };

	memcpy(message->bytes + message->len, dword, sizeof(dword));
	message->len += sizeof(dword);
	message->has_vrma |= entry->is_vrma;
	say(" %llx:%llx", (unsigned long long)entry->v,
	    (unsigned long long)entry->r);
}

/* One record with valid entries of one group, and perhaps invalid ones */
static void put_valid(struct message *message)
{
	struct entry entry = draw_entry(message->order);
	const uint32_t most = SLOTS - entry.index % SLOTS;
	uint16_t count = chance(70) ? 1 : (uint16_t)(1 + draw(MAX_ENTRIES));

	if (count > most)
		count = (uint16_t)most;
	put_header(message, entry.index, count,
		   chance(20) ? (uint16_t)draw(20) : 0);
	for (unsigned int i = 0; i < count; i++)
		put_entry(message, &entry);
}

static void put_invalid(struct message *message)
{
	static const uint16_t counts[] = { 0, 1, 1, 2, 8, 9, 100, 5000, 65535 };
	const uint16_t count = DRAW_FROM(counts);

	put_header(message, draw_entry(message->order).index, 0, count);
}

/* The kernel reads the second header from the bytes of the first entry
 * (docs/kernels.md, "Misparsed records"). */
static void put_two_valid(struct message *message)
{
	struct entry entry = draw_entry(message->order);

	/* The kernel will read this as the first half of an entry, which then
	 * has no valid bit. */
	entry.r &= ~UINT64_C(1);
	for (int i = 0; i < 2; i++) {
		put_header(message, entry.index, 1, 0);
		put_entry(message, &entry);
	}
	message->touches_vital = message->two_valid = true;
}

static ssize_t send(int htabfd, struct message *message)
{
	const uint32_t kind = draw(100);
	size_t cut;

	if (kind < 82)
		return host_write(htabfd, message->bytes, message->len);
	if (kind < 84) {
		say(" from NULL");
		return host_write(htabfd, NULL, message->len);
	}
	/* The kernel leaves the 8 bytes of the header out of its check, so a
	 * message that is cut by less would be read past its end. */
	if (kind < 90 && message->len > 9 && !message->two_valid) {
		cut = 9 + draw((uint32_t)message->len - 9);
		say(" cut by %zu", cut);
		return host_write(htabfd, message->bytes, message->len - cut);
	}
	/* The end of the message cannot be read, or the length does not
	 * include all of it. */
	cut = 1 + draw((uint32_t)message->len);
	say(" torn by %zu", cut);
	return host_write_torn(htabfd, message->bytes, message->len - cut,
			       1 + draw((uint32_t)cut));
}

static void note_write(struct a_vm *vm, const struct message *message,
		       ssize_t n)
{
	if (n == -EBUSY || n == -EBADF || vm->radix || !vm->has_table)
		return;
	vm->vcpu_unmapped |= message->touches_vital;
	/* KVM may now take this for a table that was migrated. */
	if (message->has_vrma && !vm->ready)
		vm->vcpu_unmapped = true;
	if (message->has_vrma && n > 0)
		vm->ready = true;
}

void do_write_htab(struct a_vm *vm)
{
	struct message message = { .order = peek_order(vm) };
	const uint32_t kind = draw(100);
	int htabfd = host_open_htab(vm->fd, UAPI_KVM_GET_HTAB_WRITE, 0);
	/* Sometimes the htab fd is open for reading. */
	const int fd = vm->htabs[0] >= 0 && chance(5) ? vm->htabs[0] : htabfd;
	ssize_t n;

	if (!message.order)
		message.order = HTAB_ORDER_MIN;
	say("write");
	if (kind < 75) {
		put_valid(&message);
	} else if (kind < 95) {
		put_invalid(&message);
		if (chance(20))
			put_invalid(&message);
	} else {
		put_two_valid(&message);
	}
	n = send(fd, &message);
	say_result(n);
	host_close_fd(htabfd);
	note_write(vm, &message, n);
	if (chance(15))
		look(vm);
}

/* True on a POWER9 hash host of Linux 4.11 to 4.14. Before 4.15 only that host
 * has the capability. */
static bool loaded_vcpu_hangs(void)
{
	return BEFORE(4, 15) &&
	       host_capability(host.kvmfd, UAPI_KVM_CAP_PPC_MMU_HASH_V3) > 0;
}

/* Writes the entries that the vcpu needs, as after a migration. KVM then adds
 * no entries of its own. */
void do_load_vrma(struct a_vm *vm)
{
	const uint32_t table_order = peek_order(vm);
	int htabfd = host_open_htab(vm->fd, UAPI_KVM_GET_HTAB_WRITE, 0);
	/* If the VM is ready, KVM has already told the CPU the page size of its
	 * own entries. */
	bool all = !vm->ready;

	say("load");
	for (uint32_t page = 0; page < 3; page++) {
		struct message message = { .order = table_order };
		struct entry entry = vrma_entry(
			table_order ? table_order : HTAB_ORDER_MIN, page);
		ssize_t n;

		if (!table_order)
			message.order = HTAB_ORDER_MIN;
		put_header(&message, entry.index, 1, 0);
		put_entry(&message, &entry);
		n = host_write(htabfd, message.bytes, message.len);
		say_result(n);
		note_write(vm, &message, n);
		all &= n == (ssize_t)message.len;
	}
	host_close_fd(htabfd);
	if (all && !loaded_vcpu_hangs())
		vm->vcpu_unmapped = false;
}
