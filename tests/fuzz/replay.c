/* SPDX-License-Identifier: MIT */
/* Gives a fuzz target the files of its corpus, without a fuzzer. The arguments
 * are directories. */
#include "fuzz.h"

#include <dirent.h>
#include <limits.h>

/* Reads a file into memory of its exact size, which the caller frees. */
static uint8_t *read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data;
	long end;

	must(file && fseek(file, 0, SEEK_END) == 0);
	end = ftell(file);
	must(end >= 0);
	*size = (size_t)end;
	data = malloc(*size + (*size == 0));
	must(data);
	rewind(file);
	must(fread(data, 1, *size, file) == *size);
	fclose(file);
	return data;
}

static void replay(const char *path)
{
	size_t size;
	uint8_t *data = read_file(path, &size);

	/* If the target aborts, this names the file. */
	printf("%s\n", path);
	fflush(stdout);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
}

static unsigned int replay_all(const char *directory)
{
	DIR *dir = opendir(directory);
	const struct dirent *file;
	unsigned int count = 0;

	must(dir);
	while ((file = readdir(dir)) != NULL) {
		char path[PATH_MAX];

		if (file->d_name[0] == '.')
			continue;
		must(snprintf(path, sizeof(path), "%s/%s", directory,
			      file->d_name) < (int)sizeof(path));
		replay(path);
		count++;
	}
	closedir(dir);
	return count;
}

int main(int argc, char **argv)
{
	unsigned int count = 0;

	LLVMFuzzerTestOneInput(NULL, 0);
	for (int i = 1; i < argc; i++)
		count += replay_all(argv[i]);
	/* A corpus that was not found would look like one without faults. */
	must(count > 0);
	printf("%u files\n", count);
	return 0;
}
