/* SPDX-License-Identifier: MIT */
/* differential SEED COUNT: draws COUNT operations from the seed, does them and
 * prints a numbered line for each. */
#include "differential.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct host host;
struct a_vm vms[MAX_VMS];
static uint64_t state;

/* splitmix64 */
static uint64_t next(void)
{
	uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

uint32_t draw(uint32_t n)
{
	return (uint32_t)((next() >> 32) * n >> 32);
}

bool chance(uint32_t percent)
{
	return draw(100) < percent;
}

void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
}

void say_result(long result)
{
	const char *error = result < 0 ? strerrorname_np((int)-result) : NULL;

	if (error)
		say(" = -%s", error);
	else
		say(" = %ld", result);
}

/* The weight with which each operation on an existing VM is drawn */
static const struct {
	unsigned int weight;
	void (*run)(struct a_vm *vm);
} operations[] = {
	{ 4, do_close_vm },
	{ 12, do_vcpu_of },
	{ 4, do_alloc },
	{ 3, do_alloc_at_least },
	{ 1, do_largest },
	{ 1, do_caps },
	{ 3, do_order },
	{ 3, do_reset },
	{ 6, do_raw_allocate },
	{ 2, do_check_extension },
	{ 4, do_open_htab },
	{ 4, do_close_htab },
	{ 20, do_read_htab },
	{ 22, do_write_htab },
	{ 2, do_load_vrma },
	{ 3, do_prepare },
	{ 6, do_commit },
	{ 1, do_cancel },
	{ 2, do_write_unwatched },
	{ 3, do_renew },
	{ 10, do_set_region },
	{ 2, do_replace_memory },
	{ 1, do_smmu_info },
	{ 5, do_configure_mmu },
	{ 1, do_version },
	{ 3, do_stream_open },
	{ 8, do_stream_read },
	{ 8, do_stream_write },
	{ 4, do_write_record },
	{ 6, do_get_hptes },
	{ 6, do_put_hptes },
	{ 4, do_save },
	{ 3, do_migrate },
	{ 2, do_resize_prepare },
	{ 3, do_resize_commit },
	{ 1, do_resize_cancel },
	{ 3, do_resize_whole },
	{ 3, do_configure },
	{ 3, do_switch_with_pending },
};

static void run_drawn(struct a_vm *vm)
{
	unsigned int all = 0, at;
	size_t i;

	for (i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		all += operations[i].weight;
	at = draw(all);
	for (i = 0; at >= operations[i].weight; i++)
		at -= operations[i].weight;
	operations[i].run(vm);
}

static void run_one(unsigned long number)
{
	struct a_vm *vm = &vms[draw(MAX_VMS)];

	say("%lu vm%d ", number, (int)(vm - vms));
	if (vm->fd >= 0)
		run_drawn(vm);
	else if (chance(60) || !orphan())
		do_new_vm(vm);
	say("\n");
	/* If the kernel kills the program, the lab shows the lines so far. */
	fflush(stdout);
}

int main(int argc, char **argv)
{
	unsigned long count;
	const char *why;

	if (argc != 3) {
		fprintf(stderr, "usage: differential SEED COUNT\n");
		return EXIT_FAILURE;
	}
	state = strtoull(argv[1], NULL, 10);
	count = strtoul(argv[2], NULL, 10);
	if (host_open(&host, &why) < 0) {
		fprintf(stderr, "%s\n", why);
		return EXIT_FAILURE;
	}
	printf("host linux=%u.%u page=%uK\n", host.linux_version / 1000,
	       host.linux_version % 1000, host.page_size / 1024);
	for (int i = 0; i < MAX_VMS; i++)
		vms[i].fd = -1;
	for (unsigned long i = 1; i <= count; i++)
		run_one(i);
	for (int i = 0; i < MAX_VMS; i++)
		if (vms[i].fd >= 0)
			do_close_vm(&vms[i]);
	while (orphan())
		;
	printf("\nend of %lu operations\n", count);
	host_close(&host);
	return 0;
}
