# The thin layer that people call; Meson does the work (meson.build).
#
#	make                    build into build/out
#	make check              build, run every test        [T=name: one]
#	make check-vm           the same in a Debian 12 machine [T=name: one]
#	make lint               what the analysers say (minutes)
#	make demo               a jail from jail.conf, shown
#	make bench              measured beside the bare kernel work and others
#	make install            PREFIX=/usr/local DESTDIR=
#	make uninstall          refuses while jails run
#	make clean              make distclean: the virtual machine's root as well

PREFIX = /usr/local
DESTDIR =
T =
# Debian's own: a python in PATH may shadow the one that has Meson's modules.
MESON = $$(test -x /usr/bin/meson && echo /usr/bin/meson || echo meson)
OUT = build/out
CHECK = build/check
CHECKPREFIX = $(CURDIR)/$(CHECK)/prefix

all: build

# A build directory remembers its prefix: jail-init's place is compiled in.
build:
	@tools/setup build
	@tools/configure $(OUT) "$(PREFIX)" -Dtests=false
	@$(MESON) compile -C $(OUT)

# Installed into a scratch prefix, which is what the tests run.
check-build:
	@tools/setup build
	@tools/configure $(CHECK) "$(CHECKPREFIX)" -Dtests=true
	@$(MESON) compile -C $(CHECK)
	@rm -rf $(CHECKPREFIX)
	@$(MESON) install -C $(CHECK) --no-rebuild --quiet

# The same without what only tests need; where they are built, they stay.
demo-build:
	@[ -f $(CHECK)/build.ninja ] || \
	    tools/configure $(CHECK) "$(CHECKPREFIX)" -Dtests=false
	@$(MESON) compile -C $(CHECK)
	@rm -rf $(CHECKPREFIX)
	@$(MESON) install -C $(CHECK) --no-rebuild --quiet

check:
	@tools/setup check
	@$(MAKE) -s check-build
	@tests/run "$(CHECK)" "$(CHECKPREFIX)" $(T)

# What is quick of it is in `make check' as well (lint_test).
lint:
	@tools/setup lint
	@tools/check-layers
	@tools/check-format
	@tools/check-cppcheck
	@tools/check-analysers build/lint

check-vm:
	@tools/setup vm
	@$(MAKE) -s build check-build PREFIX=/usr/local
	@tests/vm/run $(T)

# BUILT=1: neither install packages nor build; for the machine of check-vm.
demo:
	@if [ -z "$(BUILT)" ]; then tools/setup demo && \
	    $(MAKE) -s demo-build; fi
	@examples/demo.sh "$${JAIL_PREFIX:-$(CHECKPREFIX)}"

bench:
	@tools/setup bench
	@$(MAKE) -s demo-build
	@bench/run "$(CHECK)" "$(CHECKPREFIX)"
	@bench/net "$(CHECK)" "$(CHECKPREFIX)"

install: build
	@DESTDIR="$(DESTDIR)" $(MESON) install -C $(OUT) --no-rebuild
	@[ -n "$(DESTDIR)" ] || [ "$$(id -u)" != 0 ] || ldconfig

uninstall:
	@DESTDIR="$(DESTDIR)" tools/uninstall $(OUT) "$(PREFIX)"

clean:
	rm -rf $(OUT) $(CHECK)

distclean:
	rm -rf build

.PHONY: all build check-build demo-build check lint check-vm demo bench install \
	uninstall clean distclean
