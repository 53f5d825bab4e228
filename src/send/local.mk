# The program hooks-send, and what a run does beside delivering. What
# hooks-admin does too is in the library.
libhooks_a_SOURCES += \
	%D%/chores.c \
	%D%/chores.h \
	%D%/notify.c \
	%D%/notify.h \
	%D%/purge.c \
	%D%/purge.h
bin_PROGRAMS += hooks-send
hooks_send_SOURCES = \
	%D%/hooks-send.c \
	%D%/options.c \
	%D%/options.h \
	%D%/prepare.c \
	%D%/prepare.h \
	%D%/report.c \
	%D%/report.h
hooks_send_LDADD = $(libraries)
