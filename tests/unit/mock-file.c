/* SPDX-License-Identifier: MIT */
/* The file FILEFD: its calls are not in the script. */
#include "mock-shim.h"
#include "unit.h"

static struct mock_file file;

struct mock_file *mock_file(void)
{
	return &file;
}

/* Counts the call. Returns how many bytes it moves, or what it fails with. */
static ssize_t amount(size_t len, size_t left)
{
	file.calls++;
	if (file.calls == file.failing_call)
		return file.failure;
	if (len > left)
		len = left;
	return (ssize_t)(file.chunk && len > file.chunk ? file.chunk : len);
}

ssize_t mock_file_read(void *buf, size_t len)
{
	ssize_t n = amount(len, file.len - file.pos);

	if (n > 0 && file.calls != file.failing_call) {
		memcpy(buf, file.bytes + file.pos, (size_t)n);
		file.pos += (size_t)n;
	}
	return n;
}

ssize_t mock_file_write(const void *buf, size_t len)
{
	ssize_t n = amount(len, sizeof(file.bytes) - file.len);

	if (n > 0 && file.calls != file.failing_call) {
		memcpy(file.bytes + file.len, buf, (size_t)n);
		file.len += (size_t)n;
	}
	return n;
}
