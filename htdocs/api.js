/* SPDX-License-Identifier: MIT */
/*
 * The API, as seen from this page: its address, the visitor's key, one way to
 * call it, and the words of an error.
 *
 * The key is kept for the tab alone (sessionStorage) and leaves it in headers
 * only, never in an address.
 */
import { useCallback, useEffect, useRef, useState } from './vendor/hooks.js';

const KEY = 'vyte-hooks.key';
// Beside this page, whatever its path.
export const base = new URL('v2/', location.href);

/* A failure. `status` 0: there was no answer. */
class Problem extends Error {
	constructor(status, title, detail, errors) {
		super(detail || title);
		this.status = status;
		this.title = title;
		this.errors = errors ?? [];
	}

	/* The error of the field at a pointer. */
	at(pointer) {
		return this.errors
			.filter(
				(e) =>
					e.pointer === pointer ||
					e.pointer.startsWith(`${pointer}/`)
			)
			.map((e) => e.detail)
			.join(' ');
	}
}

/* ---- who is signed in ---- */

export const session = { key: null, org: null, ended: null };

const watchers = new Set();

/* Calls `watcher` after each sign-in and sign-out. */
export function watchSession(watcher) {
	watchers.add(watcher);
	return () => watchers.delete(watcher);
}

function changed() {
	document.documentElement.toggleAttribute(
		'data-signed-in',
		session.key !== null
	);
	for (const watcher of watchers) watcher();
}

function storage(work) {
	try {
		return work(sessionStorage);
	} catch {
		return null; // forbidden: signed in until the next reload
	}
}

/* Throws a Problem when the key is not valid. */
export async function signIn(key) {
	// Other characters could not even be sent in a header.
	if (!/^[A-Za-z0-9_-]+$/.test(key)) {
		throw new Problem(
			401,
			'This is not a key',
			'A key is made of letters, digits, _ and - only. ' +
				'Copy all of it, without spaces.'
		);
	}
	const { data } = await request(key, 'GET', 'auth/test');
	storage((s) => s.setItem(KEY, key));
	Object.assign(session, { key, org: data, ended: null });
	changed();
}

/* `why`: the text on the sign-in page, or nothing. */
export function signOut(why = null) {
	storage((s) => s.removeItem(KEY));
	Object.assign(session, { key: null, org: null, ended: why });
	changed();
}

/* The key that this tab was signed in with before a reload. */
export function keptKey() {
	return storage((s) => s.getItem(KEY));
}

/* Whether the key has at least this role: 'read' < 'publish' < 'manage'. */
export function may(role) {
	const order = ['read', 'publish', 'manage'];
	return order.indexOf(session.org?.role) >= order.indexOf(role);
}

/* ---- calling ---- */

async function problemOf(answer) {
	let body = null;
	try {
		body = await answer.json();
	} catch {
		// from another server in between
	}
	return new Problem(
		answer.status,
		body?.title ?? `${answer.status} ${answer.statusText}`,
		body?.detail ?? `The server answered ${answer.status}.`,
		body?.errors
	);
}

function nextOf(answer) {
	const link = answer.headers.get('Link') ?? '';
	const target = /<([^>]*)>\s*;\s*rel="?next"?/.exec(link)?.[1];
	const words = target && new URL(target, location.href).searchParams;
	return words && (words.get('after') ?? words.get('before'));
}

/* Hosts that let only GET and POST through answer with a page of their own. */
function isRefusedOnTheWay(answer) {
	const type = answer.headers.get('Content-Type') ?? '';
	return (
		[403, 405].includes(answer.status) &&
		!type.startsWith('application/problem+json')
	);
}

/* The address at which POST stands for PUT or DELETE. */
function asForm(method, path) {
	const [address, query] = path.split('?');
	const form = `${address}/${method.toLowerCase()}`;
	return query === undefined ? form : `${form}?${query}`;
}

let onlyPost = false; // this host refuses other methods

async function fetchFrom(method, path, init) {
	const other = !['GET', 'POST'].includes(method);
	if (!other || !onlyPost) {
		const answer = await fetch(new URL(path, base), {
			...init,
			method,
		});
		if (!other || !isRefusedOnTheWay(answer)) return answer;
		onlyPost = true;
	}
	return fetch(new URL(asForm(method, path), base), {
		...init,
		method: 'POST',
	});
}

async function request(key, method, path, options = {}) {
	// Some servers keep the first header to themselves.
	const headers = {
		Authorization: key,
		'X-Api-Key': key,
		...options.headers,
	};
	const init = {
		headers,
		signal: options.signal,
		credentials: 'omit',
		cache: 'no-store',
		redirect: 'error',
		referrerPolicy: 'no-referrer',
	};
	let answer, text;
	if (options.body !== undefined) {
		headers['Content-Type'] = 'application/json';
		init.body =
			typeof options.body === 'string'
				? options.body
				: JSON.stringify(options.body);
	}
	try {
		answer = await fetchFrom(method, path, init);
		if (!answer.ok) throw await problemOf(answer);
		text = await answer.text();
		return {
			data: text ? JSON.parse(text) : null,
			text,
			next: nextOf(answer),
			etag: answer.headers.get('ETag'),
		};
	} catch (error) {
		if (error instanceof Problem || error.name === 'AbortError')
			throw error;
		throw new Problem(
			0,
			'No connection',
			answer
				? 'The answer does not come from vyte-hooks.'
				: 'The service cannot be reached. Is the network up?'
		);
	}
}

/*
 * { data, text, next, etag }, or throws a Problem. An invalid key ends the
 * session. `query`: empty values are left out.
 */
export async function call(method, path, options = {}) {
	const query = new URLSearchParams(
		Object.entries(options.query ?? {}).filter(([, value]) => value)
	);
	const key = session.key;
	try {
		return await request(
			key,
			method,
			query.size ? `${path}?${query}` : path,
			options
		);
	} catch (error) {
		if (error.status === 401 && session.key === key) {
			signOut(
				'This key is no longer valid: it may have ' +
					'been revoked.'
			);
		}
		throw error;
	}
}

/* ---- for components ---- */

/*
 * The answer to GET: { data, text, next, etag, error, loading, stale, reload }.
 * GET is repeated every `every` ms while the tab is visible, and the ref `still`
 * does not say otherwise. After an error the earlier data stay.
 */
export function useGet(path, { query, every = 0, skip = false, still } = {}) {
	const [state, setState] = useState({ path, loading: true });
	const words = JSON.stringify(query ?? {});
	const run = useRef(0);

	const load = useCallback(async () => {
		const mine = ++run.current;
		let found;
		try {
			found = await call('GET', path, {
				query: JSON.parse(words),
			});
		} catch (error) {
			found = { error };
		}
		if (mine !== run.current) return;
		setState((old) =>
			found.error
				? { ...old, error: found.error, loading: false }
				: {
						...found,
						path,
						error: null,
						loading: false,
					}
		);
	}, [path, words]);

	useEffect(() => {
		if (skip) return undefined;
		// After a new request the old answer stays until the new one.
		setState((old) =>
			old.path === path
				? { ...old, stale: true }
				: { path, loading: true }
		);
		load();
		const timer =
			every &&
			setInterval(() => {
				if (!document.hidden && !still?.current) load();
			}, every);
		return () => {
			run.current++;
			clearInterval(timer);
		};
	}, [load, every, skip]);
	return { ...state, reload: load };
}
