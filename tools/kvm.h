/* SPDX-License-Identifier: MIT */
/* The KVM of this host: of which kind it is, and why it does not do more */
#ifndef HTAB_KVM_H
#define HTAB_KVM_H

#include "host.h"

enum kvm_kind {
	KVM_ABSENT,	/* There is no /dev/kvm, or it cannot be opened. */
	KVM_FOREIGN,	/* It runs no PowerPC guests. */
	KVM_HV,		/* It keeps the tables of hash guests. */
	KVM_RADIX_ONLY, /* KVM HV, on a host where no hash guest can run */
	KVM_NESTED,	/* KVM HV in a guest: radix guests only */
	KVM_PR		/* Hash guests run, but each VMM keeps the table. */
};

struct kvm {
	int fd;	  /* -1 if it is absent */
	int caps; /* HTAB_CAP_* */
	enum kvm_kind kind;
};

/* Opens /dev/kvm and asks it what it can do. */
void kvm_open(struct kvm *kvm, const struct host *host);
void kvm_close(struct kvm *kvm);

/* A word for programs, such as "hv" */
const char *kvm_word(enum kvm_kind kind);

/* Says why KVM gives no guest a table here, and what to do, or NULL if it can.
 * The text has no line breaks. */
const char *kvm_why_no_table(const struct kvm *kvm, const struct host *host);

#endif
