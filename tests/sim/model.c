/* SPDX-License-Identifier: MIT */
#include "model.h"

#include <endian.h>
#include <signal.h>
#include <sys/mman.h>

int a_vm(struct htab_sim_host *host)
{
	int vmfd = htab_sim_vm_new(host);

	assert_true(vmfd >= 0);
	return vmfd;
}

int a_vm_with_table(struct htab_sim_host *host, uint32_t order)
{
	int vmfd = a_vm(host);
	uint32_t granted = order;

	assert_result(allocate(vmfd, &granted), 0);
	assert_int_equal(granted, order);
	return vmfd;
}

int run(int vmfd)
{
	int r = htab_sim_vcpu_enter(vmfd);

	return r < 0 ? r : htab_sim_vcpu_leave(vmfd);
}

int allocate(int vmfd, uint32_t *order)
{
	return htab_sim_ioctl(vmfd, UAPI_KVM_PPC_ALLOCATE_HTAB, order);
}

int allocate_order(int vmfd, uint32_t order)
{
	return allocate(vmfd, &order);
}

static int resize_ioctl(int vmfd, unsigned long request, uint32_t shift)
{
	struct uapi_kvm_ppc_resize_hpt how = { .shift = shift };

	return htab_sim_ioctl(vmfd, request, &how);
}

int prepare(int vmfd, uint32_t shift)
{
	return resize_ioctl(vmfd, UAPI_KVM_PPC_RESIZE_HPT_PREPARE, shift);
}

int commit(int vmfd, uint32_t shift)
{
	return resize_ioctl(vmfd, UAPI_KVM_PPC_RESIZE_HPT_COMMIT, shift);
}

int resize(int vmfd, uint32_t shift)
{
	int r;

	do
		r = prepare(vmfd, shift);
	while (r > 0);
	return r < 0 ? r : commit(vmfd, shift);
}

int capability(int fd, uintptr_t cap)
{
	return htab_sim_ioctl(fd, UAPI_KVM_CHECK_EXTENSION, (void *)cap);
}

void assert_order_at(int vmfd, uint32_t expected, const char *file, int line)
{
	uint32_t order = 0;

	assert_result_at(htab_order(vmfd, &order), 0, "htab_order", file, line);
	_assert_int_equal(order, expected, file, line);
}

void assert_no_table(int vmfd)
{
	uint32_t order;

	assert_result(htab_order(vmfd, &order), -ENOENT);
}

int open_htab_from(int vmfd, uint64_t flags, uint64_t start_index)
{
	struct uapi_kvm_get_htab_fd how = {
		.flags = flags,
		.start_index = start_index,
		/* The kernel does not check these. */
		.reserved = { 1, 2 },
	};

	return htab_sim_ioctl(vmfd, UAPI_KVM_PPC_GET_HTAB_FD, &how);
}

int open_htab(int vmfd, uint64_t flags)
{
	int htabfd = open_htab_from(vmfd, flags, 0);

	assert_true(htabfd >= 0);
	return htabfd;
}

ssize_t write_hpte(int htabfd, uint32_t index, uint64_t v, uint64_t r)
{
	struct {
		struct uapi_kvm_get_htab_header header;
		uint64_t dword[2];
	} record = {
		.header = { .index = index, .n_valid = 1 },
		.dword = { htobe64(v), htobe64(r) },
	};

	return htab_sim_write(htabfd, &record, sizeof(record), sizeof(record));
}

/* Closes the htab fd. Returns 0 if the write wrote all, or its -errno. */
static int close_after(int htabfd, ssize_t n, size_t len)
{
	assert_int_equal(close(htabfd), 0);
	if (n < 0)
		return (int)n;
	assert_int_equal(n, len);
	return 0;
}

int put_hpte(int vmfd, uint32_t index, uint64_t v, uint64_t r)
{
	int htabfd = open_htab(vmfd, UAPI_KVM_GET_HTAB_WRITE);
	ssize_t n = write_hpte(htabfd, index, v, r);

	return close_after(htabfd, n, 24);
}

int put_entry(int vmfd, uint32_t index)
{
	return put_hpte(vmfd, index, A_HPTE_V, A_HPTE_R);
}

int put_invalid(int vmfd, uint32_t index, uint16_t count)
{
	const struct uapi_kvm_get_htab_header record = {
		.index = index,
		.n_invalid = count,
	};
	int htabfd = open_htab(vmfd, UAPI_KVM_GET_HTAB_WRITE);
	ssize_t n =
		htab_sim_write(htabfd, &record, sizeof(record), sizeof(record));

	return close_after(htabfd, n, sizeof(record));
}

