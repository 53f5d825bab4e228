# SPDX-License-Identifier: MIT
# Three nodes of Galera; unpacks Debian's packages.
check-galera: all
	$(AM_TESTS_ENVIRONMENT) $(SHELL) $(srcdir)/%D%/check-galera
.PHONY: check-galera
EXTRA_DIST += %D%
