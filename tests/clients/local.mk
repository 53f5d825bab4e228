# SPDX-License-Identifier: MIT
# Clients that generators make of openapi.yaml; loads some 300 MB below var. One
# of them: CLIENTS="oapi_codegen".
check-clients: all
	$(AM_TESTS_ENVIRONMENT) $(SHELL) $(srcdir)/%D%/check-clients $(CLIENTS)
# Libraries that receivers verify with. Some: VERIFIERS="Go".
check-verifiers: all
	$(AM_TESTS_ENVIRONMENT) $(SHELL) $(srcdir)/%D%/check-verifiers $(VERIFIERS)
.PHONY: check-clients check-verifiers
EXTRA_DIST += %D%