ssize_t read_record(int htabfd, struct record *record, size_t len)
{
	unsigned char buf[sizeof(*record)];
	ssize_t n;

	assert_true(len <= sizeof(buf));
	*record = (struct record){ .header = { .index = UINT32_MAX } };
	n = htab_sim_read(htabfd, buf, len);
	if (n <= 0)
		return n;
	memcpy(&record->header, buf, sizeof(record->header));
	assert_int_equal(n, sizeof(record->header) +
				    record->header.n_valid * UAPI_HPTE_SIZE);
	for (size_t i = 0; i < record->header.n_valid * (size_t)2; i++) {
		uint64_t dword;

		memcpy(&dword, buf + sizeof(record->header) + i * sizeof(dword),
		       sizeof(dword));
		record->dword[i] = be64toh(dword);
	}
	return n;
}

void assert_record_at(const struct record *record, uint32_t index,
		      uint16_t n_valid, uint16_t n_invalid, const char *file,
		      int line)
{
	_assert_int_equal(record->header.index, index, file, line);
	_assert_int_equal(record->header.n_valid, n_valid, file, line);
	_assert_int_equal(record->header.n_invalid, n_invalid, file, line);
}

uint64_t count_valid_in(const unsigned char *buf, ssize_t n)
{
	uint64_t valid = 0;

	for (ssize_t at = 0; at < n;) {
		struct uapi_kvm_get_htab_header header;

		memcpy(&header, buf + at, sizeof(header));
		valid += header.n_valid;
		at += (ssize_t)sizeof(header) + header.n_valid * UAPI_HPTE_SIZE;
	}
	return valid;
}

uint64_t count_valid(int htabfd)
{
	static __attribute__((aligned(8))) unsigned char buf[1 << 20];
	uint64_t valid = 0;
	ssize_t n;

	while ((n = htab_sim_read(htabfd, buf, sizeof(buf))) > 0)
		valid += count_valid_in(buf, n);
	assert_result((int)n, 0);
	return valid;
}

uint64_t valid_entries(int vmfd)
{
	int htabfd = open_htab(vmfd, 0);
	uint64_t valid = count_valid(htabfd);

	close(htabfd);
	return valid;
}

struct entry entry_at(int vmfd, uint32_t index)
{
	int htabfd = open_htab_from(vmfd, 0, index);
	struct record record;
	ssize_t n = read_record(htabfd, &record, 25);

	assert_true(n >= 0);
	close(htabfd);
	return (struct entry){ record.dword[0], record.dword[1] };
}

static void ignore_signal(int signal)
{
}

static void *run_vcpu(void *arg)
{
	struct runner *runner = arg;

	runner->result = htab_sim_ioctl(runner->vcpufd, UAPI_KVM_RUN, NULL);
	return NULL;
}

void start_run(struct runner *runner, struct htab_sim_host *host)
{
	const struct sigaction action = { .sa_handler = ignore_signal };
	int patience = 10000;

	htab_sim_journal_clear(host);
	sigaction(SIGUSR1, &action, NULL);
	assert_result(pthread_create(&runner->thread, NULL, run_vcpu, runner),
		      0);
	while (!strstr(htab_sim_journal(host), "KVM_RUN() = 0") && --patience)
		usleep(1000);
	assert_true(patience);
}

int stop_run(struct runner *runner)
{
	pthread_kill(runner->thread, SIGUSR1);
	pthread_join(runner->thread, NULL);
	return runner->result;
}

/* --- vcpus --- */

int enable_papr(int vcpufd)
{
	struct uapi_kvm_enable_cap papr = { .cap = UAPI_KVM_CAP_PPC_PAPR };

	return htab_sim_ioctl(vcpufd, UAPI_KVM_ENABLE_CAP, &papr);
}

struct uapi_kvm_run *map_run(int vcpufd)
{
	void *map = htab_sim_mmap(NULL, sizeof(struct uapi_kvm_run),
				  PROT_READ | PROT_WRITE, MAP_SHARED, vcpufd,
				  0);

	assert_ptr_not_equal(map, MAP_FAILED);
	return map;
}

void unmap_run(struct uapi_kvm_run *run)
{
	munmap(run, sizeof(*run));
}

int a_vcpu(int vmfd)
{
	/* A VM cannot have two vcpus of the same id. */
	static uintptr_t id;
	int vcpufd = htab_sim_ioctl(vmfd, UAPI_KVM_CREATE_VCPU,
				    (void *)(id++ % 2048));

	assert_true(vcpufd >= 0);
	assert_result(enable_papr(vcpufd), 0);
	return vcpufd;
}
