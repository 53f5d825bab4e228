# SPDX-License-Identifier: MIT
# The dashboard, in a real browser.
python_tests += \
	%D%/access.py \
	%D%/firewall.py \
	%D%/hostile.py \
	%D%/look.py \
	%D%/much.py \
	%D%/recovery.py \
	%D%/work.py
EXTRA_DIST += %D%
