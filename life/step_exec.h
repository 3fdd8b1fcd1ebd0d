/* Rows that run the configuration's commands (exec.*, command). */
#ifndef LIFE_STEP_EXEC_H
#define LIFE_STEP_EXEC_H

#include "life/walk.h"

int step_exec_prepare(struct walk *w, struct jerr *e);
int step_exec_prestart(struct walk *w, struct jerr *e);
int step_exec_created(struct walk *w, struct jerr *e);
int step_exec_start(struct walk *w, struct jerr *e);
int step_command(struct walk *w, struct jerr *e);
int step_exec_poststart(struct walk *w, struct jerr *e);
int step_exec_prestop(struct walk *w, struct jerr *e);
int step_exec_stop(struct walk *w, struct jerr *e);
int step_exec_poststop(struct walk *w, struct jerr *e);
int step_exec_release(struct walk *w, struct jerr *e);

#endif
