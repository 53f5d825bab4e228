# SPDX-License-Identifier: MIT
# Benchmarks: `make bench`, or `make bench LINE="http1 api-read"`.
EXTRA_PROGRAMS = %D%/client %D%/loop %D%/minimal %D%/sink
%C%_client_SOURCES = %D%/client.c
%C%_client_LDADD =
%C%_loop_SOURCES = %D%/loop.c
%C%_loop_LDADD = $(CURL_LIBS)
%C%_minimal_SOURCES = %D%/minimal.c
%C%_minimal_LDADD = $(FCGI_LIBS) $(MYSQL_LIBS)
%C%_sink_SOURCES = %D%/sink.c
%C%_sink_LDADD = $(CRYPTO_LIBS)
CLEANFILES += $(EXTRA_PROGRAMS)
bench: all $(EXTRA_PROGRAMS)
	$(AM_TESTS_ENVIRONMENT) $(srcdir)/%D%/run $(LINE)
.PHONY: bench
EXTRA_DIST += %D%/README.md %D%/api.py %D%/deliver.py %D%/fanout.py %D%/latency.py \
	%D%/memory.py %D%/purge.py %D%/run \
	%D%/scale.py %D%/stage.py
