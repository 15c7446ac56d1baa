/* SPDX-License-Identifier: MIT */
/* Simulated hosts of every generation, which all threads share */
#include "soak.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "libhtab-sim.h"

static struct {
	const char *description;
	bool can_run;
	struct htab_sim_host *host;
	uint64_t cma, pages, pool;
	struct world world;
} hosts[] = {
	{ .description = "linux=3.6 page=64K ram=64K pool=2", .can_run = true },
	{ .description = "linux=3.8 page=64K ram=64K", .can_run = true },
	{ .description = "linux=4.3 page=64K ram=64K", .can_run = true },
	{ .description = "linux=4.10 page=64K ram=64K reverse=random",
	  .can_run = true },
	{ .description = "linux=4.12 page=64K ram=64K", .can_run = true },
	{ .description = "linux=4.14 page=64K ram=64K", .can_run = true },
	{ .description = "linux=4.14 page=64K ram=64K cma=8M block=1M",
	  .can_run = true },
	{ .description = "linux=4.16 page=64K ram=64K cpu=power9",
	  .can_run = true },
	{ .description = "linux=5.11 page=64K ram=64K cpu=power9-dd2.0",
	  .can_run = false },
	{ .description = "linux=6.1 page=64K ram=64K cma=16M block=2M",
	  .can_run = true },
	{ .description = "linux=6.12 page=4K ram=64K polls=3",
	  .can_run = true },
	{ .description = "linux=6.12 page=4K ram=1M cpu=power10",
	  .can_run = true },
	{ .description = "linux=6.12 page=64K ram=64K cpu=power10 mmu=hash",
	  .can_run = true },
	{ .description = "linux=6.12 kvm=nested ram=64K", .can_run = false },
	{ .description = "linux=5.9 kvm=nested cpu=power9 ram=64K",
	  .can_run = false },
	{ .description = "linux=4.10 kvm=pr", .can_run = false },
	{ .description = "linux=6.12 kvm=none", .can_run = false },
};

enum { HOSTS = sizeof(hosts) / sizeof(hosts[0]) };

const int world_faults[] = { EINTR,  EMFILE,	  ENOMEM, EBUSY,
			     EAGAIN, FAULT_SHORT, 0 };

/* The fault of this thread's call */
static __thread struct {
	unsigned int calls, n;
	int error;
	bool inside, came;
} fault;

/* A fault that tells the library something that no kernel would: the worker
 * that prepares a table has ended without a table (ENOMEM), but goes on. */
static bool cannot_be(const struct htab_sim_event *event)
{
	if (fault.error == FAULT_SHORT)
		return event->call != HTAB_SIM_READ &&
		       event->call != HTAB_SIM_WRITE;
	return fault.error == ENOMEM &&
	       (event->call == HTAB_SIM_RESIZE_PREPARE ||
		event->call == HTAB_SIM_RESIZE_COMMIT);
}

/* The kernel says how many milliseconds to wait for a table. One is enough. */
static bool answer(void *data, const struct htab_sim_event *event, long *result)
{
	(void)data;
	if (fault.inside)
		return false;
	if (fault.n && !cannot_be(event) && ++fault.calls == fault.n) {
		fault.came = true;
		*result = fault.error == FAULT_SHORT ? 4 : -fault.error;
		return true;
	}
	if (event->call != HTAB_SIM_RESIZE_PREPARE)
		return false;
	fault.inside = true;
	*result = htab_sim_ioctl(event->fd, event->request, event->arg);
	fault.inside = false;
	if (*result > 0)
		*result = 1;
	return true;
}

void fault_begin(unsigned int n, int error)
{
	fault.calls = 0;
	fault.came = false;
	fault.n = n;
	fault.error = error;
}

bool fault_end(int result)
{
	(void)result;
	fault.n = 0;
	return fault.came;
}

/* What harms a real host. A VM that was closed is noticed at a later call. */
static void on_hazard(void *data, enum htab_sim_hazard hazard,
		      const char *sentence)
{
	static const struct life none = { .operation = "the end" };

	wrong(this_life ? this_life : &none, data, "hazard %d: %s", (int)hazard,
	      sentence);
}

static unsigned int version_of(const char *description)
{
	unsigned int major, minor;

	if (sscanf(description, "linux=%u.%u", &major, &minor) != 2)
		abort();
	return LINUX_VERSION(major, minor);
}

static void open_world(unsigned int i)
{
	struct world *world = &hosts[i].world;

	hosts[i].host = htab_sim_host_new(hosts[i].description);
	if (!hosts[i].host)
		abort();
	htab_sim_intercept(hosts[i].host, answer, NULL);
	htab_sim_on_hazard(hosts[i].host, on_hazard, world);
	hosts[i].cma = htab_sim_free_memory(hosts[i].host, HTAB_SIM_CMA);
	hosts[i].pages = htab_sim_free_memory(hosts[i].host, HTAB_SIM_PAGES);
	hosts[i].pool = htab_sim_free_memory(hosts[i].host, HTAB_SIM_POOL);
	world->name = hosts[i].description;
	world->linux_version = version_of(world->name);
	world->kvmfd = htab_sim_kvmfd(hosts[i].host);
	world->caps = htab_caps(world->kvmfd);
	world->can_run = hosts[i].can_run;
	world->largest = 30;
}

unsigned int worlds_open(void)
{
	for (unsigned int i = 0; i < HOSTS; i++)
		open_world(i);
	return HOSTS;
}

struct world *world_at(unsigned int i)
{
	return i < HOSTS ? &hosts[i].world : NULL;
}

int worlds_close(uint64_t *pages)
{
	int descriptors = 0;

	*pages = 0;
	for (unsigned int i = 0; i < HOSTS; i++) {
		struct htab_sim_host *host = hosts[i].host;

		*pages +=
			hosts[i].cma - htab_sim_free_memory(host, HTAB_SIM_CMA);
		*pages += hosts[i].pages -
			  htab_sim_free_memory(host, HTAB_SIM_PAGES);
		*pages += hosts[i].pool -
			  htab_sim_free_memory(host, HTAB_SIM_POOL);
		descriptors += htab_sim_host_free(host);
	}
	return descriptors;
}

static struct htab_sim_host *host_of(const struct world *world)
{
	unsigned int i = 0;

	while (&hosts[i].world != world)
		i++;
	return hosts[i].host;
}

/* The calls of all threads on this host */
void world_print_calls(const struct world *world)
{
	const char *journal = htab_sim_journal(host_of(world));
	const char *at = journal + strlen(journal);

	for (int lines = 0; at > journal && lines <= 20;)
		lines += *--at == '\n';
	for (; *at; at += strcspn(at, "\n"), at += *at != 0)
		printf("# %.*s\n", (int)strcspn(at, "\n"), at);
}

int world_new_vm(const struct world *world)
{
	return htab_sim_vm_new(host_of(world));
}

/* The simulator needs no vcpu for a VM to run, and no memory. */
struct vcpu {
	int vmfd;
};

struct vcpu *world_new_vcpu(const struct world *world, int vmfd)
{
	struct vcpu *vcpu = malloc(sizeof(*vcpu));

	(void)world;
	if (!vcpu)
		abort();
	vcpu->vmfd = vmfd;
	return vcpu;
}

int world_enter(struct vcpu *vcpu)
{
	return htab_sim_vcpu_enter(vcpu->vmfd);
}

void world_leave(struct vcpu *vcpu)
{
	if (htab_sim_vcpu_leave(vcpu->vmfd) < 0)
		abort();
}

void world_free_vcpu(struct vcpu *vcpu)
{
	free(vcpu);
}
