/* The rows of the private network stack (start.c). */
#ifndef LIFE_STEP_NET_H
#define LIFE_STEP_NET_H

#include <stdbool.h>

#include "base/err.h"
#include "life/walk.h"

/* Has it addresses of its own? */
bool has_net(const struct walk *w);

int step_addresses(struct walk *w, struct jerr *e);
int step_links(struct walk *w, struct jerr *e);
int step_shares(struct walk *w, struct jerr *e);
int step_rules(struct walk *w, struct jerr *e);
int step_routes(struct walk *w, struct jerr *e);
int step_resolver(struct walk *w, struct jerr *e);

#endif
