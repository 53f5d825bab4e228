# SPDX-License-Identifier: MIT
# The program hooks-admin.
bin_PROGRAMS += hooks-admin
hooks_admin_SOURCES = \
	%D%/admin.c \
	%D%/admin.h \
	%D%/admin_action.c \
	%D%/admin_command.c \
	%D%/admin_command.h \
	%D%/admin_config.c \
	%D%/admin_doctor.c \
	%D%/admin_doctor.h \
	%D%/admin_doctor_db.c \
	%D%/admin_doctor_queue.c \
	%D%/admin_doctor_target.c \
	%D%/admin_erase.c \
	%D%/admin_explain.c \
	%D%/admin_explain.h \
	%D%/admin_export.c \
	%D%/admin_help.c \
	%D%/admin_help.h \
	%D%/admin_hook.c \
	%D%/admin_key.c \
	%D%/admin_org.c \
	%D%/admin_notification.c \
	%D%/admin_publish.c \
	%D%/admin_purge.c \
	%D%/admin_restored.c \
	%D%/admin_schema.c \
	%D%/admin_secret.c \
	%D%/admin_status.c \
	%D%/admin_trigger.c \
	%D%/admin_user.c \
	%D%/admin_verify.c \
	%D%/hooks-admin.c
hooks_admin_LDADD = $(libraries)
