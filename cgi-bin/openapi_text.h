/* SPDX-License-Identifier: MIT */
/*
 * openapi_text: htdocs/openapi.yaml and the same in JSON, built in by
 * embed.awk, so that neither can be missing or of another version.
 */
#ifndef HOOKS_OPENAPI_TEXT_H
#define HOOKS_OPENAPI_TEXT_H

enum openapi_form { OPENAPI_YAML, OPENAPI_JSON, OPENAPI_MAX };

struct openapi_text {
	const char *before, *after; /* the path of the service, in quotes */
};

extern const struct openapi_text openapi_texts[OPENAPI_MAX];

#endif
