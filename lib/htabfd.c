/* SPDX-License-Identifier: MIT */
/* The htab fd: opens it when it can be used, and reads and writes it in the way
 * that the kernel understands. */
#include "internal.h"

int htab_open_at(int vmfd, uint64_t flags, uint64_t start_index)
{
	struct uapi_kvm_get_htab_fd how = {
		.flags = flags,
		.start_index = start_index,
	};
	int htabfd = htab_ioctl(vmfd, UAPI_KVM_PPC_GET_HTAB_FD, &how);
	int r;

	if (htabfd < 0)
		return htabfd;
	/* Linux before 3.12 does not set close-on-exec. Without it, a program
	 * that another thread starts would inherit access to the guest's
	 * table. */
	r = htab_shim_cloexec(htabfd);
	if (r < 0) {
		htab_shim_close(htabfd);
		return r;
	}
	return htabfd;
}

int htab_has_entry(int htabfd, uint32_t index)
{
	const struct uapi_kvm_get_htab_header record = { .index = index };
	ssize_t n = htab_shim_write(htabfd, &record, sizeof(record));

	if (n == -EINVAL)
		return 0;
	if (n < 0)
		return (int)n;
	return n == sizeof(record) ? 1 : -EPROTO;
}
