/* SPDX-License-Identifier: MIT */
/*
 * Two vcpus enter and leave while others call ALLOCATE_HTAB and COMMIT, or
 * switch the VM between radix and hash. Their
 * steps are taken in every possible order. In each of them no table changes
 * while a vcpu is inside, no change is refused without a vcpu, no actor gets
 * stuck, and a vcpu that is inside finds its table.
 *
 * One thread steps the model. It repeats each sequence of steps from the start
 * on a VM of its own, and goes on only from states that it has not seen yet.
 *
 * The file is longer than others, because the world that is stepped and what
 * must hold in it are read together.
 */
#include "../unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "model/model.h"

enum { MAX_ACTORS = 4, MAX_STEPS = 100, MAX_STATES = 1 << 17 };

enum kind { NOBODY, VCPU, ALLOCATE, COMMIT, SWITCH };

/* The actors, and the VM that they use */
struct scene {
	enum kind actors[MAX_ACTORS];
	uint32_t order;	    /* of the table at first; 0: none */
	bool ran;	    /* a vcpu has run before */
	uint32_t allocates; /* that order */
	bool radix;	    /* a host on which a VM can be both */
};

struct actor {
	struct op op;
	struct run run;
	struct change change;
	uint32_t order; /* the order that a change asks for */
	bool radix;	/* the mode that it asks for */
	bool counted;	/* a vcpu that makes a change EBUSY */
};

struct world {
	const struct scene *scene;
	struct kernel kernel;
	struct vm *vm;
	struct actor actors[MAX_ACTORS];
	char path[MAX_STEPS + 1]; /* the actors' numbers, as text */
	int steps;
};

/* --- one world, from its beginning --- */

static void step_to_end(struct change change)
{
	assert_int_equal(htab_model_change(&change), 0);
}

static struct change change_of(enum kind kind, struct actor *actor)
{
	if (kind == COMMIT)
		return htab_model_commit(&actor->op, &actor->order);
	if (kind == SWITCH)
		return htab_model_mode_change(&actor->op, &actor->radix);
	return htab_model_allocation(&actor->op, &actor->order);
}

static void set_up(struct world *world)
{
	const struct scene *scene = world->scene;
	const struct uapi_kvm_ppc_resize_hpt how = { .shift = 22 };
	struct op op = { .hazards = 0 };
	uint32_t order = scene->order;

	assert_int_equal(htab_model_vm_make(&world->kernel, 3, &world->vm), 0);
	op.vm = world->vm;
	if (order)
		step_to_end(htab_model_allocation(&op, &order));
	if (scene->ran) {
		assert_int_equal(htab_model_enter(&op), 0);
		assert_int_equal(htab_model_leave(&op), 0);
	}
	if (!scene->radix) {
		assert_int_equal(htab_model_resize_prepare(&op, &how), 100);
		assert_int_equal(htab_model_resize_prepare(&op, &how), 0);
	}
	assert_int_equal(op.hazards, 0);
	for (int i = 0; i < MAX_ACTORS; i++) {
		struct actor *actor = &world->actors[i];

		*actor = (struct actor){ .op.vm = world->vm,
					 .run.op.vm = world->vm };
		actor->order = scene->actors[i] == COMMIT ? how.shift
							  : scene->allocates;
		/* Away from the mode in which the VM begins */
		actor->radix = !world->vm->radix;
		actor->change = change_of(scene->actors[i], actor);
	}
}

static void tear_down(struct world *world)
{
	const struct uapi_kvm_ppc_resize_hpt nothing = { .shift = 0 };
	struct op op = { .vm = world->vm };

	/* If the sequence stops here, an actor may still hold the lock. */
	pthread_mutex_trylock(&world->vm->gate.lock);
	pthread_mutex_unlock(&world->vm->gate.lock);
	htab_model_resize_prepare(&op, &nothing);
	htab_model_vm_put(world->vm);
}

static bool is_locked(struct gate *gate)
{
	if (pthread_mutex_trylock(&gate->lock) != 0)
		return true;
	pthread_mutex_unlock(&gate->lock);
	return false;
}

static bool has_ended(const struct world *world, int i)
{
	const struct actor *actor = &world->actors[i];

	switch (world->scene->actors[i]) {
	case NOBODY:
		return true;
	case VCPU:
		return actor->run.next == RUN_END;
	default:
		return actor->change.next == CHANGE_END;
	}
}

