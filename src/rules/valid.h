/* SPDX-License-Identifier: MIT */
/*
 * valid: the rules for single fields that come from outside, each with the
 * sentence for the person who broke it.
 *
 * Every function returns NULL when the text is valid, otherwise a sentence
 * without the field's name in front (borrowed, never freed). Texts need no
 * NUL at their end and may contain one.
 */
#ifndef HOOKS_VALID_H
#define HOOKS_VALID_H

#include <stdbool.h>
#include <stddef.h>

enum {
	VALID_HEADERS_MAX = 16,	       /* headers of one hook */
	VALID_HEADER_NAME_MAX = 128,   /* bytes */
	VALID_HEADER_VALUE_MAX = 4096, /* bytes */
	VALID_DESCRIPTION_MAX = 500,   /* characters */
	VALID_NAME_MAX = 100,	       /* characters */
	VALID_IDEMPOTENCY_MAX = 255,   /* bytes */
	VALID_USER_MAX = 64,	       /* bytes */
	VALID_REPLACE_KEY_MAX = 128    /* bytes */
};

/* A token (RFC 9110 5.6.2) that is not one of the headers the service or the
 * connection sets: webhook-*, Host, Content-*, User-Agent, Cookie, ... */
const char *valid_header_name(const char *s, size_t len);
/* UTF-8 without control characters (no tab either) and without a space at
 * either end (RFC 9110 5.5). May be empty. */
const char *valid_header_value(const char *s, size_t len);
/* Whether HTTP treats two names of headers as the same. */
bool valid_same_header(const char *a, const char *b);

/* UTF-8 of at most VALID_DESCRIPTION_MAX characters; no control characters
 * except tab and line ends. */
const char *valid_description(const char *s, size_t len);
/* The name of an organization or a key: 1 to VALID_NAME_MAX characters, no
 * control characters (the command line prints it between tabs). */
const char *valid_name(const char *s, size_t len);
/* 1 to 255 printable ASCII characters. */
const char *valid_idempotency_key(const char *s, size_t len);
/* Whom a notification concerns: 1 to VALID_USER_MAX bytes of UTF-8 without
 * control characters. Users are compared byte by byte. */
const char *valid_user(const char *s, size_t len);
/* What names a scheduled notification: 1 to VALID_REPLACE_KEY_MAX bytes of
 * UTF-8 without control characters. Keys are compared byte by byte. */
const char *valid_replace_key(const char *s, size_t len);

#endif
