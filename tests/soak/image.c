/* SPDX-License-Identifier: MIT */
/* Images that all threads share: each may be restored on any VM of any host. */
#include "soak.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host.h"

struct image {
	const struct world *world;
	size_t len;
	unsigned char bytes[32 << 10];
	struct table table;
};

enum { IMAGES = 16 };
static struct image *images[IMAGES];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void images_free(void)
{
	for (int i = 0; i < IMAGES; i++) {
		free(images[i]);
		images[i] = NULL;
	}
}

static void keep(struct vm *vm, int fd)
{
	struct image *image = malloc(sizeof(*image)), *old;
	const unsigned int slot = dice(vm->life, IMAGES);
	ssize_t n;

	if (!image)
		abort();
	n = pread(fd, image->bytes, sizeof(image->bytes), 0);
	if (n <= 0 || (size_t)n == sizeof(image->bytes)) {
		free(image);
		return;
	}
	image->len = (size_t)n;
	image->world = vm->world;
	image->table = vm->table;
	pthread_mutex_lock(&lock);
	old = images[slot];
	images[slot] = image;
	pthread_mutex_unlock(&lock);
	free(old);
}

static bool take(struct vm *vm, struct image *copy)
{
	const unsigned int slot = dice(vm->life, IMAGES);
	bool there;

	pthread_mutex_lock(&lock);
	there = images[slot] != NULL;
	if (there)
		*copy = *images[slot];
	pthread_mutex_unlock(&lock);
	return there;
}

/* A pipe with little room, which nobody reads */
static int narrow_pipe(int *other)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC | O_NONBLOCK) < 0)
		abort();
	fcntl(fd[1], F_SETPIPE_SZ, 4096);
	*other = fd[0];
	return fd[1];
}

void op_save(struct vm *vm)
{
	int fd, other = -1, r;
	const unsigned int kind = dice(vm->life, 8);

	fault_begin(0, 0);
	if (kind == 0)
		fd = narrow_pipe(&other);
	else if (kind == 1)
		fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	else
		fd = memfd_create("image", MFD_CLOEXEC);
	fault_end(fd);
	if (fd < 0)
		wrong(vm->life, vm->world, "no file for an image");
	CALL(vm->life, r, htab_save(vm->fd, fd));
	contract_check(vm, "htab_save", r);
	if (!vm->life->fault_came && vm_can_be_measured(vm) &&
	    (!vm->table.order ? r != -ENOENT
	     : kind == 1      ? r != -ENOSPC
			      : r < 0 && (kind || r != -EAGAIN)))
		wrong(vm->life, vm->world, "htab_save: %d", r);
	vm_settle(vm, "htab_save", r, SAME, NULL);
	if (r == 0 && kind > 1 && vm->table.is_known)
		keep(vm, fd);
	close(fd);
	if (other >= 0)
		close(other);
}

/* A pipe that has the whole image, which is smaller than its room */
static int full_pipe(const struct image *image)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) < 0 ||
	    write(fd[1], image->bytes, image->len) != (ssize_t)image->len)
		abort();
	close(fd[1]);
	return fd[0];
}

static int file(const struct image *image)
{
	const int fd = memfd_create("image", MFD_CLOEXEC);

	if (fd < 0 ||
	    pwrite(fd, image->bytes, image->len, 0) != (ssize_t)image->len)
		abort();
	return fd;
}

static bool damage(struct life *life, struct image *image)
{
	switch (dice(life, 16)) {
	case 0:
		image->len = dice(life, (uint32_t)image->len);
		return true;
	case 1:
		image->bytes[dice(life, (uint32_t)image->len)] ^=
			(unsigned char)(1 + dice(life, 255));
		return true;
	default:
		return false;
	}
}

/* The errors of an image that is whole: the host has no memory, keeps another
 * table, runs no hash guests, or cannot enter pages of another host's size. */
static bool may_fail(const struct vm *vm, const struct image *image, int r)
{
	const bool has_tables = vm->world->caps & HTAB_CAP_ALLOC;

	if (!vm_can_be_measured(vm) && (r == -ENOTTY || r == -EOPNOTSUPP))
		return true;
	return has_tables &&
	       (r == -ENOMEM || (r == -EIO && vm->world != image->world) ||
		(r == -ENOSPC &&
		 vm->world->linux_version < LINUX_VERSION(4, 11)));
}

void op_restore(struct vm *vm)
{
	static __thread struct image image;
	const uint32_t had = vm->table.order;
	unsigned int allowed;
	bool damaged;
	int fd, r;

	if (!take(vm, &image))
		return;
	damaged = damage(vm->life, &image);
	fault_begin(0, 0);
	fd = dice(vm->life, 4) ? file(&image) : full_pipe(&image);
	fault_end(0);
	/* The kernel must hold no reference into the table that is replaced. */
	if (vm->table.order && vm->has_run) {
		fault_begin(0, 0);
		r = htab_reset(vm->fd);
		fault_end(r);
		if (r < 0)
			wrong(vm->life, vm->world, "htab_reset: %d", r);
		table_empty(&vm->table, vm->table.order);
	}
	vm->has_run = false;
	CALL(vm->life, r, htab_restore(vm->fd, fd));
	close(fd);
	contract_check(vm, "htab_restore", r);
	if (!vm->life->fault_came && !damaged && r < 0 &&
	    !may_fail(vm, &image, r))
		wrong(vm->life, vm->world, "htab_restore: %d", r);
	if (damaged && r == 0)
		wrong(vm->life, vm->world, "htab_restore: a damaged image");
	vm->dead = r == -ENOTRECOVERABLE;
	if (vm->dead)
		return;
	allowed = SAME | CLEARED | GIVEN;
	if (r == 0)
		allowed = GIVEN;
	else if (r == -EPROTO || fault_misleads(vm->life))
		allowed = WHATEVER;
	/* The fault may be that of the call that empties the table again. */
	else if (vm->life->fault_came && (damaged || vm->world != image.world))
		allowed = WHATEVER | SAME;
	else if (r == -ENOMEM || vm->life->fault_came)
		allowed |= NO_TABLE;
	else if (r == -ENOSPC)
		allowed = WHATEVER | SAME;
	if (r < 0)
		table_empty(&image.table, image.table.order);
	vm_settle(vm, "htab_restore", r, allowed, &image.table);
	if (r == -ENOSPC && vm_can_be_measured(vm) &&
	    (!vm->table.order || vm->table.n))
		wrong(vm->life, vm->world, "htab_restore: no empty table");
	vm->lost = !vm->table.order && (vm->lost || had);
}
