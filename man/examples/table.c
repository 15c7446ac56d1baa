/* SPDX-License-Identifier: MIT */
/*
 * The man pages show these functions of a VMM, which is not there.
 */
#include "examples.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

int print_entry(const struct htab_hpte *hpte)
{
	uint64_t avpn, real;

	if (!(hpte->v & HTAB_V_VALID))
		return 0;
	if (htab_hpte_avpn(hpte, &avpn) < 0 ||
	    htab_hpte_real(hpte, &real) < 0)
		return printf("unknown page size\n");
	return printf("AVPN %#" PRIx64 " is at %#" PRIx64
		      ", 2^%u bytes%s\n",
		      avpn, real, htab_hpte_page_shift(hpte),
		      hpte->v & HTAB_V_BOLTED ? ", bolted" : "");
}

/* Counts the bolted entries in records that came from another host. */
int bolted(void *buf, size_t len, uint32_t order)
{
	struct htab_record record;
	struct htab_hpte hpte;
	size_t offset = 0;
	int n = 0, r = htab_records_from_wire(buf, len);

	if (r == 0)
		r = htab_records_check(buf, len, order);
	while (r == 0 &&
	       htab_record_next(buf, len, &offset, &record) > 0) {
		for (uint32_t i = 0; i < record.n_valid; i++) {
			r = htab_record_hpte(&record, i, &hpte);
			if (r == 0 && hpte.v & HTAB_V_BOLTED)
				n++;
		}
	}
	return r < 0 ? r : n;
}

int remove_entry(int vmfd, uint32_t index)
{
	struct htab_hpte hpte;
	int r = htab_get_hptes(vmfd, index, &hpte, 1);

	if (r < 0 || !(hpte.v & HTAB_V_VALID))
		return r;
	hpte.v = 0;
	return htab_put_hptes(vmfd, index, &hpte, 1);
}

/* All vcpus are stopped. */
int save_to(int vmfd, const char *path)
{
	int r, fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC,
			 0600);

	if (fd < 0)
		return -errno;
	r = htab_save(vmfd, fd);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	close(fd);
	return r;
}

/* The guest's memory is there, and no vcpu has run. */
int restore_from(int vmfd, const char *path)
{
	int r, fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	r = htab_restore(vmfd, fd);
	close(fd);
	return r;
}

/* The guest makes the hypercall H_RESIZE_HPT_PREPARE. */
long h_resize_hpt_prepare(int vmfd, uint32_t order)
{
	unsigned int wait_ms = 0;
	int r = htab_resize_prepare(vmfd, order, &wait_ms);

	return htab_papr_status(r, wait_ms);
}

/* The guest makes the hypercall H_RESIZE_HPT_COMMIT. */
long h_resize_hpt_commit(int vmfd, uint32_t order, uint32_t *pft_size)
{
	int r = htab_resize_commit(vmfd, order);

	if (r == 0)
		*pft_size = order;
	return htab_papr_status(r, 0);
}
