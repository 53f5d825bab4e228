# SPDX-License-Identifier: MIT
# The migrations are part of the library, and installed to be read.
migrations = \
	%D%/001-tables.sql \
	%D%/002-chores.sql \
	%D%/003-stats.sql \
	%D%/004-lane-kinds.sql \
	%D%/005-run.sql \
	%D%/006-accepted.sql \
	%D%/007-alerts.sql \
	%D%/008-lane-touched.sql
nodist_libhooks_a_SOURCES = %D%/steps.c
%D%/steps.c: $(migrations) %D%/embed.awk
	$(AM_V_GEN)$(MKDIR_P) %D% && list= && \
	for f in $(migrations); do list="$$list $(srcdir)/$$f"; done && \
	$(AWK) -f $(srcdir)/%D%/embed.awk $$list >$@.tmp && mv $@.tmp $@
CLEANFILES += %D%/steps.c %D%/steps.c.tmp
EXTRA_DIST += %D%/embed.awk
sqldir = $(pkgdatadir)/sql
dist_sql_DATA = $(migrations)
