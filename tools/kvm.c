/* SPDX-License-Identifier: MIT */
#include "kvm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "libhtab.h"

/* Why /dev/kvm could not be opened or asked, for kvm_why_no_table() */
static char reason[256];

static enum kvm_kind kind_of(int caps, const struct host *host)
{
	if (caps & HTAB_CAP_ALLOC)
		return KVM_HV;
	if (caps & HTAB_CAP_PR)
		return KVM_PR;
	if (caps & HTAB_CAP_RADIX)
		return host->platform == HOST_GUEST ? KVM_NESTED
						    : KVM_RADIX_ONLY;
	return KVM_FOREIGN;
}

static void explain_open(const struct host *host, int error)
{
	if (error == ENOENT || error == ENODEV || error == ENXIO)
		snprintf(reason, sizeof(reason),
			 host->platform == HOST_NOT_POWER
				 ? "There is no /dev/kvm, and this machine is "
				   "not a PowerPC."
				 : "There is no /dev/kvm. Load the module "
				   "kvm_hv, or kvm_pr where it cannot be "
				   "loaded.");
	else if (error == EACCES || error == EPERM)
		snprintf(reason, sizeof(reason),
			 "This user may not open /dev/kvm. Run the command as "
			 "root, or as a user of the group that may.");
	else
		snprintf(reason, sizeof(reason),
			 "/dev/kvm cannot be opened: %s.", strerror(error));
}

void kvm_open(struct kvm *kvm, const struct host *host)
{
	*kvm = (struct kvm){ .kind = KVM_ABSENT };
	kvm->fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm->fd < 0) {
		explain_open(host, errno);
		return;
	}
	kvm->caps = htab_caps(kvm->fd);
	if (kvm->caps < 0) {
		snprintf(reason, sizeof(reason),
			 "/dev/kvm cannot be asked: %s.",
			 htab_strerror(kvm->caps));
		kvm->caps = 0;
		kvm_close(kvm);
		return;
	}
	kvm->kind = kind_of(kvm->caps, host);
}

void kvm_close(struct kvm *kvm)
{
	if (kvm->fd >= 0)
		close(kvm->fd);
	kvm->fd = -1;
}

const char *kvm_word(enum kvm_kind kind)
{
	static const char *const words[] = {
		[KVM_ABSENT] = "absent", [KVM_FOREIGN] = "foreign",
		[KVM_HV] = "hv",	 [KVM_RADIX_ONLY] = "hv-radix-only",
		[KVM_NESTED] = "nested", [KVM_PR] = "pr",
	};

	return words[kind];
}

const char *kvm_why_no_table(const struct kvm *kvm, const struct host *host)
{
	switch (kvm->kind) {
	case KVM_HV:
		return NULL;
	case KVM_ABSENT:
		return reason;
	case KVM_PR:
		return "This is KVM PR, where each VMM keeps the table of its "
		       "guest in its own memory. The host reserves nothing for "
		       "it.";
	case KVM_NESTED:
		return "This host is a guest itself (nested KVM), and its "
		       "guests can only be radix guests, which need no such "
		       "table. Run hash guests on the machine below.";
	case KVM_RADIX_ONLY:
		return "This host uses radix itself, and either its processor "
		       "(POWER9 DD2.0 and earlier) or its kernel (before Linux "
		       "4.15) then runs no hash guests. Boot the host with the "
		       "kernel parameter disable_radix, or run radix guests, "
		       "which need no such table.";
	case KVM_FOREIGN:
		break;
	}
	return host->platform == HOST_NOT_POWER
		       ? "This machine is not a PowerPC, and its KVM runs no "
			 "guests that need a hashed page table."
		       : "This KVM runs no hash guests.";
}
