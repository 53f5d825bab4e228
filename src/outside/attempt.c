/* SPDX-License-Identifier: MIT */
/*
 * attempt: the words for each error, as records and people read them.
 */
#include "outside/attempt.h"

static const struct {
	const char *code;
	const char *text;
} errors[ATTEMPT_ERROR_MAX] = {
	[ATTEMPT_NONE] = {"", ""},
	[ATTEMPT_DNS] = {"dns", "The host name could not be resolved."},
	[ATTEMPT_REFUSED] = {"address_refused",
			     "The target has no address, or not a scheme, that "
			     "deliveries may be sent to."},
	[ATTEMPT_CONNECT] = {"connect", "No connection could be made."},
	[ATTEMPT_TLS] = {"tls",
			 "No secure connection could be made: the TLS "
			 "handshake failed or the certificate is not valid."},
	[ATTEMPT_TIMEOUT] = {"timeout", "No complete answer came in time."},
	[ATTEMPT_CLOSED] = {"closed",
			    "The connection ended before a complete answer."},
	[ATTEMPT_PROTOCOL] = {"protocol", "The answer was not valid HTTP."},
	[ATTEMPT_STOPPED] =
		{"stopped", "The sender was stopped before a complete answer."},
	[ATTEMPT_INTERNAL] = {"internal",
			      "The sender could not make the request."},
	[ATTEMPT_UNRECORDED] = {"unrecorded",
				"The sender died before it had recorded what "
				"became of this request."},
};

void attempt_cut(struct attempt *a, size_t limit)
{
	buf_cut(&a->headers, limit / 2);
	buf_cut(&a->body, limit - a->headers.len);
	if (a->headers.overflow || a->body.overflow)
		a->kept = ATTEMPT_CUT;
}

const char *attempt_error_code(enum attempt_error e)
{
	return e < ATTEMPT_ERROR_MAX ? errors[e].code : "unknown";
}

const char *attempt_error_text(enum attempt_error e)
{
	return e < ATTEMPT_ERROR_MAX ? errors[e].text : "Unknown error.";
}
