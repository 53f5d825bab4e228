# SPDX-License-Identifier: MIT
# Crashes, locks, clocks, databases that forget: the table of them, in earnest.
check-fire: all
	$(AM_TESTS_ENVIRONMENT) python3 $(srcdir)/%D%/table.py $(FIRE)
.PHONY: check-fire
EXTRA_DIST += %D%
