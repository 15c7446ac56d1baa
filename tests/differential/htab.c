/* SPDX-License-Identifier: MIT */
/* Operations that open, read and close htab fds */
#include "differential.h"

static int *draw_htab(struct a_vm *vm)
{
	return &vm->htabs[draw(MAX_HTABS)];
}

/* Mostly the start of the table, else a place around its end or an odd one */
static uint64_t draw_start(const struct a_vm *vm)
{
	static const uint64_t odd[] = { 1,     8,	   1000,
					65535, UINT32_MAX, UINT64_C(1) << 40 };
	uint32_t table_order;

	if (chance(70))
		return 0;
	table_order = peek_order(vm);
	if (!table_order || chance(30))
		return DRAW_FROM(odd);
	return (UINT64_C(1) << (table_order - 4)) - 2 + draw(4);
}

static void open_as(struct a_vm *vm, int *htab)
{
	static const uint64_t often[] = { 0, 0, 0, 1, 1, 2, 3 };
	struct uapi_kvm_get_htab_fd how = { .flags = DRAW_FROM(often) };
	const bool null = chance(2);
	int fd;

	if (chance(5))
		how.flags |= 4 | UINT64_C(1) << draw(64);
	how.start_index = draw_start(vm);
	how.reserved[0] = draw(2);
	if (*htab >= 0)
		host_close_fd(*htab);
	say("GET_HTAB_FD(%#llx, %llu%s) to htab%d",
	    (unsigned long long)how.flags, (unsigned long long)how.start_index,
	    null ? ", NULL" : "", (int)(htab - vm->htabs));
	fd = host_ioctl(vm->fd, UAPI_KVM_PPC_GET_HTAB_FD, null ? NULL : &how);
	say_result(fd < 0 ? fd : 0);
	*htab = fd < 0 ? -1 : fd;
}

void do_open_htab(struct a_vm *vm)
{
	open_as(vm, draw_htab(vm));
}

void do_close_htab(struct a_vm *vm)
{
	const bool all = chance(30);
	const int *only = draw_htab(vm);

	say("close");
	for (int i = 0; i < MAX_HTABS; i++) {
		if (vm->htabs[i] < 0 || !(all || only == &vm->htabs[i]))
			continue;
		say(" htab%d", i);
		say_result(host_close_fd(vm->htabs[i]));
		vm->htabs[i] = -1;
	}
}

static char buf[131072];

static void read_up_to(int htabfd, size_t size, bool null)
{
	ssize_t n = host_read(htabfd, null ? NULL : buf, size);

	say(" read(%zu%s)", size, null ? ", NULL" : "");
	say_result(n);
	say_records(buf, n);
}

/* The buffer is large enough for most whole passes. */
static void read_all(int htabfd)
{
	read_up_to(htabfd, sizeof(buf), false);
}

void read_from(int htabfd)
{
	static const size_t sizes[] = { 0,  7,	8,   24,  25,	40,   56,
					57, 72, 104, 333, 4096, 65536 };

	do {
		const size_t size = DRAW_FROM(sizes);

		if (draw(2))
			read_all(htabfd);
		else
			read_up_to(htabfd, size, chance(6));
	} while (chance(50));
}

void do_read_htab(struct a_vm *vm)
{
	int *htab = draw_htab(vm);

	if (*htab < 0) {
		open_as(vm, htab);
		say(" ");
	}
	say("htab%d", (int)(htab - vm->htabs));
	if (*htab >= 0)
		read_from(*htab);
}

/* The first pass of this reader ends at once, so that it reports only marks. */
static void look_for_marks(const struct a_vm *vm)
{
	int htabfd = host_open_htab(vm->fd, 0, UINT32_MAX);

	say(", look for marks:");
	read_all(htabfd);
	read_all(htabfd);
	host_close_fd(htabfd);
}

/* Without an open reader a write leaves no marks. One reader is closed before
 * the write, and the next one is opened after it. */
void do_write_unwatched(struct a_vm *vm)
{
	say("unwatched");
	look(vm);
	say(", ");
	do_write_htab(vm);
	look_for_marks(vm);
}

void look(const struct a_vm *vm)
{
	int htabfd = host_open_htab(vm->fd, 0, 0);

	say(", look:");
	read_all(htabfd);
	host_close_fd(htabfd);
}