static bool waits(struct world *world, int i)
{
	const struct actor *actor = &world->actors[i];
	const bool wants = world->scene->actors[i] == VCPU
				   ? actor->run.next == RUN_LOCK
				   : actor->change.next == CHANGE_LOCK;

	return wants && is_locked(&world->vm->gate);
}

/* --- what must hold --- */

static void require(const struct world *world, bool good, const char *what)
{
	if (!good)
		fail_msg("%s, after the steps of actors %s", what, world->path);
}

static bool has_vrma(const struct vm *vm)
{
	return htab_model_table_next(&vm->table, 0) != NULL;
}

static bool somebody_changes(const struct world *world)
{
	for (int i = 0; i < MAX_ACTORS; i++)
		if (world->scene->actors[i] > VCPU &&
		    world->actors[i].change.next > CHANGE_LOCK &&
		    world->actors[i].change.next < CHANGE_END)
			return true;
	return false;
}

static void check_world(struct world *world)
{
	const struct gate *gate = &world->vm->gate;
	bool ended = true, stuck = true;

	for (int i = 0; i < MAX_ACTORS; i++) {
		const struct actor *actor = &world->actors[i];
		const uint32_t expected =
			world->scene->actors[i] == COMMIT &&
					!actor->change.was_ready
				? 1u << HTAB_SIM_HAZARD_COMMIT_NOT_READY
				: 0;

		ended &= has_ended(world, i);
		stuck &= has_ended(world, i) || waits(world, i);
		require(world, !actor->run.op.hazards, "a vcpu met a hazard");
		require(world, !(actor->op.hazards & ~expected),
			"a change met a hazard");
		if (world->scene->actors[i] == VCPU &&
		    actor->run.next == RUN_INSIDE && !somebody_changes(world))
			require(world,
				gate->ready && (world->vm->radix ||
						has_vrma(world->vm)),
				"a vcpu is inside without a table");
	}
	require(world, ended || !stuck, "all wait");
	if (!ended)
		return;
	require(world,
		!gate->running && !gate->inside && !gate->held &&
			!gate->changing && !is_locked(&world->vm->gate),
		"something is left");
	/* A radix VM has no table, and is ready from its first run on. */
	require(world,
		world->vm->radix ? !world->vm->table.order
				 : gate->ready == has_vrma(world->vm),
		"ready, or not, without reason");
}

static bool somebody_counts(const struct world *world)
{
	for (int i = 0; i < MAX_ACTORS; i++)
		if (world->actors[i].counted)
			return true;
	return false;
}

static void step_change(struct world *world, struct actor *actor)
{
	const bool counts = actor->change.next == CHANGE_COUNT;

	htab_model_change_step(&actor->change);
	if (counts)
		require(world,
			(actor->change.result == -EBUSY) ==
				somebody_counts(world),
			"refused without a vcpu, or not with one");
}

static void step(struct world *world, int i)
{
	struct actor *actor = &world->actors[i];

	world->path[world->steps++] = (char)('0' + i);
	world->path[world->steps] = '\0';
	assert_true(world->steps < MAX_STEPS);
	if (world->scene->actors[i] != VCPU) {
		step_change(world, actor);
		return;
	}
	htab_model_run_step(&actor->run);
	require(world, actor->run.result == 0, "a vcpu did not run");
	actor->counted = actor->run.next != RUN_COUNT &&
			 actor->run.next != RUN_END;
}

/* --- all sequences --- */

/* Everything on which the next steps of a world depend */
struct state {
	unsigned char next[MAX_ACTORS], was_ready[MAX_ACTORS],
		reopen[MAX_ACTORS], refused[MAX_ACTORS];
	bool ready, held, changing, pending, vrma, radix;
	int running, inside;
	uint32_t order;
};

static struct state states[MAX_STATES];
static size_t states_count;

static struct state state_of(struct world *world)
{
	const struct vm *vm = world->vm;
	struct state state;

