/* SPDX-License-Identifier: MIT */
/* The VM on which a function of the list is called */
#include "functions.h"

#include <sys/mman.h>

enum { ORDER = TEST_VM_ORDER, OTHER = TEST_VM_OTHER_ORDER };

/* An image of a table of the same order, made on another host */
static int image_file(void)
{
	static int saved = -1;
	struct htab_sim_host *host;
	int vmfd;

	if (saved >= 0)
		return saved;
	saved = memfd_create("image", MFD_CLOEXEC);
	assert_true(saved >= 0);
	host = htab_sim_host_new("page=64K ram=64K");
	assert_non_null(host);
	vmfd = a_vm_with_table(host, ORDER);
	/* Two records, so that the second one can fail after the first */
	assert_result(put_entry(vmfd, 100), 0);
	assert_result(put_entry(vmfd, 200), 0);
	assert_result(htab_save(vmfd, saved), 0);
	close(vmfd);
	assert_int_equal(htab_sim_host_free(host), 0);
	return saved;
}

static void prepare_until_ready(int vmfd)
{
	while (prepare(vmfd, OTHER) > 0)
		;
}

void set_up_function(struct test_vm *vm, const struct function *function,
		     struct htab_sim_host *host)
{
	uint32_t order = ORDER;
	int r;

	vm->host = host;
	vm->htabfd = vm->file = -1;
	vm->fd = a_vm(host);
	r = htab_alloc(vm->fd, &order);
	/* A host without hash guests refuses, and its VM has no table. */
	if (r != -EOPNOTSUPP)
		assert_result(r, 0);
	assert_result(run(vm->fd), 0);
	/* Linux 3.6 and 3.7 have no htab fd. */
	if (contents_of(vm->fd).result == 0)
		for (uint32_t i = 0; i < TEST_VM_ENTRIES; i++)
			assert_result(put_entry(vm->fd, i), 0);
	/* Linux 4.11 to 4.13 crash if nothing is prepared. */
	if (function->is_prepared)
		prepare_until_ready(vm->fd);
	if (function->has_htabfd)
		vm->htabfd = htab_open(vm->fd, function->flags);
	if (function->reads_image)
		vm->file = image_file();
	else if (function->writes_image)
		vm->file = memfd_create("image", MFD_CLOEXEC);
}

void tear_down_function(struct test_vm *vm)
{
	if (vm->htabfd >= 0)
		close(vm->htabfd);
	if (vm->file >= 0 && vm->file != image_file())
		close(vm->file);
	/* The VM must not be closed with a table prepared, nor the kernel be
	 * interrupted. */
	prepare_until_ready(vm->fd);
	prepare(vm->fd, 0);
	close(vm->fd);
}

struct contents contents_of(int vmfd)
{
	unsigned char buf[HTAB_READ_MIN];
	struct contents contents = { 0 };
	uint32_t order = 0;
	int htabfd;
	ssize_t n;

	contents.result = htab_order(vmfd, &order);
	contents.order = order;
	if (contents.result < 0)
		return contents;
	htabfd = open_htab(vmfd, 0);
	while ((n = htab_read(htabfd, buf, sizeof(buf))) > 0) {
		contents.valid += count_valid_in(buf, n);
		for (ssize_t i = 0; i < n; i++)
			contents.sum = contents.sum * 31 + buf[i];
	}
	assert_result((int)n, 0);
	close(htabfd);
	return contents;
}
