/* mountinfo: what is mounted below a path. */
#include <errno.h>
#include <fcntl.h>

#include "base/cleanup.h"
#include "linux/mountinfo.h"
#include "tests/unit/tap.h"

static const char text[] =
    "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"
    "30 27 0:21 / /srv/x/proc rw shared:5 master:2 - proc proc rw\n"
    "31 27 0:30 / /srv/x rw - ext4 /dev/vdb rw\n"
    "32 31 0:31 /up /srv/x/a\\040b rw - tmpfs t\\040t rw\n"
    "33 32 0:32 / /srv/x/a\\040b/c\\134d rw unbindable - tmpfs tmpfs rw\n"
    "34 27 0:33 / /srv/xy rw - tmpfs tmpfs rw\n";

int
main(void)
{
	auto_mountinfo struct mountinfo m = MOUNTINFO_INIT;
	struct jerr e = JERR_INIT;
	auto_close int procfd = open("/proc", O_PATH | O_CLOEXEC);

	is_int(mountinfo_parse(text, "/srv/x", &m, &e), 0, "parsed");
	is_int(m.n, 3, "strictly below, whole components");
	if (m.n == 3) {
		is_str(m.v[0].type, "proc", "tags are skipped");
		is_str(m.v[1].point, "/srv/x/a b", "escapes");
		is_str(m.v[2].point, "/srv/x/a b/c\\d", "backslash");
		is_int(m.v[2].parent, 32, "parent");
		is_int(m.v[2].id, 33, "id");
		is_str(
		    mountinfo_rest(m.v[2].point, "/srv/x"), "a b/c\\d", "rest");
	}
	mountinfo_free(&m);
	is_int(mountinfo_parse(text, "/", &m, &e), 0, "below /");
	is_int(m.n, 5, "all but / itself");
	mountinfo_free(&m);
	is_int(mountinfo_parse("27 1 254:0 /\n", "/", &m, &e), -1, "short");
	is_int(e.code, EPROTO, "EPROTO");
	is_int(mountinfo_parse("x 1 254:0 / / rw - ext4 d rw\n", "/", &m, &e),
	    -1, "no number");
	is_int(mountinfo_parse(
		   "1 1 254:0 / / rw shared:1 ext4 d rw\n", "/", &m, &e),
	    -1, "no separator");
	mountinfo_free(&m);
	is_int(mountinfo_below(procfd, "/", &m, &e), 0, "the real one");
	ok(m.n > 0, "has mounts");
	ok(mountinfo_rest("/a/bb", "/a/b") == NULL, "/a/bb is not below /a/b");
	ok(mountinfo_rest("/a/b", "/a/b") == NULL, "nor is /a/b itself");
	is_str(mountinfo_rest("/a", "/"), "a", "below /");
	ok(mountinfo_rest("/", "/") == NULL, "/ is not below /");
	done_testing();
}
