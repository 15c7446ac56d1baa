/* SPDX-License-Identifier: MIT */
/* The names of the requests that VMMs make, known to the simulator or not */
#include "host.h"

/* The size of an argument can depend on the architecture, so a request is
 * identified by its number and direction, except where two have both in
 * common. */
#define NONE(number, name)                                                     \
	{                                                                      \
		_IO(UAPI_KVM_TYPE, number), name                               \
	}
#define READS(number, name)                                                    \
	{                                                                      \
		_IOR(UAPI_KVM_TYPE, number, char), name                        \
	}
#define TAKES(number, name)                                                    \
	{                                                                      \
		_IOW(UAPI_KVM_TYPE, number, char), name                        \
	}
#define BOTH(number, name)                                                     \
	{                                                                      \
		_IOWR(UAPI_KVM_TYPE, number, char), name                       \
	}

struct request {
	unsigned long request;
	const char *name;
};

/* Those that the simulator answers */
static const struct request known[] = {
	/* On /dev/kvm */
	NONE(0x00, "KVM_GET_API_VERSION"),
	NONE(0x01, "KVM_CREATE_VM"),
	NONE(0x03, "KVM_CHECK_EXTENSION"),
	NONE(0x04, "KVM_GET_VCPU_MMAP_SIZE"),
	/* On a VM */
	NONE(0x41, "KVM_CREATE_VCPU"),
	TAKES(0x46, "KVM_SET_USER_MEMORY_REGION"),
	READS(0xa6, "KVM_PPC_GET_SMMU_INFO"),
	BOTH(0xa7, "KVM_PPC_ALLOCATE_HTAB"),
	TAKES(0xaa, "KVM_PPC_GET_HTAB_FD"),
	READS(0xad, "KVM_PPC_RESIZE_HPT_PREPARE"),
	READS(0xae, "KVM_PPC_RESIZE_HPT_COMMIT"),
	TAKES(0xaf, "KVM_PPC_CONFIGURE_V3_MMU"),
	/* On a vcpu */
	NONE(0x80, "KVM_RUN"),
	READS(0x81, "KVM_GET_REGS"),
	TAKES(0x82, "KVM_SET_REGS"),
	READS(0x83, "KVM_GET_SREGS"),
	TAKES(0x84, "KVM_SET_SREGS"),
	TAKES(0x8b, "KVM_SET_SIGNAL_MASK"),
	TAKES(0xa3, "KVM_ENABLE_CAP"),
	TAKES(0xab, "KVM_GET_ONE_REG"),
	TAKES(0xac, "KVM_SET_ONE_REG"),
};

