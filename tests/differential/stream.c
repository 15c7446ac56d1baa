/* SPDX-License-Identifier: MIT */
/* Operations with libhtab's stream: open, read, write */
#include "differential.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

static char buf[65536];

void do_stream_open(struct a_vm *vm)
{
	static const unsigned int often[] = {
		0, 0, 0, HTAB_OPEN_BOLTED, HTAB_OPEN_WRITE, 3, 4
	};
	const unsigned int flags = DRAW_FROM(often);
	const int slot = (int)draw(MAX_HTABS);
	int fd;

	if (vm->htabs[slot] >= 0)
		host_close_fd(vm->htabs[slot]);
	say("htab_open(%u) to htab%d", flags, slot);
	fd = htab_open(vm->fd, flags);
	say_result(fd < 0 ? fd : 0);
	vm->htabs[slot] = fd < 0 ? -1 : fd;
}

/* Some reads of any htab fd, or all of them up to the end of the changes */
void do_stream_read(struct a_vm *vm)
{
	static const size_t sizes[] = { 4095, 4096, 4097, 5000, 32768, 65536 };
	const int slot = (int)draw(MAX_HTABS);
	const bool to_the_end = draw(2);
	ssize_t n;

	say("htab%d", slot);
	if (vm->htabs[slot] < 0)
		return;
	do {
		const size_t size = DRAW_FROM(sizes);

		say(" htab_read(%zu)", size);
		n = htab_read(vm->htabs[slot], buf, size);
		say_result(n);
		if (n > 0)
			say_records(buf, n);
	} while (to_the_end ? n > 0 || n == -EINVAL : chance(50));
}

/* Appends a record to buf, and returns how many bytes there are then. */
static size_t append(size_t len, const struct htab_record *record)
{
	const ssize_t n = htab_record_put(buf + len, sizeof(buf) - len, record);

	say(" {%u %u %u}", record->index, record->n_valid, record->n_invalid);
	if (n < 0)
		say_result(n);
	return n < 0 ? len : len + (size_t)n;
}

/* A record with entries of one group, which is where they belong, so that they
 * may be bolted */
static size_t append_valid(size_t len, uint32_t order)
{
	const struct entry entry = draw_entry(order);
	const uint64_t dword[2] = { htobe64(entry.v), htobe64(entry.r) };
	struct htab_record record = { .index = entry.index };
	uint64_t dwords[SLOTS][2];

	record.n_valid = (uint16_t)(1 + draw(SLOTS - entry.index % SLOTS));
	record.n_invalid = chance(30) ? (uint16_t)draw(20) : 0;
	for (int i = 0; i < SLOTS; i++)
		memcpy(dwords[i], dword, sizeof(dword));
	record.entries = dwords;
	say(" %llx:%llx", (unsigned long long)entry.v,
	    (unsigned long long)entry.r);
	return append(len, &record);
}

static size_t append_invalid(size_t len, uint32_t order)
{
	static const uint16_t counts[] = { 0, 1, 2, 9, 5000, 65535 };
	struct htab_record record = { .index = draw_entry(order).index };

	record.n_invalid = DRAW_FROM(counts);
	return append(len, &record);
}

/* The pages of the vcpu are not mapped any more if an invalid entry takes their
 * place, which note_records() does not look at. */
static void note_invalid(struct burden *burden, uint32_t order, size_t len)
{
	struct htab_record record;
	size_t offset = 0;

	while (htab_record_next(buf, len, &offset, &record) > 0)
		burden->touches_vital |= covers_vital(
			order, (uint64_t)record.index + record.n_valid,
			record.n_invalid);
}

/* Notes what the first bytes of buf, which may have been written, do. */
static void note_written(struct a_vm *vm, uint32_t order, size_t len, int r)
{
	struct burden burden = { 0 };

	if (r == -EBUSY || r == -EBADF || r == -EBADMSG)
		return;
	note_records(&burden, order, buf, len);
	note_invalid(&burden, order, len);
	/* An entry before the one that is refused may be in the table, and
	 * whether it has made the VM ready is not known. */
	if (r < 0 && burden.has_vrma) {
		say(", htab_reset()");
		r = htab_reset(vm->fd);
		say_result(r);
		note_allocation(vm, r);
		return;
	}
	note_burden(vm, &burden);
}

void do_stream_write(struct a_vm *vm)
{
	uint32_t order = peek_order(vm);
	const int htabfd = htab_open(vm->fd, HTAB_OPEN_WRITE);
	/* Sometimes the htab fd is open for reading. */
	const int fd = vm->htabs[0] >= 0 && chance(5) ? vm->htabs[0] : htabfd;
	size_t len = 0, done = 0;
	int r;

	if (!order)
		order = HTAB_ORDER_MIN;
	say("htab_write(");
	do
		len = chance(75) ? append_valid(len, order)
				 : append_invalid(len, order);
	while (chance(60) && len < sizeof(buf) / 2);
	if (chance(5))
		len -= 1 + draw((uint32_t)len);
	say(")");
	r = htab_write(fd, buf, len, &done);
	say_result(r);
	say(" done %zu", done);
	if (htabfd >= 0)
		host_close_fd(htabfd);
	note_written(vm, order, len, r);
	if (chance(30))
		look(vm);
}

/* One record, which may be so large that it goes to the kernel in pieces. Its
 * entries are not bolted, because they are not where they belong. */
void do_write_record(struct a_vm *vm)
{
	static uint64_t dwords[600][2];
	static const uint16_t counts[] = { 0, 1, 8, 254, 255, 256, 511, 600 };
	uint32_t order = peek_order(vm);
	const int htabfd = htab_open(vm->fd, HTAB_OPEN_WRITE);
	struct htab_record record = { .n_valid = DRAW_FROM(counts),
				      .entries = dwords };
	struct burden burden = { 0 };
	struct entry entry;
	uint64_t v;
	int r;

	if (!order)
		order = HTAB_ORDER_MIN;
	entry = draw_entry(order);
	/* An entry of the VRMA would make the VM ready, bolted or not. */
	v = entry.is_vrma ? HTAB_V_VALID : entry.v & ~HTAB_V_BOLTED;
	record.index = entry.index;
	record.n_invalid = chance(30) ? (uint16_t)draw(1000) : 0;
	for (size_t i = 0; i < 600; i++) {
		dwords[i][0] = htobe64(v);
		/* The number of a large page encodes its size. */
		dwords[i][1] = htobe64(
			v & HTAB_V_LARGE ? entry.r : entry.r ^ (i & 63) << 12);
	}
	say("htab_write_record({%u %u %u} %llx:%llx)", record.index,
	    record.n_valid, record.n_invalid, (unsigned long long)v,
	    (unsigned long long)entry.r);
	r = htab_write_record(htabfd, &record);
	say_result(r);
	if (htabfd >= 0)
		host_close_fd(htabfd);
	burden.touches_vital =
		covers_vital(order, record.index,
			     (uint64_t)record.n_valid + record.n_invalid);
	if (r != -EBUSY && r != -EBADF && r != -EBADMSG)
		note_burden(vm, &burden);
	if (chance(30))
		look(vm);
}
