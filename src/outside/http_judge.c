/* SPDX-License-Identifier: MIT */
/*
 * http_judge: libcurl's codes translated into ours.
 */
#include "outside/http_judge.h"

#include "base/log.h"
#include "outside/http.h"

static enum attempt_error judge_connect(const struct http_request *r)
{
	if (r->sendings)
		return ATTEMPT_CLOSED; /* for the second sending */
	return r->refused && !r->connecting ? ATTEMPT_REFUSED : ATTEMPT_CONNECT;
}

/* Nothing was connected or sent yet: it was the name server that was silent. */
static enum attempt_error judge_timeout(const struct http_request *r)
{
	return r->connecting || r->sendings ? ATTEMPT_TIMEOUT : ATTEMPT_DNS;
}

/* The URL's protocol, such as http where it is not allowed, or the answer's. */
static enum attempt_error judge_protocol(const struct http_request *r)
{
	return r->sendings ? ATTEMPT_PROTOCOL : ATTEMPT_REFUSED;
}

unsigned http_judge_status(const struct http_request *r)
{
	long status = 0;

	curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
	return status >= 100 && status <= 999 ? (unsigned)status : 0;
}

/* libcurl says that the answer is complete. */
static enum attempt_error judge_answer(const struct http_request *r)
{
	return r->probe || http_judge_status(r) ? ATTEMPT_NONE
						: ATTEMPT_PROTOCOL;
}

enum attempt_error http_judge(const struct http_request *r, CURLcode code)
{
	if (r->body_until)
		return ATTEMPT_NONE; /* the body does not matter */
	switch (code) {
	case CURLE_OK:
		return judge_answer(r);
	case CURLE_COULDNT_RESOLVE_HOST:
		return ATTEMPT_DNS;
	case CURLE_COULDNT_CONNECT:
	case CURLE_INTERFACE_FAILED:
		return judge_connect(r);
	case CURLE_OPERATION_TIMEDOUT:
		return judge_timeout(r);
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
		return ATTEMPT_TLS;
	case CURLE_WRITE_ERROR:
		return r->cut ? judge_answer(r) : ATTEMPT_PROTOCOL;
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_PARTIAL_FILE:
		return ATTEMPT_CLOSED;
	case CURLE_ABORTED_BY_CALLBACK: /* else the second sending */
		return r->late ? ATTEMPT_STOPPED : ATTEMPT_CLOSED;
	case CURLE_UNSUPPORTED_PROTOCOL:
		return judge_protocol(r);
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_HTTP2:
	case CURLE_BAD_CONTENT_ENCODING:
	case CURLE_BAD_FUNCTION_ARGUMENT: /* a header line without a name */
	case CURLE_OUT_OF_MEMORY: /* the code for a header line over 100 kB */
#if LIBCURL_VERSION_NUM >= 0x080600
	case CURLE_TOO_LARGE: /* the same in later versions */
#endif
		return ATTEMPT_PROTOCOL;
	default:
		log_warn("libcurl: %s", curl_easy_strerror(code));
		return ATTEMPT_INTERNAL;
	}
}
