/* SPDX-License-Identifier: MIT */
/* The calls that a test expects */
#include "mock-call.h"
#include "mock-shim.h"
#include "unit.h"

#define MAX_CALLS 20000
static struct mock_call script[MAX_CALLS];
static int scripted;
static int consumed;

void mock_will(struct mock_call call)
{
	assert_true(scripted < MAX_CALLS);
	script[scripted] = call;
	/* All calls go through one queue of CMocka, that of mock_next(). It keeps
	 * their order, and the test fails if a call is missing or if there is
	 * one too many. */
	will_return(mock_next, (uintptr_t)&script[scripted]);
	scripted++;
}

static const char *const kind_names[] = {
	[CHECK] = "KVM_CHECK_EXTENSION",
	[ALLOCATE] = "KVM_PPC_ALLOCATE_HTAB",
	[CREATE_VM] = "KVM_CREATE_VM",
	[OPEN_HTAB] = "KVM_PPC_GET_HTAB_FD",
	[CLOEXEC] = "FD_CLOEXEC",
	[CLOSE] = "close",
	[READ] = "read",
	[WRITE] = "write",
	[PREPARE] = "KVM_PPC_RESIZE_HPT_PREPARE",
	[COMMIT] = "KVM_PPC_RESIZE_HPT_COMMIT",
	[SLEEP] = "sleep",
	[CONFIGURE] = "KVM_PPC_CONFIGURE_V3_MMU",
};

const struct mock_call *mock_next(enum mock_kind kind, int fd, uint32_t number)
{
	const struct mock_call *call;

	if (consumed == scripted)
		fail_msg("unexpected %s(%d, %u)", kind_names[kind], fd, number);
	consumed++;
	call = mock_ptr_type(const struct mock_call *);
	if (call->kind != kind || call->fd != fd || call->number != number)
		fail_msg("%s(%d, %u) instead of %s(%d, %u)", kind_names[kind],
			 fd, number, kind_names[call->kind], call->fd,
			 call->number);
	return call;
}

const struct mock_call *mock_peek(void)
{
	return consumed < scripted ? &script[consumed] : NULL;
}

void mock_clear_script(void)
{
	scripted = 0;
	consumed = 0;
}

void will_check(int fd, unsigned int cap, int result)
{
	mock_will((struct mock_call){
		.kind = CHECK, .fd = fd, .result = result, .number = cap });
}

void will_allocate(uint32_t order, int result)
{
	mock_will((struct mock_call){ .kind = ALLOCATE,
				      .fd = VMFD,
				      .result = result,
				      .number = order,
				      .answer = order });
}

void will_answer(uint32_t order, uint32_t written_back)
{
	mock_will((struct mock_call){ .kind = ALLOCATE,
				      .fd = VMFD,
				      .number = order,
				      .answer = written_back });
}

void will_create_vm(int result)
{
	mock_will((struct mock_call){ .kind = CREATE_VM,
				      .fd = KVMFD,
				      .result = result ? result : VMFD });
}

void will_open_htab(uint32_t table, int failing_write, ssize_t failure)
{
	mock_will((struct mock_call){ .kind = OPEN_HTAB,
				      .fd = VMFD,
				      .result = HTABFD,
				      .number = UAPI_KVM_GET_HTAB_WRITE,
				      .answer = table,
				      .failing_write = failing_write,
				      .failure = failure });
	mock_will((struct mock_call){ .kind = CLOEXEC, .fd = HTABFD });
}

void will_measure(uint32_t table)
{
	will_measure_then_close(table, 0);
}

void will_measure_then_close(uint32_t table, int result)
{
	will_open_htab(table, 0, 0);
	will_close(HTABFD, result);
}

void will_measure_failing(uint32_t table, int n, ssize_t result)
{
	will_open_htab(table, n, result);
	will_close(HTABFD, 0);
}

void will_measure_busy(uint32_t table)
{
	will_open_htab(table, EVERY_WRITE, -EBUSY);
	will_close(HTABFD, 0);
}

void will_not_open_htab(int result)
{
	mock_will((struct mock_call){ .kind = OPEN_HTAB,
				      .fd = VMFD,
				      .number = UAPI_KVM_GET_HTAB_WRITE,
				      .result = result });
}

void will_open_to_read(uint64_t flags, uint64_t start_index, int result)
{
	mock_will((struct mock_call){ .kind = OPEN_HTAB,
				      .fd = VMFD,
				      .number = (uint32_t)flags,
				      .start_index = start_index,
				      .result = result });
	if (result >= 0)
		mock_will((struct mock_call){ .kind = CLOEXEC, .fd = result });
}

void will_read(int fd, size_t room, const void *bytes, ssize_t result)
{
	mock_will((struct mock_call){ .kind = READ,
				      .fd = fd,
				      .len = room,
				      .bytes = bytes,
				      .result = result });
}

void will_write(const void *bytes, size_t len, ssize_t result)
{
	mock_will((struct mock_call){ .kind = WRITE,
				      .fd = HTABFD,
				      .bytes = bytes,
				      .len = len,
				      .result = result });
}

void will_not_set_cloexec(int result)
{
	mock_will((struct mock_call){ .kind = OPEN_HTAB,
				      .fd = VMFD,
				      .number = UAPI_KVM_GET_HTAB_WRITE,
				      .result = HTABFD });
	mock_will((struct mock_call){
		.kind = CLOEXEC, .fd = HTABFD, .result = result });
	will_close(HTABFD, 0);
}

void will_close(int fd, int result)
{
	mock_will((struct mock_call){
		.kind = CLOSE, .fd = fd, .result = result });
}

void will_prepare(uint32_t order, int result)
{
	mock_will((struct mock_call){ .kind = PREPARE,
				      .fd = VMFD,
				      .number = order,
				      .result = result });
}

void will_commit(uint32_t order, int result)
{
	mock_will((struct mock_call){ .kind = COMMIT,
				      .fd = VMFD,
				      .number = order,
				      .result = result });
}

void will_sleep(unsigned int ms)
{
	will_oversleep(ms, ms);
}

void will_oversleep(unsigned int ms, unsigned int slept)
{
	mock_will((struct mock_call){
		.kind = SLEEP, .number = ms, .answer = slept });
}

void will_configure(unsigned int flags, uint64_t process_table, int result)
{
	mock_will((struct mock_call){ .kind = CONFIGURE,
				      .fd = VMFD,
				      .number = flags,
				      .process_table = process_table,
				      .result = result });
}

void will_find_hash_host(void)
{
	will_check(VMFD, UAPI_KVM_CAP_PPC_MMU_RADIX, 0);
}

void will_find_4_11(void)
{
	will_check(VMFD, CAP_RESIZE, 1);
}

void will_find_older_than_4_11(void)
{
	will_check(VMFD, CAP_RESIZE, 0);
	will_check(VMFD, CAP_HASH, 0);
}
