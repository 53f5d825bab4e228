# SPDX-License-Identifier: MIT
# The code that reads strangers' bytes, on any bytes: replayed on the inputs in
# corpus/, and with --enable-fuzz run by `make fuzz`. Each is made of the file of its name
# and, having no LDADD of its own, of this:
LDADD = $(fuzz_main) $(api_libraries)
fuzz_programs = \
	%D%/address \
	%D%/answer \
	%D%/conf \
	%D%/conf_value \
	%D%/etag \
	%D%/hook \
	%D%/http \
	%D%/id \
	%D%/json \
	%D%/log \
	%D%/outbox \
	%D%/records \
	%D%/request \
	%D%/retry \
	%D%/secret \
	%D%/state \
	%D%/text \
	%D%/url \
	%D%/valid
check_PROGRAMS += $(fuzz_programs)
if FUZZ
fuzz_main = $(LIB_FUZZER)
else
fuzz_main = %D%/libreplay.a
check_LIBRARIES = %D%/libreplay.a
%C%_libreplay_a_SOURCES = %D%/replay.c
TESTS += $(fuzz_programs)
endif
%C%_conf_SOURCES = %D%/conf.c %D%/silent.c
%C%_etag_CPPFLAGS = $(api_cppflags)
%C%_hook_CPPFLAGS = $(api_cppflags)
%C%_records_CPPFLAGS = $(api_cppflags)
%C%_request_SOURCES = %D%/request.c %D%/silent.c
%C%_request_CPPFLAGS = $(api_cppflags)
%C%_state_SOURCES = %D%/state.c %D%/silent.c
%C%_state_CPPFLAGS = $(api_cppflags)
FUZZ_SECONDS = 60
fuzz: $(fuzz_programs)
	LIB_FUZZER='$(LIB_FUZZER)' FUZZ_SECONDS=$(FUZZ_SECONDS) \
		$(SHELL) $(srcdir)/%D%/fuzz.sh $(srcdir) $(fuzz_programs)
distclean-local:
	-rm -rf fuzz
.PHONY: fuzz
EXTRA_DIST += %D%/corpus %D%/fuzz.h %D%/fuzz.sh
