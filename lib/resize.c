/* SPDX-License-Identifier: MIT */
/* Changes the size of a table while its guest runs. */
#include "internal.h"

/* The longest sleep between two questions, so that a cancelled resize is noticed
 * as done soon after it is */
enum { LONGEST_SLEEP_MS = 100 };

/* Returns 0, a time to wait in milliseconds, or a negative errno. The order 0
 * cancels. */
static int prepare_once(int vmfd, uint32_t order)
{
	struct uapi_kvm_ppc_resize_hpt resize = { .shift = order };
	int r = htab_ioctl(vmfd, UAPI_KVM_PPC_RESIZE_HPT_PREPARE, &resize);

	/* -EINPROGRESS has a meaning of ours. No kernel is known to return it,
	 * but it would mean that the kernel has given up. */
	return r == -EINPROGRESS ? -EPROTO : r;
}

/* Every answer but that to a bad argument drops what was prepared. */
static int commit_once(int vmfd, uint32_t order)
{
	struct uapi_kvm_ppc_resize_hpt resize = { .shift = order };
	int r = htab_ioctl(vmfd, UAPI_KVM_PPC_RESIZE_HPT_COMMIT, &resize);

	return r > 0 ? -EPROTO : r;
}

/*
 * Refuses where a commit cannot work. Linux 4.11 to 4.15 on POWER9 would
 * prepare a table, and then fail to put it into its place (docs/kernels.md,
 * "Resizing").
 */
static int check_resize(int vmfd, uint32_t order)
{
	int r;

	if (!htab_order_is_valid(order))
		return -ERANGE;
	r = htab_check_hash_host(vmfd);
	if (r < 0)
		return r;
	r = htab_check_extension(vmfd, UAPI_KVM_CAP_SPAPR_RESIZE_HPT);
	if (r != 0)
		return r < 0 ? r : 0;
	r = htab_check_extension(vmfd, UAPI_KVM_CAP_PPC_HTAB_FD);
	if (r < 0)
		return r;
	/* KVM PR has neither. */
	return r ? -EOPNOTSUPP : -ENOTTY;
}

HTAB_EXPORT int htab_resize_prepare(int vmfd, uint32_t order,
				    unsigned int *wait_ms)
{
	int r;

	if (!wait_ms)
		return -EINVAL;
	r = check_resize(vmfd, order);
	if (r < 0)
		return r;
	r = prepare_once(vmfd, order);
	if (r <= 0)
		return r;
	*wait_ms = (unsigned int)r;
	return -EINPROGRESS;
}

/* Returns 0 if the VM has a table, also while vcpus run. */
static int check_table(int vmfd)
{
	int htabfd = htab_open_table(vmfd);

	if (htabfd < 0)
		return htabfd;
	htab_shim_close(htabfd);
	return 0;
}

HTAB_EXPORT int htab_resize_commit(int vmfd, uint32_t order)
{
	int r = check_resize(vmfd, order);

	if (r < 0)
		return r;
	/* Without a table the kernel would warn, which stops a host that has
	 * panic_on_warn set (docs/kernels.md, "Commit before a run"). */
	r = check_table(vmfd);
	return r < 0 ? r : commit_once(vmfd, order);
}

/*
 * Waits until the kernel's worker is done, and drops its table. Before Linux
 * 4.15 the worker would go on in memory that is freed, and on every kernel in a
 * VM that may be closed meanwhile (docs/kernels.md, "Cancel race" and "Closed
 * with a resize pending").
 */
static int cancel(int vmfd, uint32_t order)
{
	int r;

	while ((r = prepare_once(vmfd, order)) > 0)
		htab_shim_sleep(r < LONGEST_SLEEP_MS ? (unsigned int)r
						     : LONGEST_SLEEP_MS);
	/* The kernel has dropped the table that it had no memory for. */
	if (r < 0 && r != -ENOMEM)
		return r;
	r = prepare_once(vmfd, 0);
	return r > 0 ? -EPROTO : r;
}

HTAB_EXPORT int htab_resize_cancel(int vmfd, uint32_t order)
{
	int r = check_resize(vmfd, order);

	return r < 0 ? r : cancel(vmfd, order);
}

/* Returns how long to sleep, or 0 if the time is over. */
static unsigned int time_to_sleep(int wait, int64_t started, int timeout_ms)
{
	int64_t ms = wait < LONGEST_SLEEP_MS ? wait : LONGEST_SLEEP_MS;

	if (timeout_ms >= 0) {
		int64_t left = started + timeout_ms - htab_shim_clock();

		if (ms > left)
			ms = left < 0 ? 0 : left;
	}
	return (unsigned int)ms;
}

/* Leaves nothing prepared if it fails. */
static int prepare(int vmfd, uint32_t order, int timeout_ms)
{
	const int64_t started = htab_shim_clock();
	bool working = false;
	int r;

	while ((r = prepare_once(vmfd, order)) > 0) {
		unsigned int ms = time_to_sleep(r, started, timeout_ms);

		if (!ms) {
			r = cancel(vmfd, order);
			return r < 0 ? r : -ETIMEDOUT;
		}
		htab_shim_sleep(ms);
		working = true;
	}
	/* With ENOMEM, the kernel has dropped it. */
	if (r < 0 && r != -ENOMEM && working)
		cancel(vmfd, order);
	return r;
}

HTAB_EXPORT int htab_resize(int vmfd, uint32_t order, int timeout_ms)
{
	uint32_t present;
	int r;

	if (timeout_ms < -1)
		return -EINVAL;
	r = check_resize(vmfd, order);
	if (r < 0)
		return r;
	r = htab_order(vmfd, &present);
	/* A commit would only throw away what is not bolted. */
	if (r == 0 && present == order)
		return 0;
	/* The size cannot be asked while a vcpu runs. */
	if (r < 0 && r != -EBUSY && r != -EOVERFLOW)
		return r;
	r = prepare(vmfd, order, timeout_ms);
	if (r < 0)
		return r;
	r = commit_once(vmfd, order);
	/* The kernel has dropped what was prepared, unless the call did not get
	 * as far as that. Its worker is done. */
	if (r < 0)
		prepare_once(vmfd, 0);
	return r;
}
