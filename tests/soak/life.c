/* SPDX-License-Identifier: MIT */
/* A thread, which makes one VM after another */
#include "soak.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MOST_STEPS = 40, MOST_CALLS = 300 };

atomic_bool soak_stops;
__thread const struct life *this_life;

long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long)t.tv_sec;
}

/* xorshift64* */
uint32_t dice(struct life *life, uint32_t sides)
{
	uint64_t x = life->random;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	life->random = x;
	return (uint32_t)((x * UINT64_C(0x2545f4914f6cdd1d)) >> 32) % sides;
}

void wrong(const struct life *life, const struct world *world,
	   const char *format, ...)
{
	va_list arguments;

	flockfile(stdout);
	printf("not ok 1 - thread %u, operation %lu (%s) on %s: ", life->number,
	       life->operations, life->operation, world->name);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	if (life->fault_came)
		printf(" (system call %u: %s %d)", life->fault_at,
		       life->fault_error == FAULT_SHORT ? "short" : "errno",
		       life->fault_error);
	printf("\n");
	world_print_calls(world);
	fflush(stdout);
	_Exit(EXIT_FAILURE);
}

static void step(struct vm *vm, const struct operation *operation)
{
	struct life *life = vm->life;

	life->since = now();
	life->operation = operation->name;
	operation->call(vm);
}

/* The same operation with each of its system calls failing in turn */
static void step_with_faults(struct vm *vm, const struct operation *operation)
{
	struct life *life = vm->life;
	unsigned int errors = 0;

	while (world_faults[errors])
		errors++;
	life->fault_error = world_faults[dice(life, errors)];
	life->fault_came = true;
	for (unsigned int n = 1; life->fault_came && !vm->dead; n++) {
		life->fault_came = false;
		life->fault_at = n;
		if (n > MOST_CALLS)
			wrong(life, vm->world, "it does not come to an end");
		step(vm, operation);
	}
	life->fault_at = 0;
	life->fault_came = false;
}

static void live_once(struct life *life, struct vm *vm, unsigned int worlds)
{
	const struct world *world = world_at(dice(life, worlds));
	unsigned int steps = 1 + dice(life, MOST_STEPS);

	life->operation = "new VM";
	life->world = world;
	life->since = now();
	if (!vm_new(vm, life, world))
		return;
	while (steps-- && !vm->dead && !soak_stops) {
		const struct operation *operation =
			&operations[dice(life, operations_count())];

		if (dice(life, 4) == 0)
			step_with_faults(vm, operation);
		else
			step(vm, operation);
	}
	vm_close(vm);
}

void live(struct life *life)
{
	struct vm *vm = malloc(sizeof(*vm));
	unsigned int worlds = 0;

	if (!vm)
		abort();
	while (world_at(worlds))
		worlds++;
	this_life = life;
	while (!soak_stops)
		live_once(life, vm, worlds);
	life->since = 0;
	free(vm);
}
