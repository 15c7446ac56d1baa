/* SPDX-License-Identifier: MIT */
/*
 * QEMU's stream: read a table from the migration stream of QEMU's machine
 * "pseries", and write one, with libhtab's records in QEMU's framing.
 *
 *	qemu-stream IN OUT
 *
 * IN has what QEMU puts into the sections "spapr/htab", one after the other,
 * without the headers and footers that all sections have. The first one is the
 * order of the table in 32 bits. Each later one is 32 bits that are 0, records,
 * and a record that is all 0. All numbers are big-endian. The program makes a
 * VM with this table, says what is in it, and writes it to OUT in the same form.
 */
#include <errno.h>
#include <fcntl.h>
#include <libhtab.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { NO_TABLE_HERE = 77, RAM = 256 << 20, HEADER = 8, ENTRY = 16 };

static const unsigned char end_mark[HEADER];

static unsigned int be(const unsigned char *at, int bytes)
{
	return bytes ? be(at, bytes - 1) << 8 | at[bytes - 1] : 0;
}

/* Returns the length of a record in host form, 0 at the mark, or -EBADMSG. */
static ssize_t get_record(FILE *in, unsigned char *record)
{
	size_t len;
	int r;

	if (fread(record, HEADER, 1, in) != 1)
		return -EBADMSG;
	if (memcmp(record, end_mark, HEADER) == 0)
		return 0;
	len = (size_t)ENTRY * be(record + 4, 2);
	if (fread(record + HEADER, 1, len, in) != len)
		return -EBADMSG;
	r = htab_records_from_wire(record, HEADER + len);
	return r < 0 ? r : (ssize_t)(HEADER + len);
}

/* What QEMU does when one of the later sections arrives */
static int load_section(int htabfd, FILE *in, uint32_t order)
{
	static unsigned char record[HEADER + UINT16_MAX * ENTRY];
	ssize_t len;

	while ((len = get_record(in, record)) > 0) {
		int r = htab_records_check(record, (size_t)len, order);

		if (r == 0)
			r = htab_write(htabfd, record, (size_t)len, NULL);
		if (r < 0)
			return r;
	}
	return (int)len;
}

static int load(int vmfd, FILE *in, uint32_t *order)
{
	unsigned char word[4];
	int htabfd, r;

	if (fread(word, sizeof(word), 1, in) != 1)
		return -EBADMSG;
	*order = be(word, sizeof(word));
	r = htab_alloc_at_least(vmfd, order, *order);
	htabfd = r < 0 ? r : htab_open(vmfd, HTAB_OPEN_WRITE);
	if (htabfd < 0)
		return htabfd;
	while (r == 0 && fread(word, sizeof(word), 1, in) == 1)
		r = be(word, sizeof(word)) ? -EBADMSG
					   : load_section(htabfd, in, *order);
	close(htabfd);
	return r;
}

struct summary {
	unsigned int valid, bolted, unknown;
	uint64_t top; /* behind the highest page */
};

static void look(struct summary *all, const unsigned char *records, size_t len)
{
	struct htab_record record;
	struct htab_hpte hpte;
	size_t at = 0;
	uint64_t real;

	while (htab_record_next(records, len, &at, &record) > 0) {
		for (uint32_t i = 0; i < record.n_valid; i++) {
			all->valid++;
			if (htab_record_hpte(&record, i, &hpte) < 0 ||
			    htab_hpte_real(&hpte, &real) < 0) {
				all->unknown++;
				continue;
			}
			all->bolted += (hpte.v & HTAB_V_BOLTED) != 0;
			real += UINT64_C(1) << htab_hpte_page_shift(&hpte);
			all->top = real > all->top ? real : all->top;
		}
	}
}

/* What QEMU writes with the vcpus stopped; while they run, it writes such a
 * section from time to time */
static int save(int vmfd, FILE *out, uint32_t order, struct summary *all)
{
	static unsigned char records[65536];
	const unsigned char words[8] = { (unsigned char)(order >> 24),
					 (unsigned char)(order >> 16),
					 (unsigned char)(order >> 8),
					 (unsigned char)order };
	int r = 0, htabfd = htab_open(vmfd, 0);
	ssize_t n = 0;

	if (htabfd < 0)
		return htabfd;
	fwrite(words, sizeof(words), 1, out);
	while (r == 0 &&
	       (n = htab_read(htabfd, records, sizeof(records))) > 0) {
		look(all, records, (size_t)n);
		r = htab_records_to_wire(records, (size_t)n);
		fwrite(records, 1, (size_t)n, out);
	}
	fwrite(end_mark, sizeof(end_mark), 1, out);
	close(htabfd);
	if (r == 0 && n < 0)
		r = (int)n;
	return r == 0 && (fflush(out) || ferror(out)) ? -EIO : r;
}

/* The pages of the entries have to be in the guest's memory. */
static int vm_with_memory(int kvmfd)
{
	struct kvm_userspace_memory_region slot = { .memory_size = RAM };
	void *ram = mmap(NULL, RAM, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	int vmfd = ioctl(kvmfd, KVM_CREATE_VM, 0);

	slot.userspace_addr = (uintptr_t)ram;
	if (vmfd < 0 || ram == MAP_FAILED ||
	    ioctl(vmfd, KVM_SET_USER_MEMORY_REGION, &slot) < 0)
		return -1;
	return vmfd;
}

int main(int argc, char *argv[])
{
	FILE *in = argc == 3 ? fopen(argv[1], "rb") : NULL;
	FILE *out = in ? fopen(argv[2], "wb") : NULL;
	struct summary all = { 0 };
	int r, vmfd, kvmfd;
	uint32_t order;

	if (!out) {
		fprintf(stderr, "usage: qemu-stream IN OUT\n");
		return 1;
	}
	kvmfd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	vmfd = vm_with_memory(kvmfd);
	if (vmfd < 0) {
		perror("/dev/kvm");
		return NO_TABLE_HERE;
	}
	r = load(vmfd, in, &order);
	if (r == 0)
		r = save(vmfd, out, order, &all);
	if (r == 0)
		printf("order %u: %u entries, %u of them bolted, %u unknown, "
		       "below %#llx\n",
		       (unsigned int)order, all.valid, all.bolted, all.unknown,
		       (unsigned long long)all.top);
	else
		fprintf(stderr, "qemu-stream: %s\n", htab_strerror(r));
	if (r == -ENOTTY || r == -EOPNOTSUPP)
		return NO_TABLE_HERE;
	return r < 0;
}
