/* SPDX-License-Identifier: MIT */
/*
 * admin_secret: hooks-admin secret rewrite: stores every hook's secrets and
 * headers again in the form that [secrets] asks for: encrypted with key_file,
 * or plain when there is none.
 */
#include "admin/admin.h"
#include "base/log.h"
#include "outside/conf_key.h"
#include "outside/crypt.h"
#include "store/store_headers.h"
#include "store/store_secret.h"

static enum err read_old_key(const struct admin *a,
			     unsigned char key[CONF_KEY_SIZE])
{
	const char *path = a->option[ADMIN_OLD_KEY_FILE];
	const char *why = conf_key_read(path, key);

	if (!why)
		return ERR_OK;
	log_error("--old-key-file %s: it %s", path, why);
	return ERR_INVALID;
}

enum err admin_secret_rewrite(struct admin *a)
{
	struct store_secret_sweep w = {.more = true};
	unsigned char old_key[CONF_KEY_SIZE];
	struct jtree *v;
	enum err e = ERR_OK;

	if (a->option[ADMIN_OLD_KEY_FILE]) {
		e = read_old_key(a, old_key);
		w.old_key = old_key;
	}
	while (!e && w.more)
		e = store_secret_rewrite(&a->store, &w);
	w.after = 0;
	w.more = true;
	while (!e && w.more)
		e = store_headers_rewrite(&a->store, &w);
	crypt_wipe(old_key, sizeof(old_key));
	if (!e && w.unreadable) {
		log_error("%llu secrets and headers were rewritten, and %llu "
			  "cannot be read with either key",
			  (unsigned long long)w.rewritten,
			  (unsigned long long)w.unreadable);
		return ERR_INVALID;
	}
	if (e)
		return e;
	if (!a->json) {
		buf_printf(&a->out, "%llu\n", (unsigned long long)w.rewritten);
		return ERR_OK;
	}
	v = jtree_object();
	jtree_put_int(v, "rewritten", (int64_t)w.rewritten);
	admin_json(a, v);
	return ERR_OK;
}
