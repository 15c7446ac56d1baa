/* SPDX-License-Identifier: MIT */
/* Bad pointers are -EFAULT in those calls in which the kernel uses them. */
#include "model.h"

#include <endian.h>
#include <sys/mman.h>
#include <sys/uio.h>

/* Areas of two pages. In no_pages no byte can be used, in one_page only the
 * first page can, and read_only can only be read. */
static unsigned char *no_pages, *one_page, *read_only;
static size_t page;

static unsigned char *two_pages(int first, int second)
{
	unsigned char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(pages, MAP_FAILED);
	*(uint32_t *)(void *)pages = 20;
	assert_int_equal(mprotect(pages, page, first), 0);
	assert_int_equal(mprotect(pages + page, page, second), 0);
	return pages;
}

static int map_pages(void **state)
{
	page = (size_t)sysconf(_SC_PAGESIZE);
	no_pages = two_pages(PROT_NONE, PROT_NONE);
	one_page = two_pages(PROT_READ | PROT_WRITE, PROT_NONE);
	read_only = two_pages(PROT_READ, PROT_READ);
	return 0;
}

/* The bad pointers are NULL, a low address, one into no_pages, and one to a
 * value that begins in a good page and ends behind it. */
enum { BAD = 4 };

static void *bad_pointer(int i)
{
	void *const bad[BAD] = { NULL, (void *)8, no_pages,
				 one_page + page - 2 };

	return bad[i];
}

static const unsigned long requests[] = {
	UAPI_KVM_PPC_ALLOCATE_HTAB,
	UAPI_KVM_PPC_GET_HTAB_FD,
	UAPI_KVM_PPC_RESIZE_HPT_PREPARE,
	UAPI_KVM_PPC_RESIZE_HPT_COMMIT,
};

static void assert_answers(int fd, int expected)
{
	for (size_t i = 0; i < COUNT_OF(requests); i++)
		for (int j = 0; j < BAD; j++)
			assert_result(
				htab_sim_ioctl(fd, requests[i], bad_pointer(j)),
				expected);
}

static void a_bad_pointer_is_efault_and_changes_nothing(void **state)
{
	struct htab_sim_host *host = a_host("page=64K");
	struct free_memory before, after;
	int vmfd = a_vm_with_table(host, 20);

	assert_result(run(vmfd), 0);
	before = free_memory(host);
	assert_answers(vmfd, -EFAULT);
	after = free_memory(host);
	assert_memory_equal(&after, &before, sizeof(after));
	assert_order(vmfd, 20);
	assert_int_equal(valid_entries(vmfd), 256);
	close(vmfd);
	close_host(host);
}

static void what_does_not_know_the_call_does_not_look(void **state)
{
	struct htab_sim_host *host = a_host(NULL);
	int vmfd = a_vm(host), htabfd = open_htab(vmfd, 0);
	int vcpufd = htab_sim_ioctl(vmfd, UAPI_KVM_CREATE_VCPU, NULL);

	assert_answers(htab_sim_kvmfd(host), -EINVAL);
	assert_answers(vcpufd, -EINVAL);
	assert_answers(htabfd, -ENOTTY);
	assert_result(htab_sim_ioctl(vmfd, 0xae99, no_pages), -ENOTTY);
	assert_int_equal(htab_sim_read(vmfd, no_pages, 64), -EINVAL);
	close(vcpufd);
	close(htabfd);
	close(vmfd);
	close_host(host);
}

