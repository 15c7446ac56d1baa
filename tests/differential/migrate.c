/* SPDX-License-Identifier: MIT */
/* Carries a table to another VM in several passes, as a migration does. */
#include "differential.h"

#include <stdlib.h>

static char buf[65536];

/* What the records so far do to the VM that gets them */
struct stream {
	int from, to; /* htab fds */
	uint32_t order;
	struct burden burden;
};

/* Carries what has changed. Returns 0 or a negative errno. */
static int carry(struct stream *stream)
{
	ssize_t n;
	int r = 0;

	while (r == 0 && (n = htab_read(stream->from, buf, sizeof(buf))) > 0) {
		say_records(buf, n);
		if (htab_records_to_wire(buf, (size_t)n) < 0 ||
		    htab_records_from_wire(buf, (size_t)n) < 0)
			abort();
		say_result(htab_records_check(buf, (size_t)n, stream->order));
		r = htab_write(stream->to, buf, (size_t)n, NULL);
		note_records(&stream->burden, stream->order, buf, (size_t)n);
	}
	return r;
}

static int pass(struct stream *stream)
{
	int r;

	say(", pass");
	r = carry(stream);
	say_result(r);
	return r;
}

/* Passes with changes between them, and one after the last change */
static int passes(struct a_vm *from, struct stream *stream)
{
	int r = pass(stream);

	for (uint32_t more = draw(4); r == 0 && more > 0; more--) {
		say(", ");
		if (draw(2))
			do_stream_write(from);
		else
			do_put_hptes(from);
		/* What has written has looked, too, which takes the marks. */
		r = pass(stream);
	}
	return r;
}

static void migrate(struct a_vm *from, struct a_vm *to, uint32_t order)
{
	struct stream stream = { .order = order };
	int r;

	stream.from = htab_open(from->fd, 0);
	say(", htab_open()");
	say_result(stream.from < 0 ? stream.from : 0);
	stream.to = htab_open(to->fd, HTAB_OPEN_WRITE);
	say(", htab_open()");
	say_result(stream.to < 0 ? stream.to : 0);
	r = passes(from, &stream);
	if (stream.from >= 0)
		host_close_fd(stream.from);
	if (stream.to >= 0)
		host_close_fd(stream.to);
	if (r == 0) {
		note_burden(to, &stream.burden);
	} else {
		/* A guest must not run on half of its table, and nobody knows
		 * whether an entry of the VRMA is in that half. */
		say(", htab_reset()");
		r = htab_reset(to->fd);
		say_result(r);
		note_allocation(to, r);
	}
	look(from);
	look(to);
}

void do_migrate(struct a_vm *vm)
{
	struct a_vm *to = &vms[draw(MAX_VMS)];
	uint32_t order = peek_order(vm), granted = order;
	int r;

	if (!order || to == vm || to->fd < 0 || to->running) {
		say("no migration");
		return;
	}
	say("htab_alloc_at_least(vm%d, %u)", (int)(to - vms), order);
	r = htab_alloc_at_least(to->fd, &granted, order);
	say_result(r);
	say(" order %u", granted);
	note_allocation(to, r);
	if (r == 0 && granted == order)
		migrate(vm, to, order);
}
