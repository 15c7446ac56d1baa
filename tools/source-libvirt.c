/* SPDX-License-Identifier: MIT */
/* The file of "virsh save": a header, libvirt's description of the guest, and
 * behind them the migration stream of QEMU */
#include "source-format.h"

#include <errno.h>
#include <string.h>

/* The magic, five numbers and 56 bytes that are not used */
enum { LIBVIRT_HEADER = 92, LIBVIRT_VERSION = 2 };

static const char libvirt_magic[16] = {
	'L', 'i', 'b', 'v', 'i', 'r', 't', 'Q',
	'e', 'm', 'u', 'd', 'S', 'a', 'v', 'e'
};

bool source_is_libvirt(const struct source_input *input)
{
	return input->left >= LIBVIRT_HEADER &&
	       memcmp(input->at, libvirt_magic, sizeof(libvirt_magic)) == 0;
}

int source_read_libvirt(struct source *source, struct source_input *input)
{
	/* The numbers have the byte order of the host that saved the guest. */
	const bool big = get_be(input->at + 16, 4) <= LIBVIRT_VERSION;
	uint64_t (*const get)(const unsigned char *, int) = big ? get_be
								: get_le;
	const uint64_t len = get(input->at + 20, 4);

	if (get(input->at + 16, 4) > LIBVIRT_VERSION)
		return source_fail(source, -EPROTONOSUPPORT,
				   "libvirt's save file has a version that "
				   "this program does not know.");
	if (get(input->at + 28, 4))
		return source_fail(source, -EOPNOTSUPP,
				   "libvirt has compressed the save file. Set "
				   "save_image_format to \"raw\" in "
				   "/etc/libvirt/qemu.conf.");
	if (!input_skip(input, LIBVIRT_HEADER + len) || !input_peek(input, 8))
		return source_fail_cut(source, input);
	if (!source_is_qemu(input))
		return source_fail(source, -EBADMSG,
				   "There is no stream of QEMU in libvirt's "
				   "save file.");
	return source_read_qemu(source, input);
}
