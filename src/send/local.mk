# SPDX-License-Identifier: MIT
# The program hooks-send, and the work of a run beside delivering. The part that
# hooks-admin shares is in the library.
libhooks_a_SOURCES += \
	%D%/chores.c \
	%D%/chores.h \
	%D%/digest.c \
	%D%/digest.h \
	%D%/purge.c \
	%D%/purge.h
bin_PROGRAMS += hooks-send
hooks_send_SOURCES = \
	%D%/hooks-send.c \
	%D%/send_options.c \
	%D%/send_options.h \
	%D%/send_prepare.c \
	%D%/send_prepare.h \
	%D%/send_report.c \
	%D%/send_report.h \
	%D%/send_turn.c \
	%D%/send_turn.h
hooks_send_LDADD = $(libraries)
