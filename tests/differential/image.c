/* SPDX-License-Identifier: MIT */
/* Saves the table of one VM and gives it to another */
#include "differential.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* An image, as docs/image-format.md has it */
enum { HEADER = 32, ORDER_AT = 12, HEAD = 24, LENGTH_AT = 4 };

static unsigned char image[4 << 20];

static uint32_t be32(const unsigned char *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return be32toh(value);
}

static int image_file(void)
{
	const int fd = memfd_create("image", MFD_CLOEXEC);

	if (fd < 0)
		abort();
	return fd;
}

/* Returns the length of the file, whose bytes go to image. */
static size_t load(int fd)
{
	const ssize_t n = pread(fd, image, sizeof(image), 0);

	if (n < 0 || n == sizeof(image))
		abort();
	return (size_t)n;
}

static void say_image(size_t len)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum = mix(sum, image[i]);
	say(" %zu bytes %llx", len, (unsigned long long)sum);
}

/* Returns the order of the image, and notes what its records do to a VM. */
static uint32_t examine(struct burden *burden, size_t len)
{
	const uint32_t order = be32(image + ORDER_AT);
	size_t at = HEADER;

	while (at + HEAD <= len) {
		const size_t size = be32(image + at + LENGTH_AT);

		at += HEAD;
		if (at + size > len ||
		    htab_records_from_wire(image + at, size) < 0)
			abort();
		note_records(burden, order, image + at, size);
		at += size;
	}
	return order;
}

/* Returns where the image is wrong afterwards. */
static size_t damage(int fd, size_t len)
{
	const size_t at = draw((uint32_t)len);
	const unsigned char byte = image[at] ^ (unsigned char)(1u << draw(8));

	if (draw(2)) {
		say(", cut at %zu", at);
		if (ftruncate(fd, (off_t)at) < 0)
			abort();
	} else {
		say(", damaged at %zu", at);
		if (pwrite(fd, &byte, 1, (off_t)at) != 1)
			abort();
	}
	return at;
}

/* Notes the result of a restore whose header was right. */
static void note_restore(struct a_vm *vm, const struct burden *burden, int r)
{
	const bool refused = r == -EBUSY || r == -EOPNOTSUPP || r == -ENOTTY ||
			     r == -EIO;

	/* The VM has an empty table if the kernel does not take an entry, and
	 * if the image is damaged further on. -EIO is also such an entry. */
	if (r == -ENOMEM || r == -ENOSPC)
		note_allocation(vm, r);
	else if (!refused || (r == -EIO && !vm->running))
		note_allocation(vm, 0);
	if (r == 0)
		note_burden(vm, burden);
}

static void restore(struct a_vm *vm, int fd, size_t len)
{
	struct burden burden = { 0 };
	const size_t wrong_at = chance(20) ? damage(fd, len) : len;
	uint32_t order;
	int r;

	order = examine(&burden, len);
	if (lseek(fd, 0, SEEK_SET) < 0)
		abort();
	say(", order %u: htab_restore(vm%d)", order, (int)(vm - vms));
	r = htab_restore(vm->fd, fd);
	say_result(r);
	if (wrong_at >= HEADER)
		note_restore(vm, &burden, r);
	order = 99;
	r = htab_order(vm->fd, &order);
	say(", htab_order()");
	say_result(r);
	say(" order %u", order);
	if (chance(50))
		look(vm);
}

void do_save(struct a_vm *vm)
{
	struct a_vm *to = &vms[draw(MAX_VMS)];
	const int fd = image_file();
	size_t len;
	int r;

	say("htab_save()");
	r = htab_save(vm->fd, fd);
	say_result(r);
	len = load(fd);
	say_image(len);
	if (r == 0)
		restore(to->fd >= 0 ? to : vm, fd, len);
	close(fd);
}
