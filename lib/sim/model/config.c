/* SPDX-License-Identifier: MIT */
/* Parses the description of a host, such as "linux=4.3 mmu=hash cma=64M". */
#include "model.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct word {
	const char *name;
	uint64_t value;
};

static const struct word kvm_words[] = {
	{ "hv", KVM_HV },     { "pr", KVM_PR }, { "nested", KVM_NESTED },
	{ "none", KVM_NONE }, { NULL, 0 },
};

static const struct word cpu_words[] = {
	{ "power7", POWER7 },
	{ "power8", POWER8 },
	{ "power9-dd2.0", POWER9_DD20 },
	{ "power9", POWER9 },
	{ "power10", POWER10 },
	{ NULL, 0 },
};

static const struct word mmu_words[] = { { "hash", false },
					 { "radix", true },
					 { NULL, 0 } };

static const struct word other_words[] = { { "refuse", false },
					   { "accept", true },
					   { NULL, 0 } };

static const struct word reverse_words[] = { { "zero", false },
					     { "random", true },
					     { NULL, 0 } };

static const struct word page_words[] = { { "4K", 4 << 10 },
					  { "64K", 64 << 10 },
					  { NULL, 0 } };

/* Parses a whole number without a sign, and sets *end to what follows it. */
static bool parse_digits(const char *text, const char **end, uint64_t *value)
{
	char *after;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*value = strtoull(text, &after, 10);
	*end = after;
	return errno == 0;
}

static bool parse_word(const struct word *words, const char *text,
		       uint64_t *value)
{
	for (; words->name; words++) {
		if (strcmp(words->name, text) == 0) {
			*value = words->value;
			return true;
		}
	}
	return false;
}

static bool parse_count(const struct word *unused, const char *text,
			uint64_t *value)
{
	(void)unused;
	return parse_digits(text, &text, value) && *text == '\0';
}

static bool parse_size(const struct word *unused, const char *text,
		       uint64_t *value)
{
	static const char units[] = "KMGT";
	const char *unit;
	unsigned int shift;

	(void)unused;
	if (!parse_digits(text, &text, value))
		return false;
	if (*text == '\0')
		return true;
	unit = strchr(units, *text);
	if (!unit || text[1] != '\0')
		return false;
	shift = 10 * (unsigned int)(unit - units + 1);
	if (*value > UINT64_MAX >> shift)
		return false;
	*value <<= shift;
	return true;
}

static bool parse_version(const struct word *unused, const char *text,
			  uint64_t *value)
{
	uint64_t major, minor;

	(void)unused;
	if (!parse_digits(text, &text, &major) || *text++ != '.' ||
	    !parse_digits(text, &text, &minor))
		return false;
	/* A third number is allowed and ignored. */
	if (*text == '.') {
		uint64_t patch;

		if (!parse_digits(text + 1, &text, &patch))
			return false;
	}
	*value = LINUX(major, minor);
	return *text == '\0' && major <= 99 && minor <= 999 &&
	       *value >= LINUX(3, 6);
}

enum setting {
	SET_LINUX,
	SET_KVM,
	SET_CPU,
	SET_MMU,
	SET_PAGE,
	SET_CMA,
	SET_MEMORY,
	SET_BLOCK,
	SET_POOL,
	SET_RAM,
	SET_POLLS,
	SET_REVERSE,
	SET_OTHER,
	SETTINGS,
};

static const struct {
	const char *name;
	bool (*parse)(const struct word *words, const char *text,
		      uint64_t *value);
	const struct word *words;
} settings[SETTINGS] = {
	[SET_LINUX] = { "linux", parse_version, NULL },
	[SET_KVM] = { "kvm", parse_word, kvm_words },
	[SET_CPU] = { "cpu", parse_word, cpu_words },
	[SET_MMU] = { "mmu", parse_word, mmu_words },
	[SET_PAGE] = { "page", parse_word, page_words },
	[SET_CMA] = { "cma", parse_size, NULL },
	[SET_MEMORY] = { "memory", parse_size, NULL },
	[SET_BLOCK] = { "block", parse_size, NULL },
	[SET_POOL] = { "pool", parse_count, NULL },
	[SET_RAM] = { "ram", parse_size, NULL },
	[SET_POLLS] = { "polls", parse_count, NULL },
	[SET_REVERSE] = { "reverse", parse_word, reverse_words },
	[SET_OTHER] = { "other", parse_word, other_words },
};

/* The settings that the description makes, and where to write an error */
struct parser {
	bool said[SETTINGS];
	uint64_t value[SETTINGS];
	char *why;
	size_t why_size;
};

