# One worker: the fan-out, the two threads, what both touch.
libhooks_a_SOURCES += \
	%D%/alert.c \
	%D%/alert.h \
	%D%/batch.c \
	%D%/batch.h \
	%D%/courier.c \
	%D%/courier.h \
	%D%/draft.c \
	%D%/draft.h \
	%D%/draft_outcome.c \
	%D%/draft_read.c \
	%D%/draft_step.h \
	%D%/fanout.c \
	%D%/fanout.h \
	%D%/lane.c \
	%D%/lane.h \
	%D%/ledger.c \
	%D%/ledger.h \
	%D%/lock.c \
	%D%/lock.h \
	%D%/outage.c \
	%D%/outage.h \
	%D%/parcel.c \
	%D%/parcel.h \
	%D%/post.c \
	%D%/post.h \
	%D%/raise.c \
	%D%/raise.h \
	%D%/round.c \
	%D%/round.h \
	%D%/sender.c \
	%D%/sender.h \
	%D%/tally.c \
	%D%/tally.h
