/* SPDX-License-Identifier: MIT */
/*
 * JSON output, for --json. A build without json-c has json-none.c in the place
 * of json.c, where json_is_possible() is false and the other functions do
 * nothing. So commands need no #ifdef.
 *
 * Values belong to the object or array that they are put in. A lack of memory
 * ends the program with a message.
 */
#ifndef HTAB_JSON_H
#define HTAB_JSON_H

#include <stdbool.h>
#include <stdint.h>

struct json_object;

/* What a command does when it meets --json. Returns false, with a message, if
 * this build has no JSON. */
bool json_is_possible(void);

struct json_object *json_new(void);
void json_put_text(struct json_object *object, const char *name,
		   const char *text); /* NULL becomes null. */
void json_put_number(struct json_object *object, const char *name,
		     uint64_t number);
void json_put_bool(struct json_object *object, const char *name, bool value);
void json_put_null(struct json_object *object, const char *name);
struct json_object *json_put_object(struct json_object *object,
				    const char *name);
struct json_object *json_put_array(struct json_object *object,
				   const char *name);
struct json_object *json_add_object(struct json_object *array);
void json_add_number(struct json_object *array, uint64_t number);
void json_add_text(struct json_object *array, const char *text);

/* Prints the object to stdout, and frees it. */
void json_print(struct json_object *object);

#endif
