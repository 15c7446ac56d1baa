/* SPDX-License-Identifier: MIT */
/* The description of a host: "linux=4.3 mmu=hash cma=64M" */
#include "sim.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct word {
	const char *name;
	uint64_t value;
};

static const struct word kvm_words[] = {
	{ "hv", KVM_HV }, { "pr", KVM_PR }, { "nested", KVM_NESTED },
	{ "none", KVM_NONE }, { NULL, 0 },
};

static const struct word cpu_words[] = {
	{ "power7", POWER7 }, { "power8", POWER8 },
	{ "power9-dd2.0", POWER9_DD20 }, { "power9", POWER9 },
	{ "power10", POWER10 }, { NULL, 0 },
};

static const struct word mmu_words[] = {
	{ "hash", false }, { "radix", true }, { NULL, 0 },
};

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

/* A whole number without sign; *end behind it */
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

static bool parse_size(const char *text, uint64_t *value)
{
	static const char units[] = "KMGT";
	const char *unit;
	unsigned int shift;

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

static bool parse_version(const char *text, uint64_t *value)
{
	uint64_t major, minor;

	if (!parse_digits(text, &text, &major) || *text++ != '.' ||
	    !parse_digits(text, &text, &minor))
		return false;
	/* A third number makes no difference. */
	if (*text == '.') {
		uint64_t patch;

		if (!parse_digits(text + 1, &text, &patch))
			return false;
	}
	*value = LINUX(major, minor);
	return *text == '\0' && major <= 99 && minor <= 999 &&
	       *value >= LINUX(3, 6);
}

static bool parse_page(const char *text, uint64_t *value)
{
	return parse_size(text, value) &&
	       (*value == 4 << 10 || *value == 64 << 10);
}

/* The config that is being made, and what was said of it */
struct parser {
	uint64_t linux_version, kvm, cpu, radix;
	bool mmu_said;
	struct config *config;
};

static bool parse_setting(struct parser *parser, const char *name,
			  const char *text)
{
	struct config *config = parser->config;

	if (strcmp(name, "linux") == 0)
		return parse_version(text, &parser->linux_version);
	if (strcmp(name, "kvm") == 0)
		return parse_word(kvm_words, text, &parser->kvm);
	if (strcmp(name, "cpu") == 0)
		return parse_word(cpu_words, text, &parser->cpu);
	if (strcmp(name, "mmu") == 0) {
		parser->mmu_said = true;
		return parse_word(mmu_words, text, &parser->radix);
	}
	if (strcmp(name, "page") == 0)
		return parse_page(text, &config->page);
	if (strcmp(name, "cma") == 0)
		return parse_size(text, &config->cma);
	if (strcmp(name, "memory") == 0)
		return parse_size(text, &config->memory);
	if (strcmp(name, "block") == 0)
		return parse_size(text, &config->block);
	if (strcmp(name, "pool") == 0)
		return parse_size(text, &config->pool);
	if (strcmp(name, "ram") == 0)
		return parse_size(text, &config->ram);
	if (strcmp(name, "polls") == 0)
		return parse_size(text, &config->polls);
	return false;
}

static int parse_settings(struct parser *parser, char *text)
{
	static const char between[] = " ,\t\n";
	char *state, *word;

	for (word = strtok_r(text, between, &state); word;
	     word = strtok_r(NULL, between, &state)) {
		char *value = strchr(word, '=');

		if (value)
			*value++ = '\0';
		if (!value || !parse_setting(parser, word, value)) {
			fprintf(stderr, "libhtab-sim: not a setting: %s%s%s\n",
				word, value ? "=" : "", value ? value : "");
			return -EINVAL;
		}
	}
	return 0;
}

/* What no machine is */
static const char *contradiction(const struct config *config)
{
	if (config->radix && config->cpu < POWER9_DD20)
		return "this cpu has no radix MMU";
	if (config->radix && config->linux_version < LINUX(4, 11))
		return "mmu=radix needs Linux 4.11";
	if (config->kvm == KVM_NESTED && config->linux_version < LINUX(4, 20))
		return "kvm=nested needs Linux 4.20";
	if (config->kvm == KVM_NESTED && !config->radix)
		return "kvm=nested needs mmu=radix";
	return NULL;
}

int htab_model_config_parse(struct config *config, const char *description)
{
	struct parser parser = {
		.linux_version = LINUX(6, 12),
		.kvm = KVM_HV,
		.cpu = POWER8,
		.config = config,
	};
	const char *wrong;
	char *text;
	int r;

	*config = (struct config){
		.page = 4 << 10,
		.cma = UINT64_C(208) << 20,
		.memory = UINT64_C(3) << 30,
		.block = 16 << 20,
		.ram = 16 << 20,
		.polls = 1,
	};
	text = strdup(description ? description : "");
	if (!text)
		return -ENOMEM;
	r = parse_settings(&parser, text);
	free(text);
	if (r < 0)
		return r;

	config->linux_version = (unsigned int)parser.linux_version;
	config->kvm = (enum kvm_kind)parser.kvm;
	config->cpu = (enum cpu)parser.cpu;
	/* A nested hypervisor is a radix guest of POWER9 or later. */
	if (config->kvm == KVM_NESTED && config->cpu < POWER9)
		config->cpu = POWER9;
	config->radix = parser.mmu_said
				? parser.radix
				: config->cpu >= POWER9_DD20 &&
					  config->linux_version >= LINUX(4, 11);
	wrong = contradiction(config);
	if (wrong) {
		fprintf(stderr, "libhtab-sim: %s\n", wrong);
		return -EINVAL;
	}
	return 0;
}
