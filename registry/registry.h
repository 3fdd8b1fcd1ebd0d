/*
 * The registry, /run/jail: who exists, under which number and name, with which
 * parameters, and what was made for it (the undo journal, written *before* the
 * thing is made).  It does not know what a journal kind means.
 *
 *   /run/jail                0755
 *     index                  0644  one row a jail, text, append and overwrite
 *     <jid>/params           0644  parameters as text (model/conf.h)
 *     private/               0700
 *       lock                 the registry lock (flock), held only shortly
 *       lastjid              the last jid given automatically
 *       shared               what jails share on the host, and who uses it
 *       <jid>.journal        records; its POSIX lock says that a walk is alive
 *
 * Index row: "S jid uuid8 pid start base\tname\tpath\thostname\tip4\n" with S
 * one of the state letters; after ip4, which is what jls shows, come ";" and the
 * addresses that no other jail may have, of both families, a comma between;
 * control characters, tab and backslash as \ooo.  A row is added by one append
 * under the lock; a state change overwrites the one letter in place and needs no
 * space; '-' is a dead row.  The first line is "index FORMAT boot_id"; one of
 * another boot is thrown away.  The file is rewritten (temp, rename) when dead
 * rows outnumber the live ones.  A reader takes no lock, reads the file once,
 * ignores an unterminated last line, and the last row of a jid wins.
 *
 * Locks: nobody waits for a walk lock, so it may be held while the registry
 * lock is waited for; none is held while a hook runs but the walk lock.  The walk
 * lock is a POSIX record lock: not inherited by children, gone with the process,
 * so SIGKILL releases it although a builder still has the descriptor.
 */
#ifndef REGISTRY_REGISTRY_H
#define REGISTRY_REGISTRY_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/err.h"
#include "base/str.h"

#define REG_DIR "/run/jail"
#define REG_INDEX_FORMAT 1
#define REG_JOURNAL_FORMAT 1
#define REG_SHARED_FORMAT 1
#define REG_JID_MAX 999999

enum reg_state {
	REG_STARTING = 'S', /* being made; jls hides it */
	REG_CREATED = 'C', /* is there, and still being started: hooks use it */
	REG_ALIVE = 'A',
	REG_DYING = 'D',
};

struct reg_row {
	enum reg_state state;
	int jid;
	char uuid8[9];
	pid_t init;	/* pid 1 as the host counts; 0: not yet */
	uint64_t start; /* its start time, field 22 of /proc/PID/stat */
	uint32_t base;	/* first host id of the range; 0: users=inherit */
	const char *name, *path, *hostname, *ip4; /* owned by the snapshot */
	const char *claim; /* "10.0.0.1,fd00::1": nobody else's; likewise */
	size_t offset;	   /* of the row in the index */
};

/* Visible and to be entered: being started by a live walk, or started. */
static inline bool
reg_row_up(const struct reg_row *row)
{
	return row->state == REG_CREATED || row->state == REG_ALIVE;
}

struct reg;

/* write: make the directories when missing (root); else ENOENT means no jails
 * and gives an empty registry.  dir NULL: REG_DIR. */
struct reg *reg_open(const char *dir, bool write, struct jerr *e);
void reg_close(struct reg *r);

int reg_lock(struct reg *r, struct jerr *e); /* waits; nests */
void reg_unlock(struct reg *r);

struct reg_snapshot {
	char *text;	      /* owned */
	struct reg_row *rows; /* live rows, ascending jid; owned */
	size_t n;
	dev_t dev; /* of the index as it was read, */
	ino_t ino; /* for reg_snapshot_fresh */
	off_t size;
	struct timespec mtime;
	bool settled;
};
/* Nothing to free on -1. */
int reg_snapshot(struct reg *r, struct reg_snapshot *out, struct jerr *e);
/* Is the index still as it was read?  One stat; when in doubt, false. */
bool reg_snapshot_fresh(struct reg *r, const struct reg_snapshot *s);
void reg_snapshot_free(struct reg_snapshot *s);
const struct reg_row *reg_find_jid(const struct reg_snapshot *s, int jid);
const struct reg_row *reg_find_name(const struct reg_snapshot *s,
    const char *name); /* an alive one wins over a dying one */

/* ---- one jail, while somebody walks it ---- */

struct reg_jail; /* holds the journal open and its walk lock */

struct reg_want {
	int jid;			   /* 0: the next free */
	const char *name;		   /* NULL or "": the jid as name */
	const char *path, *hostname, *ip4; /* for the index; NULL is "" */
	bool users_new;			   /* take an id range of 65536 */
	int reuse_dying; /* 0: the name of any dying jail may be taken
				 * again; else only that of this jid */
};

/*
 * Under the registry lock (taken inside): check jid and name, allocate, write
 * the row in state S, make <jid>/ and the journal, take the walk lock.
 * EEXIST "jail \"x\" already exists" / "jail N already exists"; EINVAL "name
 * cannot be numeric (unless it is the jid)"; ENOSPC ...; EAGAIN "no available
 * jail IDs".  On failure nothing is left.
 */
