# SPDX-License-Identifier: MIT
# From publishing to a receiver.
python_tests += \
	%D%/answers.py \
	%D%/catalogue.py \
	%D%/clock.py \
	%D%/confined.py \
	%D%/crashes.py \
	%D%/delivery.py \
	%D%/digest.py \
	%D%/environment.py \
	%D%/erase.py \
	%D%/failed.py \
	%D%/fanout.py \
	%D%/floods.py \
	%D%/hand_over.py \
	%D%/hostile.py \
	%D%/kept.py \
	%D%/key_file.py \
	%D%/kick.py \
	%D%/lanes.py \
	%D%/locks.py \
	%D%/loops.py \
	%D%/moment.py \
	%D%/neighbours.py \
	%D%/odd.py \
	%D%/once.py \
	%D%/outage.py \
	%D%/outbox.py \
	%D%/pings.py \
	%D%/policy.py \
	%D%/programs.py \
	%D%/publishers.py \
	%D%/quickstart.py \
	%D%/quiet.py \
	%D%/receivers.py \
	%D%/redeliver.py \
	%D%/retention.py \
	%D%/schedule.py \
	%D%/running.py \
	%D%/samples.py \
	%D%/starting.py \
	%D%/states.py \
	%D%/stats.py \
	%D%/tls.py \
	%D%/woken.py
EXTRA_DIST += %D%
# Fifty kills over 2000 deliveries, three senders on 20,000.
check-kill: all
	$(AM_TESTS_ENVIRONMENT) HOOKS_TEST_KILLS=50 HOOKS_TEST_KILLED_DUE=2000 \
		HOOKS_TEST_SHARED_DUE=20000 \
		python3 $(srcdir)/%D%/crashes.py
# Senders one after the other in cron's rhythm.
MINUTES = 10
check-hand-over: all
	$(AM_TESTS_ENVIRONMENT) HOOKS_TEST_MINUTES=$(MINUTES) \
		python3 $(srcdir)/%D%/hand_over.py Rhythm
.PHONY: check-kill check-hand-over
# Ten thousand times within a minute; NOTIFICATIONS=N: so many.
check-schedule: all
	$(AM_TESTS_ENVIRONMENT) python3 $(srcdir)/%D%/on_time.py
.PHONY: check-schedule
EXTRA_DIST += %D%/on_time.py
