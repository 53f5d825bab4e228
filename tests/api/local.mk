# SPDX-License-Identifier: MIT
# Through the doors of hooks.fcgi: plain CGI, lighttpd, Apache.
python_tests += \
	%D%/access.py \
	%D%/actions.py \
	%D%/bodies.py \
	%D%/compressed.py \
	%D%/description.py \
	%D%/doubt.py \
	%D%/due.py \
	%D%/edges.py \
	%D%/errors.py \
	%D%/firewall.py \
	%D%/generators.py \
	%D%/guide.py \
	%D%/history.py \
	%D%/hooks.py \
	%D%/lists.py \
	%D%/matrix.py \
	%D%/metrics.py \
	%D%/process.py \
	%D%/publish.py \
	%D%/run.py \
	%D%/servers.py \
	%D%/share.py \
	%D%/slow.py \
	%D%/stats.py \
	%D%/stored.py \
	%D%/targets.py \
	%D%/wire.py
EXTRA_DIST += %D%
# Reads the output of the tests above.
%D%/complete.log: $(python_tests:.py=.log)
TESTS += %D%/complete.py
