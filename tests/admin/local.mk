# SPDX-License-Identifier: MIT
# Through the door of hooks-admin.
python_tests += \
	%D%/actions.py \
	%D%/commands.py \
	%D%/cutover.py \
	%D%/doctor.py \
	%D%/hooks.py \
	%D%/install.py \
	%D%/leaving.py \
	%D%/line.py \
	%D%/purge.py \
	%D%/trigger.py \
	%D%/upgrade.py \
	%D%/verify.py
EXTRA_DIST += %D%
