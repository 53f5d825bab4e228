# SPDX-License-Identifier: MIT
# Crashes, locks, clocks, databases that forget. As it is: the table of cases;
# SEED=N MINUTES=M: faults at random, or those that FAULTS="..." lists; SOAK=1:
# three hosts and two database nodes, which needs root; FIRE="FILE WORD ...":
# some of the cases.
check-fire: all
	$(AM_TESTS_ENVIRONMENT) if [ -n "$(SOAK)" ]; then \
		python3 $(srcdir)/%D%/soak.py "$(SEED)" "$(MINUTES)"; \
	elif [ -n "$(SEED)$(FAULTS)" ]; then \
		FAULTS='$(FAULTS)' python3 $(srcdir)/%D%/seeds.py \
			"$(SEED)" "$(MINUTES)"; \
	else \
		python3 $(srcdir)/%D%/table.py $(FIRE); \
	fi
.PHONY: check-fire
# Of each sort a quick one.
python_tests += %D%/short.py
EXTRA_DIST += %D%
