# SPDX-License-Identifier: MIT
# Pure: no clock, no log, no database.
libhooks_a_SOURCES += \
	%D%/action.c \
	%D%/action.h \
	%D%/allowance.c \
	%D%/allowance.h \
	%D%/failing.c \
	%D%/failing.h \
	%D%/bytes.c \
	%D%/bytes.h \
	%D%/headroom.c \
	%D%/headroom.h \
	%D%/histogram.c \
	%D%/histogram.h \
	%D%/id.c \
	%D%/id.h \
	%D%/identifier.c \
	%D%/identifier.h \
	%D%/match.c \
	%D%/match.h \
	%D%/outcome.c \
	%D%/outcome.h \
	%D%/pace.c \
	%D%/pace.h \
	%D%/publishable.c \
	%D%/publishable.h \
	%D%/retry.c \
	%D%/retry.h \
	%D%/sign.c \
	%D%/sign.h \
	%D%/standing.c \
	%D%/standing.h \
	%D%/target.c \
	%D%/target.h \
	%D%/target_url.c \
	%D%/valid.c \
	%D%/valid.h \
	%D%/vault.c \
	%D%/vault.h \
	%D%/webhook_id.c \
	%D%/webhook_id.h \
	%D%/worker_count.c \
	%D%/worker_count.h
