# SPDX-License-Identifier: MIT
# Errors, log, memory, buffers, text, clocks: knows nothing of webhooks.
libhooks_a_SOURCES += \
	%D%/buf.c \
	%D%/buf.h \
	%D%/clock.c \
	%D%/clock.h \
	%D%/err.c \
	%D%/err.h \
	%D%/log.c \
	%D%/log.h \
	%D%/mem.c \
	%D%/mem.h \
	%D%/nearest.c \
	%D%/nearest.h \
	%D%/self.c \
	%D%/self.h \
	%D%/shown.c \
	%D%/shown.h \
	%D%/text.c \
	%D%/text.h
