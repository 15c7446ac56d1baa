/* SPDX-License-Identifier: MIT */
#include "json.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "message.h"

bool json_is_possible(void)
{
	return true;
}

static struct json_object *check(struct json_object *value)
{
	if (!value) {
		message("no memory");
		exit(STATUS_NO);
	}
	return value;
}

/* json-c takes NULL for null. */
static void put(struct json_object *object, const char *name,
		struct json_object *value)
{
	if (json_object_object_add(object, name, value) < 0)
		check(NULL);
}

static void add(struct json_object *array, struct json_object *value)
{
	if (json_object_array_add(array, check(value)) < 0)
		check(NULL);
}

struct json_object *json_new(void)
{
	return check(json_object_new_object());
}

void json_put_text(struct json_object *object, const char *name,
		   const char *text)
{
	put(object, name, text ? check(json_object_new_string(text)) : NULL);
}

void json_put_number(struct json_object *object, const char *name,
		     uint64_t number)
{
	put(object, name, check(json_object_new_uint64(number)));
}

void json_put_bool(struct json_object *object, const char *name, bool value)
{
	put(object, name, check(json_object_new_boolean(value)));
}

void json_put_null(struct json_object *object, const char *name)
{
	put(object, name, NULL);
}

struct json_object *json_put_object(struct json_object *object,
				    const char *name)
{
	struct json_object *value = json_new();

	put(object, name, value);
	return value;
}

struct json_object *json_put_array(struct json_object *object, const char *name)
{
	struct json_object *value = check(json_object_new_array());

	put(object, name, value);
	return value;
}

struct json_object *json_add_object(struct json_object *array)
{
	struct json_object *value = json_new();

	add(array, value);
	return value;
}

void json_add_number(struct json_object *array, uint64_t number)
{
	add(array, json_object_new_uint64(number));
}

void json_add_text(struct json_object *array, const char *text)
{
	add(array, json_object_new_string(text));
}

void json_print(struct json_object *object)
{
	const char *text = json_object_to_json_string_ext(
		object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
				JSON_C_TO_STRING_NOSLASHESCAPE);

	if (text)
		puts(text);
	else
		check(NULL);
	json_object_put(object);
}
