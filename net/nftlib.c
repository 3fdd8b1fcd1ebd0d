/*
 * The library and its context.  The context has a netlink socket, so a process
 * that was forked makes its own.
 */
#include "net/nftlib.h"

#include <dlfcn.h>
#include <errno.h>
#include <nftables/libnftables.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "net/nft.h"

#define FUNCTIONS(X) \
	X(nft_ctx_new) \
	X(nft_ctx_buffer_output) \
	X(nft_ctx_buffer_error) \
	X(nft_ctx_get_output_buffer) \
	X(nft_ctx_get_error_buffer) \
	X(nft_ctx_output_set_flags) \
	X(nft_run_cmd_from_buffer)

static struct nftlib {
#define X(f) __typeof__(f) *f;
	FUNCTIONS(X)
#undef X
} lib;

static const char *const names[] = {
#define X(f) #f,
	FUNCTIONS(X)
#undef X
};

_Static_assert(sizeof(lib) == nitems(names) * sizeof(void *), "a name each");

int
nft_open(struct jerr *e)
{
	static void *handle;
	void *fn[nitems(names)];

	if (handle != NULL)
		return 0;
	handle = dlopen("libnftables.so.1", RTLD_NOW | RTLD_LOCAL);
	if (handle == NULL)
		return jerr_set(e, ENOENT,
		    "libnftables.so.1 is needed for addresses: "
		    "install libnftables1");
	for (size_t i = 0; i < nitems(names); i++) {
		fn[i] = dlsym(handle, names[i]);
		if (fn[i] != NULL)
			continue;
		(void)dlclose(handle);
		handle = NULL;
		return jerr_set(
		    e, ENOENT, "libnftables.so.1 has no %s", names[i]);
	}
	memcpy(&lib, fn, sizeof(lib));
	return 0;
}

/* Ours since the last fork, or NULL. */
static struct nft_ctx *
context(struct jerr *e)
{
	static struct nft_ctx *ctx;
	static pid_t owner;

	if (nft_open(e) == -1)
		return NULL;
	if (ctx != NULL && owner == getpid())
		return ctx;
	/* The parent's is left alone: its socket is the parent's. */
	ctx = lib.nft_ctx_new(NFT_CTX_DEFAULT);
	owner = getpid();
	if (ctx == NULL || lib.nft_ctx_buffer_output(ctx) != 0 ||
	    lib.nft_ctx_buffer_error(ctx) != 0) {
		ctx = NULL;
		(void)jerr_set(e, ENOMEM, "libnftables: no context");
	}
	return ctx;
}

/* "Error: Could not process rule: File exists" and the text it points at. */
static int
explain(const char *said, struct jerr *e)
{
	static const struct {
		const char *word;
		int code;
	} known[] = {
		{ "No such file or directory", ENOENT },
		{ "does not exist", ENOENT },
		{ "File exists", EEXIST },
		{ "Device or resource busy", EBUSY },
		{ "Operation not permitted", EPERM },
		{ "Operation not supported", EOPNOTSUPP },
	};
	const char *line = strstr(said, "Error: ");
	int code = EINVAL;

	line = line != NULL ? line + strlen("Error: ") : said;
	for (size_t i = 0; i < nitems(known); i++)
		if (strstr(said, known[i].word) != NULL) {
			code = known[i].code;
			break;
		}
	return jerr_set(
	    e, code, "nftables: %.*s", (int)strcspn(line, "\n"), line);
}

int
nft_run(const char *text, bool handles, struct strbuf *out, struct jerr *e)
{
	struct nft_ctx *ctx = context(e);
	const char *said;
	int rc;

	if (ctx == NULL)
		return -1;
	lib.nft_ctx_output_set_flags(ctx,
	    NFT_CTX_OUTPUT_NUMERIC_PRIO |
		(handles ? NFT_CTX_OUTPUT_HANDLE : 0u));
	rc = lib.nft_run_cmd_from_buffer(ctx, text);
	said = lib.nft_ctx_get_error_buffer(ctx);
	if (rc != 0)
		return explain(said != NULL ? said : "", e);
	if (out != NULL &&
	    strbuf_puts(out, lib.nft_ctx_get_output_buffer(ctx)) == -1)
		return jerr_set(e, ENOMEM, "out of memory");
	/* The buffers are emptied when they are fetched. */
	(void)lib.nft_ctx_get_output_buffer(ctx);
	return 0;
}
