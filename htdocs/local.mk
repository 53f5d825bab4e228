# SPDX-License-Identifier: MIT
# The dashboard, which the web server shows.
htdocsdir = $(pkgdatadir)/htdocs
dist_htdocs_DATA = %D%/index.html %D%/icon.svg %D%/openapi.yaml \
	%D%/style.css \
	%D%/api.js \
	%D%/app.js \
	%D%/boot.js \
	%D%/chart.js \
	%D%/curl.js \
	%D%/filters.js \
	%D%/format.js \
	%D%/hook_form.js \
	%D%/json.js \
	%D%/page_actions.js \
	%D%/page_deliveries.js \
	%D%/page_delivery.js \
	%D%/page_hook.js \
	%D%/page_hooks.js \
	%D%/page_notifications.js \
	%D%/page_overview.js \
	%D%/page_publish.js \
	%D%/page_reference.js \
	%D%/replay.js \
	%D%/route.js \
	%D%/samples.js \
	%D%/secret.js \
	%D%/standing.js \
	%D%/ui.js
verifydir = $(htdocsdir)/verify
dist_verify_DATA = \
	%D%/verify/c.txt \
	%D%/verify/go.txt \
	%D%/verify/javascript.txt \
	%D%/verify/php.txt \
	%D%/verify/python.txt
vendordir = $(htdocsdir)/vendor
dist_vendor_DATA = \
	%D%/vendor/LICENSE.htm \
	%D%/vendor/LICENSE.preact \
	%D%/vendor/hooks.js \
	%D%/vendor/htm.js \
	%D%/vendor/preact.js
# Fetches the libraries again from the npm registry.
vendor:
	$(SHELL) $(srcdir)/%D%/vendor/update
.PHONY: vendor
EXTRA_DIST += %D%/vendor/update
