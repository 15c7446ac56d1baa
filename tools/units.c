/* SPDX-License-Identifier: MIT */
#include "units.h"

#include <ctype.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* Up to 2^50, so that thousandths of each unit fit in 64 bits */
static const char units[] = "KMGTP";

/* Reads digits. Returns false if there are none, or if the number is above the
 * limit. */
static bool read_number(const char **text, uint64_t limit, uint64_t *number)
{
	const char *begin = *text;

	for (*number = 0; **text >= '0' && **text <= '9'; (*text)++) {
		const uint64_t digit = (uint64_t)(**text - '0');

		if (digit > limit || *number > (limit - digit) / 10)
			return false;
		*number = *number * 10 + digit;
	}
	return *text > begin;
}

/* Reads "", or a point and up to three digits. */
static bool read_thousandths(const char **text, uint64_t *thousandths)
{
	const char *begin;

	*thousandths = 0;
	if (**text != '.')
		return true;
	begin = ++*text;
	if (!read_number(text, 999, thousandths) || *text - begin > 3)
		return false;
	for (ptrdiff_t digits = *text - begin; digits < 3; digits++)
		*thousandths *= 10;
	return true;
}

/* Reads "" for bytes, "G", "g" or "GiB". "GB" is refused, because it means 10^9
 * bytes to some. */
static bool read_unit(const char *text, unsigned int *shift)
{
	const char *unit;

	*shift = 0;
	if (!*text)
		return true;
	unit = strchr(units, toupper((unsigned char)*text));
	if (!unit)
		return false;
	*shift = 10 * (unsigned int)(unit - units + 1);
	return text[1] == '\0' || strcmp(text + 1, "iB") == 0;
}

bool size_parse(const char *text, uint64_t *bytes)
{
	uint64_t whole, thousandths;
	unsigned int shift;

	if (!read_number(&text, UINT64_MAX, &whole) ||
	    !read_thousandths(&text, &thousandths) ||
	    !read_unit(text, &shift) || whole > UINT64_MAX >> shift ||
	    (shift == 0 && thousandths))
		return false;
	*bytes = (whole << shift) + (thousandths << shift) / 1000;
	return true;
}

struct size_text size_text(uint64_t bytes)
{
	struct size_text size;
	unsigned int unit = 0;
	uint64_t hundredths;
	int length;

	while (unit < sizeof(units) - 1 && bytes >> (10 * (unit + 1)))
		unit++;
	if (unit == 0) {
		snprintf(size.text, sizeof(size.text), "%" PRIu64 " bytes",
			 bytes);
		return size;
	}
	/* Shift first: 100 times the bytes may not fit. */
	hundredths = unit == 1 ? bytes * 100 >> 10
			       : (bytes >> (10 * (unit - 1))) * 100 >> 10;
	length = snprintf(size.text, sizeof(size.text),
			  "%" PRIu64 ".%02" PRIu64, hundredths / 100,
			  hundredths % 100);
	/* "1.50" is "1.5", and "1.00" is "1". */
	while (size.text[length - 1] == '0')
		length--;
	if (size.text[length - 1] == '.')
		length--;
	snprintf(size.text + length, sizeof(size.text) - (size_t)length,
		 " %ciB", units[unit - 1]);
	return size;
}

uint64_t table_bytes(uint32_t order)
{
	return UINT64_C(1) << order;
}

struct size_text table_text(uint32_t order)
{
	struct size_text size = size_text(table_bytes(order));
	const size_t length = strlen(size.text);

	snprintf(size.text + length, sizeof(size.text) - length,
		 " (order %" PRIu32 ")", order);
	return size;
}

uint64_t percent_of(uint64_t part, uint64_t whole)
{
	if (whole == 0)
		return UINT64_MAX;
	/* Keep the product in 64 bits. What is shifted out of the whole only
	 * makes the result larger. */
	while (part > UINT64_MAX / 100) {
		part = (part >> 1) + (part & 1);
		whole >>= 1;
		if (whole == 0)
			return UINT64_MAX;
	}
	return part * 100 / whole + (part * 100 % whole != 0);
}
