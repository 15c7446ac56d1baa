/* SPDX-License-Identifier: MIT */
/* Says what an error means for a hashed page table, and what to do. */
#include "internal.h"

HTAB_EXPORT const char *htab_strerror(int error)
{
	/* Negate positive values only: -INT_MIN would overflow. */
	switch (error > 0 ? -error : error) {
	case 0:
		return "success";
	case -EACCES:
		return "a security module refuses access to this VM or host";
	case -EBADF:
		return "not an open descriptor";
	case -EBADMSG:
		return "not whole records, or damaged: "
		       "a stream was cut, changed, or is something else";
	case -EBUSY:
		return "a vcpu is inside KVM_RUN: "
		       "stop all vcpus and try again";
	case -EFAULT:
		return "the memory for the records cannot be accessed";
	case -EINPROGRESS:
		return "the kernel is still preparing the table: "
		       "ask again later";
	case -EINTR:
		return "interrupted by a signal: try again";
	case -EINVAL:
		return "NULL pointer or another bad argument, not a descriptor "
		       "of the right kind, or a record that the kernel refuses";
	case -EIO:
		return "the VM belongs to another process or is dead, or the "
		       "kernel cannot enter or move an entry of the table";
	case -EMFILE:
		return "this process has too many open descriptors to inspect "
		       "the table: see RLIMIT_NOFILE";
	case -ENFILE:
		return "the host has too many open files to inspect the table: "
		       "see fs.file-max";
	case -ENODEV:
		return "this processor is older than POWER9";
	case -ENOENT:
		return "the VM has no hashed page table "
		       "(none yet, or it is a radix guest)";
	case -ENOMEM:
		return "no contiguous memory for a table that is large enough: "
		       "give the guest less memory, or the host more for "
		       "tables (kernel parameter kvm_cma_resv_ratio)";
	case -ENOSPC:
		return "not enough room: the table is smaller than the "
		       "smallest asked for, or a buffer or file is full";
	case -ENOTRECOVERABLE:
		return "the kernel lost the table's memory: destroy this VM";
	case -ENOTTY:
		return "this KVM keeps no hashed page table (PR KVM, another "
		       "architecture, or not a VM): the VMM must keep it";
	case -ENXIO:
		return "no table of this order is prepared";
	case -EOPNOTSUPP:
		return "hash guests cannot run on this host (nested "
		       "hypervisor, or radix only), or it lacks an operation";
	case -EOVERFLOW:
		return "the table is too large to be measured "
		       "(2^37 bytes or more)";
	case -EPERM:
		return "a security module or a filter of system calls forbids "
		       "the operation";
	case -EPROTO:
		return "the kernel returned a value that no known kernel "
		       "returns";
	case -EPROTONOSUPPORT:
		return "the image has a version that this library does not "
		       "know";
	case -ERANGE:
		return "an order is not 18 (256 KiB) to 46 (64 TiB), or the "
		       "smallest order to accept is above the wanted one, or "
		       "an entry is beyond the table's end";
	case -ETIMEDOUT:
		return "the kernel has not prepared the table in time";
	default:
		return "unexpected error";
	}
}
