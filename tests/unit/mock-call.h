/* SPDX-License-Identifier: MIT */
/* What the files of the mock share: the script */
#ifndef HTAB_TEST_MOCK_CALL_H
#define HTAB_TEST_MOCK_CALL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum mock_kind {
	CHECK,
	ALLOCATE,
	CREATE_VM,
	OPEN_HTAB,
	CLOEXEC,
	CLOSE,
	READ,
	WRITE,
	PREPARE,
	COMMIT,
	SLEEP,
	CONFIGURE,
};

/* A call that the library will make, and its answer */
struct mock_call {
	enum mock_kind kind;
	int fd;
	ssize_t result;
	uint32_t number; /* the capability, the order, or the flags */
	uint32_t answer; /* the order written back, or that of the table */
	/* For OPEN_HTAB: the number of the write that fails (0 if none does),
	 * and its result */
	int failing_write;
	ssize_t failure;
	uint64_t start_index;
	uint64_t process_table;
	/* What is read or written, and how much room the reader gives, or 0 */
	const void *bytes;
	size_t len;
};

/* As the number of the write that fails */
enum { EVERY_WRITE = -1 };

/* Appends a call to the script. */
void mock_will(struct mock_call call);

/* The next call of the script, which fails the test if it is another one */
const struct mock_call *mock_next(enum mock_kind kind, int fd, uint32_t number);

/* The same without a check, and it stays the next one; NULL at the end */
const struct mock_call *mock_peek(void);

void mock_clear_script(void);

#endif
