/* SPDX-License-Identifier: MIT */
/*
 * conf_mail: the addresses and servers that [notify] may name. Part of conf;
 * nobody else needs it.
 */
#ifndef HOOKS_CONF_MAIL_H
#define HOOKS_CONF_MAIL_H

/* NULL, or the fault, as the end of a sentence. An address goes into
 * headers and into the mail server's protocol: no blank, no bracket, no
 * control character. */
const char *conf_mail_address(const char *s);
/* smtp:// or smtps://, a host, and nothing that is secret. */
const char *conf_mail_server(const char *url);

#endif
