/*
 * Configurations as words.  Only what was given is shown, never a default, so
 * that the words, given to jail -c, make the same jail.
 */
#include "life/words.h"

#include <string.h>

#include "base/quote.h"

/* "allow.mount" without: "allow.nomount"; "persist": "nopersist". */
static int
add_bool(struct strv *out, const char *name, bool on)
{
	const char *dot = strrchr(name, '.');
	const char *last = dot != NULL ? dot + 1 : name;

	if (on)
		return strv_add(out, name);
	return strv_addf(out, "%.*sno%s", (int)(last - name), name, last);
}

static int
add_list(struct strv *out, const char *name, const struct strv *values)
{
	auto_strbuf struct strbuf b = STRBUF_INIT;

	if (strbuf_puts(&b, name) == -1 || strbuf_putc(&b, '=') == -1)
		return -1;
	for (size_t i = 0; i < values->n; i++)
		if ((i > 0 && strbuf_putc(&b, ',') == -1) ||
		    quote_word(&b, values->v[i]) == -1)
			return -1;
	if (values->n == 0 && quote_word(&b, "") == -1)
		return -1;
	return strv_add(out, strbuf_str(&b));
}

static int
add_row(const struct jail_conf *c, enum param_id id, struct strv *out)
{
	const char *name = param_table[id].name;
	auto_strbuf struct strbuf b = STRBUF_INIT;

	switch (param_table[id].type) {
	case PT_BOOL:
		return add_bool(out, name, conf_bool(c, id));
	case PT_LIST:
	case PT_COMMA:
	case PT_STR:
	case PT_KEYVALUE:
		return add_list(out, name, &c->val[id].strs);
	case PT_INT:
	case PT_JAILSYS:
		break;
	}
	if (conf_export(c, id, &b) == -1)
		return -1;
	return strv_addf(out, "%s=%s", name, strbuf_str(&b));
}

static int
add_keyed(const struct conf_keyed *k, struct strv *out)
{
	auto_strbuf struct strbuf b = STRBUF_INIT;

	if (strbuf_addf(&b, "%s.%s", param_table[k->id].name, k->key) == -1)
		return -1;
	if (k->value != NULL &&
	    (strbuf_putc(&b, '=') == -1 || quote_word(&b, k->value) == -1))
		return -1;
	return strv_add(out, strbuf_str(&b));
}

int
words_from_conf(const struct jail_conf *c, struct strv *out)
{
	static const enum param_id first[] = { P_JID, P_NAME };

	for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++)
		if (conf_isset(c, first[i]) && add_row(c, first[i], out) == -1)
			return -1;
	for (int id = 0; id < P_COUNT; id++)
		if (id != P_JID && id != P_NAME &&
		    conf_isset(c, (enum param_id)id) &&
		    add_row(c, (enum param_id)id, out) == -1)
			return -1;
	for (size_t i = 0; i < c->nkeyed; i++)
		if (add_keyed(&c->keyed[i], out) == -1)
			return -1;
	return 0;
}
