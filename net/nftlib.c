/*
 * libnftables, opened on first use, and its context.  The context has a netlink
 * socket, so a process that was forked makes its own, and so does one that is
 * in another namespace; else it is kept, since closing the socket may wait
 * (nfnl.c says for what).
 *
 * Only texts of our own are run: never a jail's name, nor what a user wrote.
 */
#include <errno.h>
#include <nftables/libnftables.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "net/library.h"
#include "net/nft_int.h"
#include "net/rtnl.h"

#define FUNCTIONS(X) \
	X(nft_ctx_new) \
	X(nft_ctx_free) \
	X(nft_ctx_buffer_output) \
	X(nft_ctx_buffer_error) \
	X(nft_ctx_get_output_buffer) \
	X(nft_ctx_get_error_buffer) \
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

	return library_open(&handle, "libnftables.so.1", "libnftables1", names,
	    nitems(names), &lib, e);
}

static struct {
	struct nft_ctx *ctx;
	pid_t pid;
	uint64_t netns;
} kept;

void
nft_run_close(void)
{
	/* A parent's is left alone: its socket is the parent's as well, and is
	 * not closed by closing the child's descriptor. */
	if (kept.ctx != NULL)
		lib.nft_ctx_free(kept.ctx);
	kept.ctx = NULL;
}

static struct nft_ctx *
context(struct jerr *e)
{
	uint64_t netns = rtnl_netns();

	if (nft_open(e) == -1)
		return NULL;
	if (kept.ctx != NULL && kept.pid == getpid() && netns != 0 &&
	    kept.netns == netns)
		return kept.ctx;
	nft_run_close();
	kept.ctx = lib.nft_ctx_new(NFT_CTX_DEFAULT);
	kept.pid = getpid();
	kept.netns = netns;
	if (kept.ctx == NULL || lib.nft_ctx_buffer_output(kept.ctx) != 0 ||
	    lib.nft_ctx_buffer_error(kept.ctx) != 0) {
		nft_run_close();
		(void)jerr_set(e, ENOMEM, "libnftables: no context");
	}
	return kept.ctx;
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
nft_run(const char *text, struct jerr *e)
{
	struct nft_ctx *ctx = context(e);
	int rc = 0;

	if (ctx == NULL)
		return -1;
	if (lib.nft_run_cmd_from_buffer(ctx, text) != 0) {
		const char *said = lib.nft_ctx_get_error_buffer(ctx);

		rc = explain(said != NULL ? said : "", e);
	}
	/* Fetching empties them. */
	(void)lib.nft_ctx_get_output_buffer(ctx);
	(void)lib.nft_ctx_get_error_buffer(ctx);
	return rc;
}
