/* SPDX-License-Identifier: MIT */
/*
 * Migrate: move a guest's table to another VM while its vcpu runs, then stop the
 * vcpu and move the rest. A VMM sends the records to another host, in the form
 * of htab_records_to_wire(), and moves the guest's memory and registers too.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <libhtab.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { NO_TABLE_HERE = 77, RAM = 8 << 20, CODE = 0x1000, ORDER = 18 };

/* It enters a page of 4K into each group of the table in turn (H_ENTER), and
 * counts to 32767 in between. It is big-endian on every host. */
static const char guest[] =
	"\x39\xc0\0\0\x38\x60\0\x08\x38\x80\0\0\x7d\xc5\x73\x78\x38\xc0\0\1"
	"\x38\xe0\1\x92\x44\0\0\x22\x39\xce\0\x08\x55\xce\4\xbe\x38\xa0\x7f"
	"\xff\x7c\xa9\3\xa6\x42\0\0\0\x4b\xff\xff\xd4";
static char ram[2][RAM] __attribute__((aligned(65536)));

/* Returns r, or ends the program if that is an error. */
static int need(const char *step, int r)
{
	if (r < 0)
		errx(r == -ENOTTY || r == -EOPNOTSUPP ? NO_TABLE_HERE : 1,
		     "%s: %s", step, htab_strerror(r));
	return r;
}

static int sys(const char *step, int r)
{
	return need(step, r < 0 ? -errno : r);
}

/* Makes a VM with memory and with a table. */
static int vm_new(int kvmfd, char *memory)
{
	struct kvm_userspace_memory_region slot = { .memory_size = RAM };
	int vmfd = sys("KVM_CREATE_VM", ioctl(kvmfd, KVM_CREATE_VM, 0));
	uint32_t order = ORDER;

	memcpy(memory + CODE, guest, sizeof(guest));
	slot.userspace_addr = (uintptr_t)memory;
	sys("memory", ioctl(vmfd, KVM_SET_USER_MEMORY_REGION, &slot));
	need("table", htab_alloc_at_least(vmfd, &order, ORDER));
	return vmfd;
}

static void stop(int signal)
{
	(void)signal; /* KVM_RUN ends with EINTR. */
}

static void *run(void *vcpu)
{
	if (ioctl(*(int *)vcpu, KVM_RUN, 0) < 0 && errno != EINTR)
		sys("KVM_RUN", -1);
	return NULL;
}

/* Moves what changed since the last time, with so many reads at most. */
static void move(const char *name, int from, int to, int reads)
{
	static char buf[HTAB_READ_MIN];
	struct htab_record record;
	uint32_t valid = 0;
	ssize_t n;

	while (reads-- && (n = htab_read(from, buf, sizeof(buf))) != 0) {
		size_t at = 0, len = (size_t)need("read", (int)n);

		need("check", htab_records_check(buf, len, ORDER));
		need("write", htab_write(to, buf, len, NULL));
		while (htab_record_next(buf, len, &at, &record) > 0)
			valid += record.n_valid;
	}
	printf("%s: %u entries\n", name, valid);
}

int main(void)
{
	static struct htab_hpte old[1 << (ORDER - 4)], new[1 << (ORDER - 4)];
	int kvmfd = sys("/dev/kvm", open("/dev/kvm", O_RDWR | O_CLOEXEC));
	int a = vm_new(kvmfd, ram[0]), b = vm_new(kvmfd, ram[1]), from, to;
	int vcpu = sys("KVM_CREATE_VCPU", ioctl(a, KVM_CREATE_VCPU, 0));
	struct kvm_enable_cap papr = { .cap = KVM_CAP_PPC_PAPR };
	uint32_t order;
	pthread_t thread;
#ifdef __powerpc64__ /* Elsewhere, the simulator takes the place of the guest. */
	struct kvm_regs regs = { .pc = CODE, .msr = 0x8000000000001000 };

	sys("KVM_SET_REGS", ioctl(vcpu, KVM_SET_REGS, &regs));
#endif
	sys("KVM_CAP_PPC_PAPR", ioctl(vcpu, KVM_ENABLE_CAP, &papr));
	signal(SIGUSR1, stop);
	need("thread", -pthread_create(&thread, NULL, run, &vcpu));
	while (htab_order(a, &order) != -EBUSY)
		usleep(1000); /* The vcpu is not yet inside KVM_RUN. */
	from = need("open", htab_open(a, 0));
	to = need("open", htab_open(b, HTAB_OPEN_WRITE));
	for (int i = 0; i < 4; i++, usleep(50000))
		move("vcpu runs", from, to, 100);
	pthread_kill(thread, SIGUSR1);
	pthread_join(thread, NULL);
	move("vcpu stopped", from, to, -1);
	need("old", htab_get_hptes(a, 0, old, 1 << (ORDER - 4)));
	need("new", htab_get_hptes(b, 0, new, 1 << (ORDER - 4)));
	need("tables", memcmp(old, new, sizeof(old)) ? -EIO : 0);
	printf("the tables are equal\n");
	return 0;
}
