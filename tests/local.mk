# SPDX-License-Identifier: MIT
# The tests: what automake's driver reads, what each folder adds, and what all
# of them share.
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) \
	$(top_srcdir)/build-aux/tap-driver.sh
TEST_EXTENSIONS = .py
PY_LOG_DRIVER = $(LOG_DRIVER)
PY_LOG_COMPILER = python3
AM_TESTS_ENVIRONMENT = \
	abs_top_srcdir='$(abs_top_srcdir)'; export abs_top_srcdir; \
	abs_top_builddir='$(abs_top_builddir)'; export abs_top_builddir; \
	: "$${HOOKS_TEST_SERVERS:=$(testvar)/servers}"; \
	export HOOKS_TEST_SERVERS; \
	PYTHONPATH='$(abs_top_srcdir)/tests/lib'; export PYTHONPATH; \
	PYTHONDONTWRITEBYTECODE=1; export PYTHONDONTWRITEBYTECODE;

# Whatever ends make also ends everything that it has started.
check-am: private MAKE = \
	python3 -B $(srcdir)/%D%/lib/guard.py --make $(MAKE_COMMAND)

# What the tests need and this machine lacks. Tests that miss something for want
# of a network or of rights say so themselves.
check-am: prepare
prepare:
	-@HOOKS_VAR='$(testvar)' $(SHELL) $(srcdir)/%D%/prepare
# The folder of a release cannot be written to: it shares the checkout's.
AM_DISTCHECK_CONFIGURE_FLAGS = --with-testvar='$(testvar)'
.PHONY: prepare

TESTS =
check_PROGRAMS =
# They start the programs of this build, and real servers.
python_tests = \
	%D%/alone.py \
	%D%/arrows.py \
	%D%/ended.py \
	%D%/format.py \
	%D%/readme.py
EXTRA_DIST += $(python_tests) %D%/lib %D%/prepare %D%/run \
	.clang-format .editorconfig .prettierignore .prettierrc.yaml pyproject.toml

include tests/unit/local.mk
include tests/fuzz/local.mk
include tests/db/local.mk
include tests/admin/local.mk
include tests/api/local.mk
include tests/browser/local.mk
include tests/clients/local.mk
include tests/e2e/local.mk
include tests/debian/local.mk
include tests/dns/local.mk
include tests/galera/local.mk
include tests/fire/local.mk
include tests/hostile/local.mk
include tests/publishers/local.mk
TESTS += $(python_tests)

# As tests/format.py wants it.
format:
	@$(SHELL) $(srcdir)/%D%/prepare format
	$(AM_TESTS_ENVIRONMENT) python3 $(srcdir)/%D%/format.py --write
.PHONY: format

# Which lines the tests run through.
coverage:
	$(AM_TESTS_ENVIRONMENT) $(SHELL) $(srcdir)/%D%/coverage.sh
clean-local:
	-rm -rf coverage
.PHONY: coverage
EXTRA_DIST += %D%/coverage.sh
