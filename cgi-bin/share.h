/* SPDX-License-Identifier: MIT */
/*
 * share: how much of the API one organization may use while others ask, too.
 *
 * A small table lies in memory that all processes of hooks.fcgi map. Each
 * process notes for whom it works and since when, and how much time that has
 * taken. An organization that has had more than half of all processes' time for
 * a second may keep half of them busy; requests beyond that are refused, by
 * its key, before the database is asked. One request after the other is never
 * refused, nor is anything as long as nobody else asks.
 *
 * As plain CGI there is no such table, and where the file cannot be had there
 * is none either: then no organization is limited.
 */
#ifndef HOOKS_SHARE_H
#define HOOKS_SHARE_H

#include <stdbool.h>
#include <stdint.h>

struct conf;
struct id;
struct share;

/* Maps the table and takes a place in it. NULL: there is none, so far: a sender
 * makes the folder. */
struct share *share_open(const struct conf *conf);
void share_close(struct share *s);

/* All of these do nothing, and refuse nothing, where `s` is NULL. Times are
 * monotonic, in ms. */

/* Whether the organization that this key was last seen with has too much in
 * work already. `hash` is the key's, of CRYPT_HASH_SIZE bytes. */
bool share_refuses(struct share *s, const unsigned char *hash, int64_t now);
/* The key is this organization's: from here on this process works for it. */
void share_begin(struct share *s, const unsigned char *hash,
		 const struct id *organization, int64_t now);
/* How long this process may wait for the rest of the request, in ms: a moment,
 * while others of the organization's requests keep half of the processes busy
 * and somebody else asks; otherwise INT64_MAX. */
int64_t share_patience(const struct share *s, int64_t now);
/* The request is done. */
void share_end(struct share *s, int64_t now);

#endif
