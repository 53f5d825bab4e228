# SPDX-License-Identifier: MIT
# One foreign library each, and the facts and the JSON scanner they speak of.
libhooks_a_SOURCES += \
	%D%/attempt.c \
	%D%/attempt.h \
	%D%/conf.c \
	%D%/conf.h \
	%D%/conf_check.c \
	%D%/conf_check.h \
	%D%/conf_file.c \
	%D%/conf_file.h \
	%D%/conf_key.c \
	%D%/conf_key.h \
	%D%/conf_mail.c \
	%D%/conf_mail.h \
	%D%/conf_retired.c \
	%D%/conf_retired.h \
	%D%/conf_row.c \
	%D%/conf_row.h \
	%D%/conf_value.c \
	%D%/conf_value.h \
	%D%/crypt.c \
	%D%/crypt.h \
	%D%/db.c \
	%D%/db.h \
	%D%/db_driver.h \
	%D%/db_sql.c \
	%D%/db_sql.h \
	%D%/db_stmt.c \
	%D%/db_trouble.c \
	%D%/http.c \
	%D%/http.h \
	%D%/http_judge.c \
	%D%/http_judge.h \
	%D%/http_slist.c \
	%D%/http_slist.h \
	%D%/jscan.c \
	%D%/jscan.h \
	%D%/jscan_span.c \
	%D%/jscan_text.c \
	%D%/jscan_text.h \
	%D%/jtree.c \
	%D%/jtree.h \
	%D%/mail.c \
	%D%/mail.h \
	%D%/poller.c \
	%D%/poller.h
