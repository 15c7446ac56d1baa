/* SPDX-License-Identifier: MIT */
/*
 * images: saves tables, and restores those that another host has saved, for
 * images.py. Each of its files has one image. It prints lines:
 *
 *	pages 4096		the size of the host's pages
 *	image NAME AT HEX.	the bytes from AT on of an image that it saved
 *	restored FILE RESULT	what htab_restore() returned for the file
 *	again FILE AT HEX.	the same of the table that was restored
 *	left FILE VALID		how many valid entries the VM has after an error
 *	runs FILE RESULT	what KVM_RUN returned on the table
 *
 * The lines of an image come twice, because the firmware sometimes writes into a
 * line on the console. The point at the end says that the line is whole.
 *
 * There are two images. "pages" has entries of 4K, 64K and 16M, for addresses
 * where the guest has no memory. "guest" is the table of a guest that has run:
 * the entries that the kernel has made for real mode, whose pages are as large as
 * the host's, and those that the guest has entered, of 4K.
 */
#include "host.h"
#include "htab.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "libhtab.h"

enum { ORDER = 18, LINE = 48 };

static struct host host;

static int need(const char *what, int r)
{
	if (r < 0) {
		printf("%s: %s\n", what, htab_strerror(r));
		exit(EXIT_FAILURE);
	}
	return r;
}

static int a_vm(void)
{
	return need("KVM_CREATE_VM", host_new_vm(&host));
}

static int a_vm_with_table(void)
{
	int vmfd = a_vm();
	uint32_t order = ORDER;

	need("table", htab_alloc_at_least(vmfd, &order, ORDER));
	return vmfd;
}

static void print_bytes(const char *word, const char *name, unsigned int at,
			const unsigned char *bytes, ssize_t n)
{
	printf("%s %s %u ", word, name, at);
	for (ssize_t i = 0; i < n; i++)
		printf("%02x", bytes[i]);
	printf(".\n");
}

/* Saves the table, and prints the image in lines that begin with these words. */
static void print_image(int vmfd, const char *word, const char *name)
{
	int fd = memfd_create("image", MFD_CLOEXEC);
	unsigned char bytes[LINE];
	ssize_t n;

	need("save", htab_save(vmfd, fd));
	for (int i = 0; i < 2; i++)
		for (off_t at = 0; (n = pread(fd, bytes, LINE, at)) > 0;
		     at += n)
			print_bytes(word, name, (unsigned int)at, bytes, n);
	close(fd);
}

static void save_pages(void)
{
	/* The LARGE bit, and the encoding of the size */
	static const struct htab_hpte hptes[] = {
		{ 0x12340011, UINT64_C(1) << 36 | 0x190 },
		{ 0x12340015, UINT64_C(1) << 36 | 0x1190 },
		{ 0x12340015, UINT64_C(1) << 36 | 0x190 },
		{ 0, 0 },
		{ HTAB_V_1TB | 0x56780001, UINT64_C(2) << 36 | 0x192 },
	};
	static const uint32_t at[] = { 0, 1000, (1 << (ORDER - 4)) - 5 };
	int vmfd = a_vm_with_table();

	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++)
		need("entries", htab_put_hptes(vmfd, at[i], hptes, 5));
	print_image(vmfd, "image", "pages");
	host_close_fd(vmfd);
}

static void save_guest(void)
{
	int vmfd = a_vm_with_table();
	struct vcpu *vcpu = vcpu_new(&host, vmfd);

	vcpu_start(vcpu);
	vcpu_change_table(vcpu, 100);
	vcpu_stop(vcpu);
	print_image(vmfd, "image", "guest");
	vcpu_free(vcpu);
	host_close_fd(vmfd);
}

static void print_what_is_left(int vmfd, const char *name)
{
	int htabfd = need("htab fd", host_open_htab(vmfd, 0, 0));
	struct contents contents = { 0 };

	while (need("read", (int)host_read_htab(htabfd, 65536, &contents)))
		;
	printf("left %s %u\n", name, (unsigned int)contents.valid);
	host_close_fd(htabfd);
}

/* A kernel looks at the pages of the host behind an entry, if they are there: so
 * they are, as they are for a guest that has been moved with its memory. */
static void restore(const char *path)
{
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	int vmfd = a_vm(), fd = open(path, O_RDONLY | O_CLOEXEC), r;
	struct vcpu *vcpu = vcpu_new(&host, vmfd);
	char *memory = (char *)(uintptr_t)vcpu_memory(vcpu);

	for (uint64_t at = 0; at < host.ram; at += 4096)
		((volatile char *)memory)[at] = memory[at];
	need(path, fd < 0 ? -errno : 0);
	r = htab_restore(vmfd, fd);
	printf("restored %s %d\n", name, r);
	if (r == 0)
		print_image(vmfd, "again", name);
	else
		print_what_is_left(vmfd, name);
	if (r == 0 && strncmp(name, "guest", 5) == 0)
		printf("runs %s %d\n", name, vcpu_try(vcpu));
	close(fd);
	vcpu_free(vcpu);
	host_close_fd(vmfd);
}

int main(int argc, char **argv)
{
	const char *why;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (host_open(&host, &why) < 0) {
		printf("%s\n", why);
		return EXIT_FAILURE;
	}
	printf("pages %u\n", host.page_size);
	save_pages();
	save_guest();
	for (int i = 1; i < argc; i++)
		restore(argv[i]);
	host_close(&host);
	return EXIT_SUCCESS;
}
