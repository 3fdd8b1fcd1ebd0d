/*
 * Pool and symbols of a loaded configuration.  Nothing is ever freed singly.
 */
#include "conf/pool.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define CHUNK ((size_t)64 * 1024)

struct pool_chunk {
	struct pool_chunk *next;
	alignas(max_align_t) char bytes[];
};

void *
pool_alloc(struct pool *p, size_t n)
{
	const size_t align = alignof(max_align_t);
	struct pool_chunk *c;
	size_t size;
	void *r;

	if (n > SIZE_MAX / 2)
		return NULL;
	n = (n + align - 1) / align * align;
	if (n > p->left) {
		size = n > CHUNK ? n : CHUNK;
		c = calloc(1, sizeof(*c) + size);
		if (c == NULL)
			return NULL;
		c->next = p->chunks;
		p->chunks = c;
		/* What an outsized one leaves is not worth keeping over. */
		p->next = c->bytes;
		p->left = size;
	}
	r = p->next;
	p->next += n;
	p->left -= n;
	return r;
}

char *
pool_strdup(struct pool *p, const char *s, size_t n)
{
	char *copy = pool_alloc(p, n + 1);

	if (copy != NULL && n > 0)
		memcpy(copy, s, n);
	return copy;
}

void
pool_free(struct pool *p)
{
	struct pool_chunk *c, *next;

	for (c = p->chunks; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	*p = (struct pool)POOL_INIT;
}

size_t
hash_str(const char *s)
{
	uint64_t h = 14695981039346656037U;

	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * 1099511628211U;
	return (size_t)(h ^ (h >> 29));
}

static int
grow(struct symtab *t)
{
	size_t n = t->nbuckets != 0 ? t->nbuckets * 2 : 256;
	struct symbol **b = calloc(n, sizeof(struct symbol *));
	struct symbol *s, *next;

	if (b == NULL)
		return -1;
	for (size_t i = 0; i < t->nbuckets; i++)
		for (s = t->buckets[i]; s != NULL; s = next) {
			size_t to = hash_str(s->name) & (n - 1);

			next = s->next;
			s->next = b[to];
			b[to] = s;
		}
	free(t->buckets);
	t->buckets = b;
	t->nbuckets = n;
	return 0;
}

struct symbol *
sym_find(const struct symtab *t, const char *name)
{
	struct symbol *s;

	if (t->nbuckets == 0)
		return NULL;
	for (s = t->buckets[hash_str(name) & (t->nbuckets - 1)]; s != NULL;
	     s = s->next)
		if (str_eq(s->name, name))
			return s;
	return NULL;
}

struct symbol *
sym_intern(struct symtab *t, const char *name, bool *negated)
{
	const char *key;
	enum param_id id = param_find(name, negated, &key);
	struct symbol *s;
	size_t b;

	if (id != P_COUNT && key == NULL)
		name = param_table[id].name;
	s = sym_find(t, name);
	if (s != NULL)
		return s;
	if (t->n >= t->nbuckets && grow(t) == -1)
		return NULL;
	s = pool_alloc(t->pool, sizeof(*s));
	if (s == NULL)
		return NULL;
	s->name = pool_strdup(t->pool, name, strlen(name));
	if (s->name == NULL)
		return NULL;
	s->id = id;
	s->keyed = key != NULL;
	s->number = t->n++;
	b = hash_str(name) & (t->nbuckets - 1);
	s->next = t->buckets[b];
	t->buckets[b] = s;
	return s;
}

void
symtab_free(struct symtab *t)
{
	free(t->buckets);
	t->buckets = NULL;
	t->nbuckets = 0;
	t->n = 0;
}
