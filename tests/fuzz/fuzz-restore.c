/* SPDX-License-Identifier: MIT */
/*
 * htab_restore() of arbitrary bytes, on simulated hosts: a VM gets all of an
 * image, or what libhtab.h says for the error, and nothing leaks.
 *
 * The first byte chooses the host, and the second one what the VM has before.
 * Bits of the third one say whether the sums of the image are repaired, without
 * which few images come as far as the kernel, and whether it comes through a
 * pipe. The others are the image.
 */
#include "fuzz.h"
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "libhtab-sim.h"
#include "libhtab.h"

enum { REPAIR = 1, THROUGH_PIPE = 2 };
/* What the VM has before */
enum { NOTHING, SMALL, SAME, FILLED, RUNNING, LARGE, HISTORIES };

/* With little memory, so that a first run enters few entries */
static const char *const descriptions[] = {
	"page=64K ram=1M",
	"linux=6.12 ram=1M",
	"linux=4.10 page=64K ram=1M",
	"linux=4.3 cma=16M ram=1M",
	"linux=3.8 pool=1 ram=1M",
	"linux=4.14 ram=1M",
	"linux=3.6 ram=1M",
	"cpu=power9 mmu=radix ram=1M",
	"cpu=power10 mmu=hash page=64K ram=1M",
	"kvm=nested ram=1M",
	"kvm=pr ram=1M",
	"kvm=none ram=1M",
	"cma=0 block=1M memory=2M ram=1M",
	"cma=1T memory=2T ram=1M",
};
enum { HOSTS = sizeof(descriptions) / sizeof(descriptions[0]) };

/* A host lasts for all inputs, because it takes longer to make than a VM. */
static struct htab_sim_host *host_of(unsigned int number)
{
	static struct htab_sim_host *hosts[HOSTS];

	if (!hosts[number])
		hosts[number] = htab_sim_host_new(descriptions[number]);
	must(hosts[number]);
	return hosts[number];
}

/* --- what a VM has --- */

struct table {
	int opened; /* what htab_open() returned, or 0 */
	int measured;
	uint32_t order;
	uint64_t valid;
	bool differs; /* from the entries of an image */
	uint64_t hash;
};

/* Compares an entry with the image's. POWER9 has no room for the upper bits of
 * the AVPN, and bit 62 of dword 1 is the kernel's. */
static bool is_same(const struct htab_hpte *hpte, const struct entry *entry)
{
	const uint64_t v = UINT64_C(0x000fffffffffff9f);
	const uint64_t r = ~UINT64_C(0x4000000000000000);

	return (hpte->v & v) == (entry->v & v) &&
	       (hpte->r & r) == (entry->r & r);
}

static void look_at(struct table *table, const struct htab_record *record,
		    const struct image *image)
{
	const uint32_t n = (uint32_t)record->n_valid + record->n_invalid;

	table->valid += record->n_valid;
	for (uint32_t i = 0; i < n; i++) {
		const uint64_t index = (uint64_t)record->index + i;
		struct htab_hpte hpte;

		must(htab_record_hpte(record, i, &hpte) == 0);
		table->hash = table->hash * 31 + hpte.v + index;
		table->hash = table->hash * 31 + hpte.r;
		if (index < SHADOW_ENTRIES &&
		    !is_same(&hpte, &image->entries[index]))
			table->differs = true;
		/* The others are invalid, too. */
		if (i >= record->n_valid && image->order > SHADOW_ORDER)
			break;
	}
}

static struct table table_of(int vmfd, const struct image *image)
{
	static unsigned char buf[1 << 20];
	struct table table = { .order = 0 };
	int htabfd = htab_open(vmfd, 0);
	ssize_t n = 0;

	table.opened = htabfd < 0 ? htabfd : 0;
	table.measured = htab_order(vmfd, &table.order);
	if (htabfd < 0)
		return table;
	/* To read a larger table takes too long. */
	while (table.order <= 30 &&
	       (n = htab_read(htabfd, buf, sizeof(buf))) > 0) {
		struct htab_record record;
		size_t offset = 0;

		while (htab_record_next(buf, (size_t)n, &offset, &record) > 0)
			look_at(&table, &record, image);
	}
	must(n == 0);
	close(htabfd);
	return table;
}

static void prepare_vm(int vmfd, unsigned int before, uint32_t image_order)
{
	uint32_t order = before == SAME	   ? image_order
			 : before == LARGE ? 22
					   : 18;

	if (before == NOTHING)
		return;
	/* Not every host can do this. */
	if (htab_alloc(vmfd, &order) < 0)
		return;
	if ((before == FILLED || before == RUNNING) &&
	    htab_sim_vcpu_enter(vmfd) == 0 && before == FILLED)
		must(htab_sim_vcpu_leave(vmfd) == 0);
}

/* --- the contract --- */