struct reg_jail *reg_reserve(
    struct reg *r, const struct reg_want *w, struct jerr *e);

/* An existing one, in any state.  EWOULDBLOCK: a live walk has it, or this very
 * process (a second reg_take would give up the first one's lock); ENOENT: gone
 * (a check of jid and, unless NULL, uuid8 after the lock is taken). */
struct reg_jail *reg_take(
    struct reg *r, int jid, const char *uuid8, struct jerr *e);

/* The same without the walk lock, for reg_journal_read alone: what a live walk has
 * written so far.  EWOULDBLOCK: the walk is this process's own. */
struct reg_jail *reg_watch(
    struct reg *r, const struct reg_row *row, struct jerr *e);

/* The same without the walk lock: for reg_update and reg_set_state beside a
 * live walk (a hook calls jail -m or jail -r), never for the journal. */
struct reg_jail *reg_peek(
    struct reg *r, const struct reg_row *row, struct jerr *e);

const struct reg_row *reg_jail_row(const struct reg_jail *j);
struct reg *reg_jail_reg(const struct reg_jail *j);

/* Records.  kind is one word, text has no newline (it is escaped).  Returns the
 * record's number (>= 0) or -1; written with one append before the thing named
 * is made. */
int reg_journal_add(
    struct reg_jail *j, const char *kind, const char *text, struct jerr *e);
/* n records of one kind with one append, all or none. */
int reg_journal_addv(struct reg_jail *j, const char *kind, char *const *texts,
    size_t n, struct jerr *e);
/* Mark record n as taken back, in place (needs no space). */
int reg_journal_done(struct reg_jail *j, int n, struct jerr *e);

struct reg_record {
	int n;
	char *kind, *text;
};
/* The records not yet taken back, newest first, as written in the file (also
 * those of another process).  Free with reg_records_free. */
int reg_journal_read(
    struct reg_jail *j, struct reg_record **out, size_t *n, struct jerr *e);
void reg_records_free(struct reg_record *r, size_t n);

int reg_set_state(struct reg_jail *j, enum reg_state s, struct jerr *e);
/*
 * What jls shows (ip4), and the addresses that no other jail may have
 * ("10.0.0.1,fd00::1", canonical), checked and written under one lock:
 * EADDRINUSE "IPv4 addresses clash: 10.0.0.1 is jail \"web\"'s" (IPv6 likewise).
 */
int reg_addresses(
    struct reg_jail *j, const char *ip4, const char *claim, struct jerr *e);
/* Put a new row for this jail (after rename, hostname, pid 1 known): NULL or 0
 * keeps what is there.  New row first, then the old one dies. */
int reg_update(struct reg_jail *j, const char *name, const char *path,
    const char *hostname, pid_t init, uint64_t start, struct jerr *e);

int reg_params_write(struct reg *r, int jid, const char *text,
    struct jerr *e); /* temp + rename */
int reg_params_read(struct reg *r, int jid, struct strbuf *out, struct jerr *e);

/* Everything was undone (EBUSY when a record is not): remove files and row,
 * free the jid and j.  Needs no space.  On -1 j is still there. */
int reg_release(struct reg_jail *j, struct jerr *e);
/* Let go of the walk lock, the jail stays as it is; frees j. */
void reg_jail_put(struct reg_jail *j);

/*
 * ---- what jails share on the host (sysctls of an interface, a table) ----
 * All of it under the registry lock, which is held from the answer of use
 * until the things are made, from that of drop until they are taken back and
 * forgotten.
 */

struct reg_share {
	const char *kind, *key;
	/* What is to be known for taking it back: from the first use (given by
	 * save) until forgotten.  Both append it; the caller frees it. */
	struct strbuf value;
	bool flip; /* use: nobody used it, make it; drop: nobody does now, take
		    * it back by value, then reg_shared_forget */
	bool found;
};

/* Put user among the users of each of v.  save fills in the value of what is
 * not known yet; -1 is no memory. */
int reg_shared_use(struct reg *r, const struct reg_row *user,
    struct reg_share *v, size_t n, int (*save)(struct reg_share *s),
    struct jerr *e);
/* Take user out of each; not there is success. */
int reg_shared_drop(struct reg *r, const struct reg_row *user,
    struct reg_share *v, size_t n, struct jerr *e);
/* Is anything shared at all?  No lock needed: a hint. */
bool reg_shared_any(const struct reg *r);
int reg_shared_forget(
    struct reg *r, const char *kind, const char *key, struct jerr *e);
/* What is known for taking it back, appended; not there: nothing. */
int reg_shared_value(struct reg *r, const char *kind, const char *key,
    struct strbuf *value, struct jerr *e);
/* The keys of a kind that somebody uses, appended. */
int reg_shared_keys(
    struct reg *r, const char *kind, struct strv *keys, struct jerr *e);

#endif
