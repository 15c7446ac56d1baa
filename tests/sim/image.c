/* SPDX-License-Identifier: MIT */
#include "image.h"

#include <endian.h>
#include <stdlib.h>

int a_full_vm(struct htab_sim_host **host)
{
	static uint64_t entries[FULL_ENTRIES][2];
	const struct htab_record record = { .n_valid = FULL_ENTRIES,
					    .entries = entries };
	int vmfd, htabfd;

	*host = a_host("linux=6.12");
	vmfd = a_vm_with_table(*host, FULL_ORDER);
	for (uint64_t i = 0; i < FULL_ENTRIES; i++) {
		entries[i][0] = htobe64(A_HPTE_V | i << 12);
		entries[i][1] = htobe64(A_HPTE_R);
	}
	htabfd = htab_open(vmfd, HTAB_OPEN_WRITE);
	assert_true(htabfd >= 0);
	assert_result(htab_write_record(htabfd, &record), 0);
	close(htabfd);
	return vmfd;
}

int a_file(void)
{
	char name[] = "/tmp/htab-image-XXXXXX";
	int fd = mkstemp(name);

	assert_true(fd >= 0);
	unlink(name);
	return fd;
}

static struct image image_in(int fd)
{
	const off_t size = lseek(fd, 0, SEEK_CUR);
	struct image image = { malloc((size_t)size), (size_t)size };

	assert_non_null(image.bytes);
	assert_int_equal(pread(fd, image.bytes, image.size, 0), size);
	return image;
}

struct image image_of(int vmfd)
{
	struct image image;
	int fd = a_file();

	assert_result(htab_save(vmfd, fd), 0);
	image = image_in(fd);
	close(fd);
	return image;
}