__attribute__((format(printf, 2, 3))) static int
complain(struct parser *parser, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(parser->why, parser->why_size, format, arguments);
	va_end(arguments);
	return -EINVAL;
}

static int parse_setting(struct parser *parser, char *word)
{
	char *text = strchr(word, '=');
	int i = 0;

	if (!text)
		return complain(parser, "not a setting: %s", word);
	*text++ = '\0';
	while (i < SETTINGS && strcmp(settings[i].name, word) != 0)
		i++;
	if (i == SETTINGS ||
	    !settings[i].parse(settings[i].words, text, &parser->value[i]))
		return complain(parser, "not a setting: %s=%s", word, text);
	if (parser->said[i])
		return complain(parser, "%s= is there twice", word);
	parser->said[i] = true;
	return 0;
}

static int parse_settings(struct parser *parser, char *text)
{
	static const char between[] = " ,\t\n";
	char *state, *word;
	int r = 0;

	for (word = strtok_r(text, between, &state); word && r == 0;
	     word = strtok_r(NULL, between, &state))
		r = parse_setting(parser, word);
	return r;
}

static uint64_t value_of(const struct parser *parser, enum setting setting,
			 uint64_t otherwise)
{
	return parser->said[setting] ? parser->value[setting] : otherwise;
}

/* A setting that is missing gets the value that was usual with that kernel. */
static struct config with_defaults(const struct parser *parser)
{
	const unsigned int v =
		(unsigned int)value_of(parser, SET_LINUX, LINUX(6, 12));
	/* 5 % of 4 GiB, which Linux up to 3.19 rounds up to 128 MiB */
	const uint64_t usual_cma = v < LINUX(3, 12)  ? 0
				   : v < LINUX(4, 0) ? UINT64_C(256) << 20
						     : UINT64_C(208) << 20;
	struct config config = {
		.linux_version = v,
		.kvm = (enum kvm_kind)value_of(parser, SET_KVM, KVM_HV),
		.random_reverse = value_of(parser, SET_REVERSE, false),
		.accept_other = value_of(parser, SET_OTHER, false),
		.page = value_of(parser, SET_PAGE, 4 << 10),
		.cma = value_of(parser, SET_CMA, usual_cma),
		.memory = value_of(parser, SET_MEMORY, UINT64_C(3) << 30),
		.block = value_of(parser, SET_BLOCK, 16 << 20),
		.pool = value_of(parser, SET_POOL, 0),
		.ram = value_of(parser, SET_RAM, 16 << 20),
		.polls = value_of(parser, SET_POLLS, 1),
	};
	/* A nested hypervisor is a radix guest of POWER9 or later. */
	const enum cpu usual_cpu = config.kvm == KVM_NESTED ? POWER9
				   : v < LINUX(3, 14)	    ? POWER7
							    : POWER8;

	config.cpu = (enum cpu)value_of(parser, SET_CPU, usual_cpu);
	config.radix = value_of(parser, SET_MMU, config.cpu >= POWER9_DD20);
	return config;
}

/* Returns a sentence that says why no such machine exists, or NULL. */
static const char *contradiction(const struct parser *parser,
				 const struct config *config)
{
	const unsigned int v = config->linux_version;

	if (v < htab_model_first_linux(config->cpu))
		return "this cpu needs a later Linux (power8: 3.14, power9: "
		       "4.11, power10: 5.10)";
	if (config->radix && config->cpu < POWER9_DD20)
		return "this cpu has no radix MMU";
	if (config->kvm == KVM_NESTED && v < LINUX(4, 20))
		return "kvm=nested needs Linux 4.20";
	if (config->kvm == KVM_NESTED && !config->radix)
		return "kvm=nested needs mmu=radix";
	if (parser->said[SET_POOL] && v >= LINUX(3, 12))
		return "pool= ended with Linux 3.11; later kernels have cma=";
	if (parser->said[SET_CMA] && v < LINUX(3, 12))
		return "cma= needs Linux 3.12; earlier kernels have pool=";
	if (config->polls == 0)
		return "polls=0: no kernel has a resize ready at once";
	return NULL;
}

int htab_model_config_parse(struct config *config, const char *description,
			    char *why, size_t why_size)
{
	struct parser parser = { .why = why, .why_size = why_size };
	const char *wrong;
	char *text;
	int r;

	text = strdup(description ? description : "");
	if (!text)
		return -ENOMEM;
	r = parse_settings(&parser, text);
	free(text);
	if (r < 0)
		return r;
	*config = with_defaults(&parser);
	wrong = contradiction(&parser, config);
	return wrong ? complain(&parser, "%s", wrong) : 0;
}