static const struct request others[] = {
	/* On /dev/kvm */
	BOTH(0x02, "KVM_GET_MSR_INDEX_LIST"),
	BOTH(0x05, "KVM_GET_SUPPORTED_CPUID"),
	BOTH(0x09, "KVM_GET_EMULATED_CPUID"),
	BOTH(0x0a, "KVM_GET_MSR_FEATURE_INDEX_LIST"),
	/* On a VM */
	TAKES(0x42, "KVM_GET_DIRTY_LOG"),
	NONE(0x44, "KVM_SET_NR_MMU_PAGES"),
	NONE(0x47, "KVM_SET_TSS_ADDR"),
	TAKES(0x48, "KVM_SET_IDENTITY_MAP_ADDR"),
	TAKES(0x49, "KVM_SET_USER_MEMORY_REGION2"),
	NONE(0x60, "KVM_CREATE_IRQCHIP"),
	TAKES(0x61, "KVM_IRQ_LINE"),
	BOTH(0x62, "KVM_GET_IRQCHIP"),
	READS(0x63, "KVM_SET_IRQCHIP"),
	NONE(0x64, "KVM_CREATE_PIT"),
	BOTH(0x67, "KVM_IRQ_LINE_STATUS"),
	TAKES(0x67, "KVM_REGISTER_COALESCED_MMIO"),
	TAKES(0x68, "KVM_UNREGISTER_COALESCED_MMIO"),
	TAKES(0x6a, "KVM_SET_GSI_ROUTING"),
	NONE(0x71, "KVM_REINJECT_CONTROL"),
	TAKES(0x76, "KVM_IRQFD"),
	TAKES(0x77, "KVM_CREATE_PIT2"),
	NONE(0x78, "KVM_SET_BOOT_CPU_ID"),
	TAKES(0x79, "KVM_IOEVENTFD"),
	TAKES(0x7b, "KVM_SET_CLOCK"),
	READS(0x7c, "KVM_GET_CLOCK"),
	TAKES(0xa1, "KVM_PPC_GET_PVINFO"),
	{ _IOW(UAPI_KVM_TYPE, 0xa8, char[32]), "KVM_CREATE_SPAPR_TCE_64" },
	TAKES(0xa8, "KVM_CREATE_SPAPR_TCE"),
	READS(0xa9, "KVM_ALLOCATE_RMA"),
	{ _IOW(UAPI_KVM_TYPE, 0xac, char[128]), "KVM_PPC_RTAS_DEFINE_TOKEN" },
	TAKES(0xb0, "KVM_PPC_GET_RMMU_INFO"),
	READS(0xb1, "KVM_PPC_GET_CPU_CHAR"),
	BOTH(0xc0, "KVM_CLEAR_DIRTY_LOG"),
	BOTH(0xe0, "KVM_CREATE_DEVICE"),
	/* On a vcpu */
	BOTH(0x85, "KVM_TRANSLATE"),
	TAKES(0x86, "KVM_INTERRUPT"),
	BOTH(0x88, "KVM_GET_MSRS"),
	TAKES(0x89, "KVM_SET_MSRS"),
	READS(0x8c, "KVM_GET_FPU"),
	TAKES(0x8d, "KVM_SET_FPU"),
	READS(0x8e, "KVM_GET_LAPIC"),
	TAKES(0x8f, "KVM_SET_LAPIC"),
	TAKES(0x90, "KVM_SET_CPUID2"),
	BOTH(0x91, "KVM_GET_CPUID2"),
	READS(0x98, "KVM_GET_MP_STATE"),
	TAKES(0x99, "KVM_SET_MP_STATE"),
	NONE(0x9a, "KVM_NMI"),
	TAKES(0x9b, "KVM_SET_GUEST_DEBUG"),
	READS(0x9f, "KVM_GET_VCPU_EVENTS"),
	TAKES(0xa0, "KVM_SET_VCPU_EVENTS"),
	READS(0xa4, "KVM_GET_XSAVE"),
	TAKES(0xa5, "KVM_SET_XSAVE"),
	NONE(0xad, "KVM_KVMCLOCK_CTRL"),
	BOTH(0xb0, "KVM_GET_REG_LIST"),
	/* On several */
	TAKES(0xe1, "KVM_SET_DEVICE_ATTR"),
	TAKES(0xe2, "KVM_GET_DEVICE_ATTR"),
	TAKES(0xe3, "KVM_HAS_DEVICE_ATTR"),
};

/* What is left of a request without the size of its argument */
static unsigned long without_size(unsigned long request)
{
	return request ^ UAPI_IOC_SIZE(request) << 16;
}

/* An entry of one byte stands for all sizes. */
static bool matches(unsigned long entry, unsigned long request)
{
	return UAPI_IOC_SIZE(entry) == 1
		       ? without_size(entry) == without_size(request) &&
				 UAPI_IOC_SIZE(request) > 0
		       : entry == request;
}

static const char *find(const struct request *requests, size_t count,
			unsigned long request)
{
	for (size_t i = 0; i < count; i++)
		if (matches(requests[i].request, request))
			return requests[i].name;
	return NULL;
}

#define FIND(requests, request)                                                \
	find(requests, sizeof(requests) / sizeof((requests)[0]), request)

bool htab_sim_request_is_known(unsigned long request)
{
	/* Where two requests differ in their size only, one that is not known
	 * has an entry of its own. */
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (others[i].request == request)
			return false;
	return FIND(known, request);
}

const char *htab_sim_request_name(unsigned long request)
{
	const char *name = NULL;

	if (!htab_sim_request_is_known(request))
		name = FIND(others, request);
	return name ? name : FIND(known, request);
}
