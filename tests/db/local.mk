# SPDX-License-Identifier: MIT
# Run by dbtest.py, which starts the server; encryption.py is by itself.
check_PROGRAMS += %D%/dbtest
%C%_dbtest_SOURCES = \
	%D%/dbtest.c %D%/dbtest.h \
	%D%/test_db_session.c \
	%D%/test_db_trouble.c \
	%D%/test_db_tx.c \
	%D%/test_db_values.c \
	%D%/test_schema.c \
	%D%/test_store.c \
	%D%/test_store_lane.c \
	%D%/test_store_outcome.c
%C%_dbtest_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_dbtest_LDADD = $(libraries) $(CHECK_LIBS)
python_tests += %D%/dbtest.py %D%/encryption.py
EXTRA_DIST += %D%/dbtest.py %D%/encryption.py %D%/check-mysql %D%/version-8.sql
# On Oracle's server; takes it from the npm registry.
check-mysql: all
	$(SHELL) $(srcdir)/%D%/check-mysql $(MAKE)
.PHONY: check-mysql
