/*
 * The main of a fuzz target without libFuzzer: every file that is named is one
 * input, run once.  Included last.
 */
#ifndef FUZZ_MAIN_H
#define FUZZ_MAIN_H

#ifndef WITH_LIBFUZZER

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "base/io.h"
#include "base/str.h"

#define INPUT_MAX (1 << 24)

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct strbuf text = STRBUF_INIT;
		int fd = open(argv[i], O_RDONLY | O_CLOEXEC);

		if (fd == -1 || io_read_all(fd, INPUT_MAX, &text) == -1) {
			perror(argv[i]);
			return 1;
		}
		(void)close(fd);
		(void)LLVMFuzzerTestOneInput(
		    (const uint8_t *)strbuf_str(&text), text.len);
		strbuf_free(&text);
	}
	(void)printf("%d inputs\n", argc - 1);
	return 0;
}

#endif

#endif
