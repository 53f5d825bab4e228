# SPDX-License-Identifier: MIT
# One worker: the fan-out, the two threads, what both touch.
libhooks_a_SOURCES += \
	%D%/alert.c \
	%D%/alert.h \
	%D%/batch.c \
	%D%/batch.h \
	%D%/courier.c \
	%D%/courier.h \
	%D%/fanout.c \
	%D%/fanout.h \
	%D%/lane.c \
	%D%/lane.h \
	%D%/ledger.c \
	%D%/ledger.h \
	%D%/lock.c \
	%D%/lock.h \
	%D%/mailbox.c \
	%D%/mailbox.h \
	%D%/operational.c \
	%D%/operational.h \
	%D%/outage.c \
	%D%/outage.h \
	%D%/parcel.c \
	%D%/parcel.h \
	%D%/parcel_list.c \
	%D%/parcel_list.h \
	%D%/plan.h \
	%D%/round.c \
	%D%/round.h \
	%D%/round_doubt.c \
	%D%/round_doubt.h \
	%D%/round_look.c \
	%D%/round_look.h \
	%D%/round_memory.c \
	%D%/round_memory.h \
	%D%/round_read.c \
	%D%/round_record.c \
	%D%/round_tx.c \
	%D%/round_tx.h \
	%D%/tally.c \
	%D%/tally.h \
	%D%/worker.c \
	%D%/worker.h