static void kernels_without_the_call_do_not_look(void **state)
{
	static const struct {
		const char *host;
		unsigned long request;
		int error;
	} cases[] = {
		{ "kvm=pr linux=4.10", UAPI_KVM_PPC_ALLOCATE_HTAB, -ENOTTY },
		/* A hazard would end the test: nothing was made here. */
		{ "linux=4.10", UAPI_KVM_PPC_ALLOCATE_HTAB, -EFAULT },
		{ "kvm=pr", UAPI_KVM_PPC_GET_HTAB_FD, -ENOTTY },
		{ "kvm=none", UAPI_KVM_PPC_RESIZE_HPT_COMMIT, -ENOTTY },
		{ "linux=3.7", UAPI_KVM_PPC_GET_HTAB_FD, -ENOTTY },
		{ "linux=4.10", UAPI_KVM_PPC_RESIZE_HPT_COMMIT, -ENOTTY },
		{ "kvm=nested linux=5.9", UAPI_KVM_PPC_ALLOCATE_HTAB, -EFAULT },
		{ "kvm=nested linux=5.10", UAPI_KVM_PPC_ALLOCATE_HTAB,
		  -EOPNOTSUPP },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct htab_sim_host *host = a_host(cases[i].host);
		int vmfd = a_vm(host);

		for (int j = 0; j < BAD; j++)
			assert_result(htab_sim_ioctl(vmfd, cases[i].request,
						     bad_pointer(j)),
				      cases[i].error);
		close(vmfd);
		close_host(host);
	}
}

/* The kernel makes the table before it writes the order back. */
static void hazard_24_is_an_order_that_cannot_be_written(void **state)
{
	static const struct {
		const char *host;
		int result, hazard;
	} hosts[] = { { "linux=3.6", -EFAULT, 24 },
		      { "linux=4.3", -EFAULT, 24 },
		      { "linux=4.10", -EFAULT, 24 },
		      { "linux=4.11", 0, 0 },
		      { "linux=7.2", 0, 0 } };
	uint32_t *order = (uint32_t *)(void *)read_only;
	struct hazards hazards;

	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		struct htab_sim_host *host = a_host(hosts[i].host);
		uint64_t before = htab_sim_free_memory(host, HTAB_SIM_PAGES);
		int vmfd = a_vm(host);
		uint64_t after;

		watch_hazards(host, &hazards);
		for (int j = 0; j < 2; j++) {
			assert_result(allocate(vmfd, order), hosts[i].result);
			assert_hazard(&hazards, hosts[i].hazard);
			after = htab_sim_free_memory(host, HTAB_SIM_PAGES);
			assert_true(after < before);
		}
		if (i > 0)
			assert_order(vmfd, 20);
		close(vmfd);
		close_host(host);
	}
}

/* --- the htab fd --- */

static void a_read_into_nothing_is_efault_if_there_is_something(void **state)
{
	struct htab_sim_host *host = a_host(NULL);
	int vmfd = a_vm_with_table(host, 18), htabfd = open_htab(vmfd, 0);
	struct record record;

	for (int i = 0; i < BAD; i++)
		assert_int_equal(htab_sim_read(htabfd, bad_pointer(i), 64),
				 -EFAULT);
	assert_int_equal(htab_sim_read(htabfd, read_only, 64), -EFAULT);
	/* 24 bytes are too few for a record, so the kernel writes nothing. */
	assert_int_equal(htab_sim_read(htabfd, no_pages, 24), 0);
	/* The failed reads have not ended the first pass. */
	assert_int_equal(read_record(htabfd, &record, 64), 8);
	assert_record(&record, 0, 0, 1 << 14);
	for (int i = 0; i < BAD; i++)
		assert_int_equal(htab_sim_read(htabfd, bad_pointer(i), 64), 0);
	close(htabfd);
	close(vmfd);
	close_host(host);
}

/* many() entries do not fit into a page together with a header. cut_at() is the
 * index of the first one that does not end in the page. */
static uint16_t many(void)
{
	return (uint16_t)(page / UAPI_HPTE_SIZE + 100);
}

static uint32_t cut_at(void)
{
	return (uint32_t)((page - sizeof(struct uapi_kvm_get_htab_header)) /
			  UAPI_HPTE_SIZE);
}

/* The reader must find one record, whose valid entries begin at the index. */
static void assert_reads(int htabfd, uint32_t index, uint32_t n_valid)
{
	static __attribute__((aligned(8))) unsigned char buf[1 << 20];
	struct uapi_kvm_get_htab_header header;

	assert_true(htab_sim_read(htabfd, buf, sizeof(buf)) > 0);
	memcpy(&header, buf, sizeof(header));
	assert_int_equal(header.index, index);
	assert_int_equal(header.n_valid, n_valid);
}

