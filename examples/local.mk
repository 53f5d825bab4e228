# SPDX-License-Identifier: MIT
# Samples, which the tests use as they are.
examplesdir = $(docdir)/examples
dist_examples_DATA = \
	%D%/apache-mod_fcgid.conf \
	%D%/apache-mod_proxy_fcgi.conf \
	%D%/crontab \
	%D%/database.sql \
	%D%/grants.sql \
	%D%/hooks-send.service \
	%D%/hooks-send.timer \
	%D%/hooks.conf \
	%D%/htaccess \
	%D%/lighttpd.conf
receiversdir = $(examplesdir)/receivers
dist_receivers_SCRIPTS = \
	%D%/receivers/receive.js \
	%D%/receivers/receive.py
dist_receivers_DATA = \
	%D%/receivers/inbox.sql \
	%D%/receivers/receive.c \
	%D%/receivers/receive.go \
	%D%/receivers/receive.php
publishersdir = $(examplesdir)/publishers
dist_publishers_SCRIPTS = \
	%D%/publishers/publish.js \
	%D%/publishers/publish.sh \
	%D%/publishers/triggers.sh
dist_publishers_DATA = \
	%D%/publishers/publish.php \
	%D%/publishers/publish.sql \
	%D%/publishers/vyte-hooks.php
