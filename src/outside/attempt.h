/* SPDX-License-Identifier: MIT */
/*
 * attempt: the facts about one HTTP attempt, as the network side reports
 * them. They carry no judgement: outcome decides what follows.
 */
#ifndef HOOKS_ATTEMPT_H
#define HOOKS_ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* Why there is no complete answer. */
enum attempt_error {
	/* A complete answer came, or one with a status 2xx and all headers. */
	ATTEMPT_NONE = 0,
	ATTEMPT_DNS,	 /* the name was not found, or not in time */
	ATTEMPT_REFUSED, /* the policy for addresses and schemes */
	ATTEMPT_CONNECT,
	ATTEMPT_TLS,
	ATTEMPT_TIMEOUT,
	ATTEMPT_CLOSED,	  /* the connection ended before a complete answer */
	ATTEMPT_PROTOCOL, /* not HTTP */
	ATTEMPT_STOPPED,  /* the sender was told to stop, or came too late */
	ATTEMPT_INTERNAL,
	ATTEMPT_UNRECORDED, /* the sender died before it recorded it */
	ATTEMPT_ERROR_MAX
};

/* How much of the answer is kept. Numbers in vh_attempts.response_kept. */
enum attempt_kept {
	ATTEMPT_WHOLE = 0,
	ATTEMPT_CUT = 1,  /* the beginning of headers, body, or both */
	ATTEMPT_OWN = 2,  /* the status: it came from this host's own address */
	ATTEMPT_FULL = 3, /* the status: the organization has stored too much */
	ATTEMPT_ERASED = 4 /* the status: the user it was about was erased */
};

enum {
	ATTEMPT_REMOTE_SIZE = 56, /* "[IPv6]:port" and NUL */
	ATTEMPT_TLS_SIZE = 12	  /* "TLSv1.3" and NUL */
};

struct attempt {
	enum attempt_error error;
	bool sent; /* bytes of the request may have left */
	/* The connection had been used before, and ended before a byte of the
	 * answer came: most likely it had been closed unannounced, and nobody
	 * saw the request. */
	bool stale;
	unsigned status; /* 0: no status line came */
	/* Microseconds since the attempt began; 0: not reached. */
	int64_t dns_us, connect_us, tls_us, first_byte_us, total_us;
	char remote[ATTEMPT_REMOTE_SIZE]; /* "" when never connected */
	char tls_version[ATTEMPT_TLS_SIZE];
	const char *retry_after; /* the header's value, borrowed, or NULL */
	enum attempt_kept kept;
	int64_t length; /* of the body, as the receiver said; < 0: it did not */
	struct buf headers,
		body; /* the part of the answer that is kept: any bytes */
};

/* Keeps at most `limit` bytes of the answer, half of them of its headers, and
 * says so in `kept`. */
void attempt_cut(struct attempt *a, size_t limit);
/* A word for records: "dns", "address_refused", ...; "" for ATTEMPT_NONE. */
const char *attempt_error_code(enum attempt_error e);
/* A sentence for people, which never names the address that was found; "" for
 * ATTEMPT_NONE. */
const char *attempt_error_text(enum attempt_error e);

#endif
