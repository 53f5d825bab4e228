# SPDX-License-Identifier: MIT
# Attacks, each with a healthy tenant beside it; twenty minutes, and ten more
# while other programs are busy. Needs root: other users, and a network of its
# own. HOSTILE="FILE WORD ...": some.
check-hostile: all
	$(AM_TESTS_ENVIRONMENT) python3 $(srcdir)/%D%/table.py $(HOSTILE)
.PHONY: check-hostile
EXTRA_DIST += %D%
