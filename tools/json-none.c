/* SPDX-License-Identifier: MIT */
/* In the place of json.c, where json-c is not available */
#include <stddef.h>

#include "json.h"
#include "message.h"

bool json_is_possible(void)
{
	message("this build of htab has no --json, because it was made without "
		"json-c");
	return false;
}

/* The commands call none of these after json_is_possible() has returned
 * false. */

struct json_object *json_new(void)
{
	return NULL;
}

void json_put_text(struct json_object *object, const char *name,
		   const char *text)
{
	(void)object, (void)name, (void)text;
}

void json_put_number(struct json_object *object, const char *name,
		     uint64_t number)
{
	(void)object, (void)name, (void)number;
}

void json_put_bool(struct json_object *object, const char *name, bool value)
{
	(void)object, (void)name, (void)value;
}

void json_put_null(struct json_object *object, const char *name)
{
	(void)object, (void)name;
}

struct json_object *json_put_object(struct json_object *object,
				    const char *name)
{
	(void)object, (void)name;
	return NULL;
}

struct json_object *json_put_array(struct json_object *object, const char *name)
{
	(void)object, (void)name;
	return NULL;
}

struct json_object *json_add_object(struct json_object *array)
{
	(void)array;
	return NULL;
}

void json_add_number(struct json_object *array, uint64_t number)
{
	(void)array, (void)number;
}

void json_add_text(struct json_object *array, const char *text)
{
	(void)array, (void)text;
}

void json_print(struct json_object *object)
{
	(void)object;
}
