# SPDX-License-Identifier: MIT
# A name server that lies, in namespaces; needs root.
check-dns: all
	$(AM_TESTS_ENVIRONMENT) $(SHELL) $(srcdir)/%D%/check-dns
.PHONY: check-dns
EXTRA_DIST += %D%
