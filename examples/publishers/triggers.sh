#!/bin/sh
# SPDX-License-Identifier: MIT
# Webhooks for Easy!Appointments, of which nothing is changed: triggers on its
# table of appointments publish for it, reminders included.
#
#   hooks-admin org create Practice
#   triggers.sh ORGANIZATION DATABASE | mysql
#
# The table has local times. ZONE is theirs; a name such as the one below needs
# the server's time zone tables (mysql_tzinfo_to_sql), without which reminders
# are rejected. An offset such as +01:00 needs nothing.

set -eu
org=$1
table=$2.ea_appointments
zone=${ZONE:-Europe/Berlin}

columns=id,start_datetime,end_datetime,location,id_services
columns=$columns,id_users_provider,id_users_customer

reminder="CONCAT('reminder-', NEW.id)"
hour_before="CONVERT_TZ(NEW.start_datetime, '$zone', '+00:00') - INTERVAL 1 HOUR"
moved='NOT (NEW.start_datetime <=> OLD.start_datetime)'

for action in booked moved cancelled reminder; do
	hooks-admin action add "appointment.$action" --org "$org"
done

# publish ACTION EVENT CONDITION [OPTION ...]: times that a provider keeps free
# are no appointments.
publish() {
	action=$1 event=$2 condition=$3
	shift 3
	hooks-admin trigger --org "$org" --table "$table" --columns "$columns" \
		--action "appointment.$action" --on "$event" \
		--when "$condition" "$@"
}

publish booked insert 'NEW.is_unavailability = 0'
publish reminder insert 'NEW.is_unavailability = 0' \
	--deliver-at "$hour_before" --replace-key "$reminder"
publish moved update "NEW.is_unavailability = 0 AND $moved"
publish reminder update "NEW.is_unavailability = 0 AND $moved" \
	--deliver-at "$hour_before" --replace-key "$reminder"
publish cancelled delete 'OLD.is_unavailability = 0' \
	--cancels "CONCAT('reminder-', OLD.id)"
