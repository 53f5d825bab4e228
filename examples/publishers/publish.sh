#!/bin/sh
# SPDX-License-Identifier: MIT
# Publishing by HTTP with curl:
#
#   export HOOKS_URL=https://hooks.example.com HOOKS_KEY=...
#   publish.sh ACTION RESOURCE [IDEMPOTENCY-KEY [MEMBERS]]
#
#   publish.sh event.confirmed '{"title":"Demo"}' event-42-confirmed
#   publish.sh event.updated '{"title":"In an hour"}' '' \
#     '"deliver_at":"2027-05-27T07:03:00Z","replace_key":"reminder-42"'
#
# 202 means that the notification is stored. With an idempotency key the
# request may be sent again after any failure: the same body counts once. curl
# does so itself when the service is busy or away, and waits as Retry-After
# says. The key goes through a file descriptor, where `ps` does not show it.

set -eu
action=$1
resource=$2
idempotency_key=${3:-$(cat /proc/sys/kernel/random/uuid)}
members=${4:+, $4}

curl --silent --show-error --fail-with-body --max-time 20 \
	--retry 5 --retry-connrefused \
	--config /dev/fd/3 \
	--header 'Content-Type: application/json' \
	--header "Idempotency-Key: $idempotency_key" \
	--data "{\"action\": \"$action\", \"resource\": $resource$members}" \
	"$HOOKS_URL/v2/notifications" 3<<KEY
header = "Authorization: $HOOKS_KEY"
KEY
echo