static void
a_read_that_is_cut_loses_the_marks_and_not_the_position(void **state)
{
	struct htab_sim_host *host = a_host(NULL);
	int vmfd = a_vm_with_table(host, 18);
	int marked = open_htab(vmfd, 0), first_pass = open_htab(vmfd, 0);
	int writefd = open_htab(vmfd, UAPI_KVM_GET_HTAB_WRITE);

	assert_int_equal(count_valid(marked), 0);
	for (uint32_t i = 0; i < many(); i++)
		assert_int_equal(write_hpte(writefd, i, A_HPTE_V, A_HPTE_R),
				 24);
	assert_int_equal(htab_sim_read(marked, one_page, 2 * page), -EFAULT);
	/* The failed read has cleared the marks of the entries before the end
	 * of the page and of the one at the end. */
	assert_reads(marked, cut_at() + 1, many() - cut_at() - 1);
	/* A first pass reports all entries, with or without marks. */
	assert_int_equal(htab_sim_read(first_pass, one_page, 2 * page),
			 -EFAULT);
	assert_reads(first_pass, 0, many());
	close(writefd);
	close(first_pass);
	close(marked);
	close(vmfd);
	close_host(host);
}

static void a_write_that_is_cut_has_written_what_came_before(void **state)
{
	const struct uapi_kvm_get_htab_header header = { .n_valid = many() };
	const size_t len = sizeof(header) + many() * (size_t)UAPI_HPTE_SIZE;
	const uint64_t entry[2] = { htobe64(A_HPTE_V), htobe64(A_HPTE_R) };
	struct htab_sim_host *host = a_host(NULL);
	int vmfd = a_vm_with_table(host, 18);
	int htabfd = open_htab(vmfd, UAPI_KVM_GET_HTAB_WRITE);

	memcpy(one_page, &header, sizeof(header));
	for (size_t i = 0; i < cut_at(); i++)
		memcpy(one_page + sizeof(header) + i * sizeof(entry), entry,
		       sizeof(entry));
	assert_int_equal(htab_sim_write(htabfd, one_page, len, len), -EFAULT);
	assert_int_equal(valid_entries(vmfd), cut_at());
	for (int i = 0; i < BAD; i++)
		assert_int_equal(htab_sim_write(htabfd, bad_pointer(i), 64, 64),
				 -EFAULT);
	/* The kernel ignores a write that is shorter than a header. */
	assert_int_equal(htab_sim_write(htabfd, no_pages, 7, 7), 0);
	assert_int_equal(htab_sim_write(htabfd, read_only + page - 4, 8, 8), 8);
	close(htabfd);
	close(vmfd);
	close_host(host);
}

/* The simulator checks buffers by a system call that qemu-user does not have.
 * There it takes all buffers for good ones. */
static bool can_be_checked(void)
{
	char byte = 0, copy;
	const struct iovec from = { &byte, 1 }, to = { &copy, 1 };

	return process_vm_readv(getpid(), &to, 1, &from, 1, 0) == 1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(what_does_not_know_the_call_does_not_look),
		SIM_TEST(a_bad_pointer_is_efault_and_changes_nothing),
		SIM_TEST(kernels_without_the_call_do_not_look),
		SIM_TEST(hazard_24_is_an_order_that_cannot_be_written),
		SIM_TEST(a_read_into_nothing_is_efault_if_there_is_something),
		SIM_TEST(
			a_read_that_is_cut_loses_the_marks_and_not_the_position),
		SIM_TEST(a_write_that_is_cut_has_written_what_came_before),
	};
	const struct CMUnitTest unchecked[] = {
		SIM_TEST(what_does_not_know_the_call_does_not_look),
		SIM_TEST(a_bad_pointer_is_efault_and_changes_nothing),
		SIM_TEST(kernels_without_the_call_do_not_look),
		SIM_TEST(hazard_24_is_an_order_that_cannot_be_written),
	};

	if (can_be_checked())
		return cmocka_run_group_tests(tests, map_pages, NULL);
	print_message("# no process_vm_readv() here: 3 cases left out\n");
	return cmocka_run_group_tests(unchecked, map_pages, NULL);
}