static void check_unchanged(const struct table *before,
			    const struct table *after)
{
	must(before->opened == after->opened);
	must(before->measured == after->measured);
	must(before->order == after->order);
	must(before->valid == after->valid && before->hash == after->hash);
}

static void check_contract(int r, const struct image *image,
			   const struct table *before,
			   const struct table *after)
{
	if (image->header < 0) {
		must(r == image->header);
		check_unchanged(before, after);
		return;
	}
	/* Linux 3.6 and 3.7 show no table. */
	if (after->measured == -ENOTTY) {
		must(r == -ENOTTY || r == -ENOMEM || r == -ENOSPC ||
		     r == -EOPNOTSUPP);
		return;
	}
	switch (r) {
	case 0:
		must(image->whole);
		must(image->order > SHADOW_ORDER || !after->differs);
		break;
	case -EBADMSG:
		must(!image->whole);
		must(after->valid == 0);
		break;
	case -EINVAL:
	case -EIO:
		must(after->valid == 0);
		break;
	case -EOPNOTSUPP:
	case -EBUSY:
		check_unchanged(before, after);
		return;
	case -ENOSPC:
		must(after->measured == 0 && after->order != image->order);
		must(after->valid == 0);
		return;
	case -ENOMEM:
		must(after->measured == -ENOENT);
		return;
	default:
		/* libhtab.h lists no other. */
		must(r == 0);
	}
	must(after->opened == 0);
	must(image->order > 36 ? after->measured == -EOVERFLOW
			       : after->order == image->order);
}

/* --- the image's descriptor --- */

static int image_fd(const uint8_t *bytes, size_t len, bool through_pipe)
{
	int ends[2], fd;

	if (through_pipe) {
		must(pipe(ends) == 0);
		must(write(ends[1], bytes, len) == (ssize_t)len);
		close(ends[1]);
		return ends[0];
	}
	fd = memfd_create("image", MFD_CLOEXEC);
	must(fd >= 0);
	must(write(fd, bytes, len) == (ssize_t)len);
	must(lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

/* Each new descriptor has the lowest number that is free. */
static int lowest_free(void)
{
	int fd = fcntl(STDERR_FILENO, F_DUPFD, 0);

	close(fd);
	return fd;
}

static void restore(int vmfd, const struct image *image, const uint8_t *bytes,
		    size_t len, unsigned int how, unsigned int has)
{
	/* A pipe has room for 64 KiB. */
	const bool through_pipe = how & THROUGH_PIPE && len <= 65536;
	const int fd = image_fd(bytes, len, through_pipe);
	const int free_fd = lowest_free();
	struct table before, after;
	uint32_t least = HTAB_ORDER_MIN;
	uint8_t byte;
	int r;

	before = table_of(vmfd, image);
	r = htab_restore(vmfd, fd);
	must(lowest_free() == free_fd);
	after = table_of(vmfd, image);
	check_contract(r, image, &before, &after);
	/* Nothing is read beyond the image's end. */
	if (r == 0 && !through_pipe)
		must(lseek(fd, 0, SEEK_CUR) == (off_t)image->end);
	else if (r == 0)
		must(read(fd, &byte, 1) == (image->end < len));
	close(fd);
	/* Linux 4.11 to 4.14 need this before the VM is closed. */
	if (r == -ENOMEM && has != NOTHING)
		must(htab_alloc(vmfd, &least) == 0);
	if (has == RUNNING)
		htab_sim_vcpu_leave(vmfd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct image image;
	struct input input = { data, size };
	struct htab_sim_host *host =
		host_of((unsigned int)take(&input, 1) % HOSTS);
	const unsigned int before = (unsigned int)take(&input, 1) % HISTORIES;
	const unsigned int how = (unsigned int)take(&input, 1);
	const uint64_t cma = htab_sim_free_memory(host, HTAB_SIM_CMA);
	const uint64_t pages = htab_sim_free_memory(host, HTAB_SIM_PAGES);
	const uint64_t pool = htab_sim_free_memory(host, HTAB_SIM_POOL);
	const int vmfd = htab_sim_vm_new(host);
	uint8_t *bytes = malloc(input.left + 1);

	must(vmfd >= 0 && bytes);
	if (input.left)
		memcpy(bytes, input.at, input.left);
	if (how & REPAIR)
		repair_sums(bytes, input.left);
	understand(&image, bytes, input.left);
	prepare_vm(vmfd, before, image.order);
	restore(vmfd, &image, bytes, input.left, how, before);
	close(vmfd);
	must(htab_sim_free_memory(host, HTAB_SIM_CMA) == cma);
	must(htab_sim_free_memory(host, HTAB_SIM_PAGES) == pages);
	must(htab_sim_free_memory(host, HTAB_SIM_POOL) == pool);
	free(bytes);
	return 0;
}