	memset(&state, 0, sizeof(state));
	state.running = vm->gate.running;
	state.inside = vm->gate.inside;
	state.order = vm->table.order;
	state.ready = vm->gate.ready;
	state.held = vm->gate.held;
	state.changing = vm->gate.changing;
	state.pending = vm->pending.active;
	state.vrma = has_vrma(vm);
	state.radix = vm->radix;
	for (int i = 0; i < MAX_ACTORS; i++) {
		const struct actor *actor = &world->actors[i];
		const struct change *change = &actor->change;

		state.next[i] = (unsigned char)actor->run.next;
		if (world->scene->actors[i] == VCPU)
			continue;
		state.next[i] = (unsigned char)change->next;
		state.was_ready[i] = change->was_ready;
		state.reopen[i] = change->reopen;
		state.refused[i] = change->result < 0;
	}
	return state;
}

static bool is_new(const struct state *state)
{
	for (size_t i = 0; i < states_count; i++)
		if (memcmp(&states[i], state, sizeof(*state)) == 0)
			return false;
	assert_true(states_count < MAX_STATES);
	states[states_count++] = *state;
	return true;
}

static void repeat(struct world *world, const char *path)
{
	world->steps = 0;
	world->path[0] = '\0';
	set_up(world);
	while (*path)
		step(world, *path++ - '0');
}

/* Takes one more step after a path, with each actor that can take one. */
static void explore(struct world *world, const char *from)
{
	char path[MAX_STEPS + 2];
	bool can[MAX_ACTORS] = { false };
	struct state state;
	bool new;

	repeat(world, from);
	check_world(world);
	state = state_of(world);
	new = is_new(&state);
	for (int i = 0; i < MAX_ACTORS; i++)
		can[i] = new && !has_ended(world, i) && !waits(world, i);
	tear_down(world);
	for (int i = 0; i < MAX_ACTORS; i++) {
		if (!can[i])
			continue;
		snprintf(path, sizeof(path), "%s%d", from, i);
		explore(world, path);
	}
}

static void explore_scene(void **scene)
{
	struct world *world = calloc(1, sizeof(*world));
	const char *host;
	char why[80];

	assert_non_null(world);
	world->scene = *scene;
	pthread_mutex_init(&world->kernel.lock, NULL);
	/* With one page of guest memory the VRMA has one entry. */
	host = world->scene->radix ? "ram=64K page=64K cpu=power10"
				   : "ram=64K page=64K";
	assert_int_equal(htab_model_config_parse(&world->kernel.config, host,
						 why, sizeof(why)),
			 0);
	htab_model_boot(&world->kernel);
	states_count = 0;
	explore(world, "");
	print_message("# %zu states\n", states_count);
	assert_true(states_count > 100);
	htab_model_halt(&world->kernel);
	free(world);
}

static const struct scene clear_after_a_run = {
	{ VCPU, VCPU, ALLOCATE }, 20, true, 20, false
};
static const struct scene replace_after_a_run = {
	{ VCPU, VCPU, ALLOCATE }, 20, true, 21, false
};
static const struct scene replace_before_the_first_run = {
	{ VCPU, VCPU, ALLOCATE }, 20, false, 21, false
};
static const struct scene make_before_the_first_run = {
	{ VCPU, VCPU, ALLOCATE }, 0, false, 20, false
};
static const struct scene resize = {
	{ VCPU, VCPU, COMMIT }, 20, true, 0, false
};
static const struct scene resize_and_clear = {
	{ VCPU, VCPU, COMMIT, ALLOCATE }, 20, true, 20, false
};
static const struct scene resize_and_replace = {
	{ VCPU, VCPU, COMMIT, ALLOCATE }, 20, true, 21, false
};

static const struct scene hash_to_radix = {
	{ VCPU, VCPU, SWITCH }, 20, true, 0, true
};
static const struct scene hash_to_radix_before_the_first_run = {
	{ VCPU, VCPU, SWITCH }, 20, false, 0, true
};
static const struct scene radix_to_hash = {
	{ VCPU, VCPU, SWITCH }, 0, true, 0, true
};
static const struct scene both_ways = {
	{ VCPU, SWITCH, ALLOCATE }, 20, true, 20, true
};

#define SCENE(scene)                                                           \
	{                                                                      \
#scene, explore_scene, NULL, NULL,                             \
			(void *)(uintptr_t) & (scene)                          \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(clear_after_a_run),
		SCENE(replace_after_a_run),
		SCENE(replace_before_the_first_run),
		SCENE(make_before_the_first_run),
		SCENE(resize),
		SCENE(resize_and_clear),
		SCENE(resize_and_replace),
		SCENE(hash_to_radix),
		SCENE(hash_to_radix_before_the_first_run),
		SCENE(radix_to_hash),
		SCENE(both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
