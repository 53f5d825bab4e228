# SPDX-License-Identifier: MIT
# Longer ones, that need root: a real cron daemon, and a bare Debian.
check-cron: all
	$(AM_TESTS_ENVIRONMENT) $(SHELL) $(srcdir)/%D%/check-cron
check-bare:
	$(SHELL) $(srcdir)/%D%/check-bare
.PHONY: check-cron check-bare
EXTRA_DIST += %D%
