/*
 * Environments.  The caller's own is handed in; nothing here reads environ.
 */
#include "life/env.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

#define PATH_DEFAULT \
	"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* What a hook has of its own jail is no other's, nor of any use inside. */
static bool
of_hook(const char *s)
{
	static const char *const names[] = {
		"JID=", "JNAME=", "JPATH=", "JPID="
	};

	for (size_t i = 0; i < nitems(names); i++)
		if (str_after(s, names[i]) != NULL)
			return true;
	return false;
}

int
env_keep(char *const *from, bool drop_ld, struct strv *env)
{
	for (; from != NULL && *from != NULL; from++) {
		if (of_hook(*from) ||
		    (drop_ld && str_after(*from, "LD_") != NULL))
			continue;
		if (strv_add(env, *from) == -1)
			return -1;
	}
	/* Even an empty one is a vector for execve. */
	if (env->v == NULL) {
		if (strv_add(env, "") == -1)
			return -1;
		free(env->v[--env->n]);
		env->v[env->n] = NULL;
	}
	return 0;
}

static char *
find(char *const *env, const char *name)
{
	size_t n = strlen(name);

	for (; env != NULL && *env != NULL; env++)
		if (strncmp(*env, name, n) == 0 && (*env)[n] == '=')
			return *env;
	return NULL;
}

int
env_set(struct strv *env, const char *name, const char *value)
{
	char *old = find(env->v, name);

	if (old != NULL) {
		for (size_t i = 0; i < env->n; i++) {
			if (env->v[i] != old)
				continue;
			free(old);
			memmove(&env->v[i], &env->v[i + 1],
			    (env->n - i) * sizeof(*env->v));
			env->n--;
			break;
		}
	}
	return strv_addf(env, "%s=%s", name, value);
}

int
env_setf(struct strv *env, const char *name, const char *fmt, ...)
{
	char value[4096];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	return env_set(env, name, value);
}

const char *
env_get(char *const *env, const char *name)
{
	const char *s = find(env, name);

	return s != NULL ? s + strlen(name) + 1 : NULL;
}

void
env_exec(char *const *argv, char *const *env)
{
	const char *path = env_get(env, "PATH");
	int result = ENOENT;

	if (strchr(argv[0], '/') != NULL) {
		(void)execve(argv[0], argv, env);
		return;
	}
	if (path == NULL)
		path = PATH_DEFAULT;
	for (;;) {
		size_t n = strcspn(path, ":");
		char file[4096];

		(void)snprintf(file, sizeof(file), "%.*s%s%s", (int)n, path,
		    n != 0 ? "/" : "./", argv[0]);
		(void)execve(file, argv, env);
		/* A file that is there but cannot be run is the better news. */
		if (errno == EACCES)
			result = EACCES;
		else if (errno != ENOENT && errno != ENOTDIR)
			return;
		if (path[n] == '\0')
			break;
		path += n + 1;
	}
	errno = result;
}
