/*
 * Shared by the files of registry/ alone: the open registry, a held jail, and
 * the index as raw bytes.  Everything named index_* but index_load wants the
 * registry lock held.
 */
#ifndef REGISTRY_REG_INT_H
#define REGISTRY_REG_INT_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "registry/registry.h"

#define REG_NAME_MAX 255 /* bytes of a name, without NUL */

struct reg {
	char *path;	/* of the directory, for messages */
	int dirfd;	/* -1: there is no registry */
	int privfd;	/* -1: opened for reading */
	int lockfd;	/* -1 when not locked */
	unsigned depth; /* reg_lock nests */
	char boot[40];	/* this boot's id */
};

struct reg_jail {
	struct reg *r;
	struct reg_row row; /* its strings are those below */
	char *name, *path, *hostname, *ip4, *claim;
	int fd;	   /* the journal, with the walk lock on it */
	dev_t dev; /* of private/, with jid and pid: who holds */
	ino_t ino;
	pid_t pid;
	struct reg_jail *next; /* list of this process's held jails */
};

/* ---- open.c ---- */

/*
 * A file of the registry's that is there already, not made by anybody else and
 * not waited for: regular, of root, no link.  -1 with e, whose code is ENOENT
 * when there is none.
 */
int reg_open_file(struct reg *r, const char *name, int flags, struct jerr *e);

/* ---- text.c: fields on one line ---- */

/* Appends s with control characters, backslash and DEL as \ooo. */
int reg_escape(struct strbuf *b, const char *s);
/* str_unescape_octal undoes it. */

/* Where the line after that of p begins; the end, when there is none. */
static inline const char *
text_next(const char *p)
{
	p += strcspn(p, "\n");
	return *p != '\0' ? p + 1 : p;
}

/* ---- index.c ---- */

struct index_text {
	int fd;	     /* of the file that was read; -1: none */
	char *s;     /* whole lines only, NUL after them; owned */
	size_t len;  /* up to the last newline */
	size_t body; /* where the first row begins */
	bool torn;   /* bytes of a half written row follow len */
	dev_t dev;
	ino_t ino;
	struct timespec mtime;
};

#define INDEX_TEXT_INIT \
	{ \
		.fd = -1, .s = NULL \
	}

/* write: keep fd open for writing.  A missing index, or one of another boot,
 * gives no rows (body == len). */
int index_load(
    struct reg *r, bool write, struct index_text *ix, struct jerr *e);
void index_unload(struct index_text *ix);

/* How many rows are not true any more. */
struct index_waste {
	size_t dead;  /* marked so, or no row at all */
	size_t stale; /* not marked: an update was cut short */
};
/* Takes the text of ix apart into rows of s (which then owns it). */
int index_parse(struct index_text *ix, struct reg_snapshot *s,
    struct index_waste *waste, struct jerr *e);

/* Judges the first line of an index: 1 ours, 0 none or of another boot, -1 of
 * this boot but another format.  *len: its length with the newline. */
int index_header(const char *text, const char *boot, size_t *len);

/* An index with the header alone. */
int index_create(struct reg *r, struct jerr *e);
/* Adds a row by one write; *off is where it stands.  Nothing is left on -1. */
int index_append(
    struct reg *r, const struct reg_row *row, size_t *off, struct jerr *e);
/* Where the live row of (jid, uuid8) is now: *off, unless the file was rewritten
 * since that was known. */
int index_locate(
    struct reg *r, int jid, const char *uuid8, size_t *off, struct jerr *e);
/* Overwrites the state letter of the row at off; state 0 kills it. */
int index_state(struct reg *r, size_t off, int state, struct jerr *e);
/* Kills every row of jid but the one at keep. */
int index_kill_others(struct reg *r, int jid, size_t keep, struct jerr *e);
/* Rewrite with the live rows alone and drop files that no row owns.  Best
 * effort: without space the index stays as it is. */
void index_compact(struct reg *r);

/* ---- alloc.c ---- */

struct identity {
	int jid;
	char *name;   /* full; malloc'd */
	bool counted; /* from the counter, which then moves */
};
int alloc_identity(struct reg *r, const struct reg_snapshot *s,
    const struct reg_want *w, struct identity *id, struct jerr *e);
/* Is the name free for jid (any dying jail's is, or only that of `only`)? */
int alloc_check_name(const struct reg_snapshot *s, const char *name, int jid,
    int only, struct jerr *e);
/* The first host id of a free range. */
int alloc_range(const struct reg_snapshot *s, uint32_t *base, struct jerr *e);
/* lastjid, 0 when it is missing or no number. */
int alloc_lastjid_read(struct reg *r);
int alloc_lastjid_write(struct reg *r, int jid, struct jerr *e);

/* For tests: other files in place of /etc/subuid and /etc/subgid. */
void alloc_set_subid_files(const char *subuid, const char *subgid);

/* ---- journal.c ---- */

/* Makes private/<jid>.journal anew and locks it. */
int journal_create(struct reg *r, int jid, const char *uuid8, struct jerr *e);
/* Opens it and takes the walk lock without waiting (EWOULDBLOCK). */
int journal_open(struct reg *r, int jid, const char *uuid8, struct jerr *e);
int journal_watch(struct reg *r, int jid, struct jerr *e); /* no lock */
void journal_unlink(struct reg *r, int jid);

/* ---- params.c ---- */

int params_mkdir(struct reg *r, int jid, struct jerr *e);
/* Removes <jid>/ and what is in it; a missing one is fine. */
void params_rmdir(struct reg *r, int jid);

/* Drops directories and journals that no row of s owns: what a crash between
 * a journal and its row, or between a row's death and its files', left. */
void files_sweep(struct reg *r, const struct reg_snapshot *s);

#endif
