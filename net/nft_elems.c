/*
 * Elements of our sets and maps: added in one transaction, taken away however
 * many of them are left.
 */
#include <errno.h>
#include <stdlib.h>

#include "net/nft.h"
#include "net/nftlib.h"

/* "{ key comment "uuid" : data, ... }" of one set; a comment only when added. */
static int
print(struct strbuf *b, const char *verb, const struct nft_elem *v, size_t n,
    const char *comment)
{
	bool add = comment != NULL;

	for (size_t i = 0; i < n; i++) {
		bool first = i == 0 || !str_eq(v[i].set, v[i - 1].set);
		bool last = i + 1 == n || !str_eq(v[i].set, v[i + 1].set);

		if ((first &&
			strbuf_addf(b, "%s element " NFT_TABLE " %s { ", verb,
			    v[i].set) == -1) ||
		    strbuf_puts(b, v[i].key) == -1 ||
		    (add && strbuf_addf(b, " comment \"%s\"", comment) == -1) ||
		    (add && v[i].data != NULL &&
			strbuf_addf(b, " : %s", v[i].data) == -1) ||
		    strbuf_puts(b, last ? " }\n" : ", ") == -1)
			return -1;
	}
	return 0;
}

static int
run(const char *verb, const struct nft_elem *v, size_t n, const char *comment,
    struct jerr *e)
{
	auto_strbuf struct strbuf b = STRBUF_INIT;

	if (print(&b, verb, v, n, comment) == -1)
		return jerr_set(e, ENOMEM, "out of memory");
	return nft_run(strbuf_str(&b), false, NULL, e);
}

int
nft_elems_add(
    const struct nft_elem *v, size_t n, const char *comment, struct jerr *e)
{
	return n == 0 ? 0 : run("add", v, n, comment, e);
}

int
nft_elems_del(const struct nft_elem *v, size_t n, struct jerr *e)
{
	struct jerr one = JERR_INIT;
	int r = 0;

	if (n == 0)
		return 0;
	if (run("delete", v, n, NULL, &one) == 0)
		return 0;
	if (one.code != ENOENT) {
		*e = one;
		return -1;
	}
	/* Some are not there: perhaps the whole table. */
	if (nft_table_there(&one) == 0)
		return 0;
	for (size_t i = 0; i < n; i++)
		if (run("delete", &v[i], 1, NULL, &one) == -1 &&
		    one.code != ENOENT && r == 0) {
			*e = one;
			r = -1;
		}
	return r;
}

int
nft_elems_count(const struct nft_elem *v, size_t n, struct jerr *e)
{
	struct jerr one = JERR_INIT;
	int count = 0;

	if (n == 0 || run("get", v, n, NULL, &one) == 0)
		return (int)n;
	for (size_t i = 0; i < n; i++) {
		if (run("get", &v[i], 1, NULL, &one) == 0)
			count++;
		else if (one.code != ENOENT) {
			*e = one;
			return -1;
		}
	}
	return count;
}
