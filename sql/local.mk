# SPDX-License-Identifier: MIT
# The migrations are part of the library, and installed to be read.
migrations = \
	%D%/009-names.sql \
	%D%/010-tables.sql
nodist_libhooks_a_SOURCES = %D%/steps.c
%D%/steps.c: $(migrations) %D%/embed.awk
	$(AM_V_GEN)$(MKDIR_P) %D% && list= && \
	for f in $(migrations); do list="$$list $(srcdir)/$$f"; done && \
	$(AWK) -f $(srcdir)/%D%/embed.awk $$list >$@.tmp && mv $@.tmp $@
CLEANFILES += %D%/steps.c %D%/steps.c.tmp
EXTRA_DIST += %D%/embed.awk
sqldir = $(pkgdatadir)/sql
dist_sql_DATA = $(migrations)
