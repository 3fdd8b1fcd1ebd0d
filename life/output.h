/*
 * Waiting for a command while relaying what the jail writes; the pipes are
 * DESIGN 9's "jail's output".
 */
#ifndef LIFE_OUTPUT_H
#define LIFE_OUTPUT_H

#include "life/walk.h"

/* A row: the pipes of exec.start, and the console log, if any. */
int step_output(struct walk *w, struct jerr *e);

/* The log alone, to w->consolelog: what comes out of rfd goes there then. */
int output_open_log(struct walk *w, struct jerr *e);
/* A pipe whose writing end can be opened again inside, by /dev/stderr. */
int output_pipe(int p[2], struct jerr *e);

enum wait_result { WAIT_ENDED = 1, WAIT_TIMEOUT = 0, WAIT_SIGNAL = -1 };

/*
 * Until the child behind pidfd has ended (reaped, *status) or timeout_ms is
 * over (-1: never) or INT, TERM, HUP came (*status is its number).  What comes
 * out of rfd (-1: nothing) meanwhile is told as JAIL_EVENT_OUTPUT, or goes into
 * the console log.
 */
enum wait_result output_wait(
    struct walk *w, int pidfd, int rfd, int timeout_ms, int *status);

/* A child that nobody waits for; reaped by output_wait, and when we end. */
void output_leave(struct walk *w, int pidfd);

/* Relay what is in the pipe now, without waiting for more. */
void output_flush(struct walk *w, int rfd);

#endif
