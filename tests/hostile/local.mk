# SPDX-License-Identifier: MIT
# Attacks, each with a healthy tenant beside it; a quarter of an hour. Needs
# root: other users, and a network of its own. HOSTILE="FILE WORD ...": some.
check-hostile: all
	$(AM_TESTS_ENVIRONMENT) python3 $(srcdir)/%D%/table.py $(HOSTILE)
.PHONY: check-hostile
EXTRA_DIST += %D%
