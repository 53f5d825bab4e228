# SPDX-License-Identifier: MIT
# The plugin in WordPress, and the code of doc/publish.md in Laravel and Django;
# loads some 20 MB below var. One of them: PUBLISHERS="django".
check-publishers: all
	$(AM_TESTS_ENVIRONMENT) $(SHELL) $(srcdir)/%D%/check-publishers $(PUBLISHERS)
.PHONY: check-publishers
EXTRA_DIST += %D%
