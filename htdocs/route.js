/* SPDX-License-Identifier: MIT */
/*
 * The visitor's place: the part of the address after #, such as
 * #/deliveries?state=failed. The web server need not know it.
 */
import { useEffect, useState } from './vendor/hooks.js';

function read() {
	const [path, query] = location.hash.slice(1).split('?');
	return {
		parts: path
			.split('/')
			.filter(Boolean)
			.map((part) => {
				try {
					return decodeURIComponent(part);
				} catch {
					return part;
				}
			}),
		query: Object.fromEntries(new URLSearchParams(query ?? '')),
	};
}

/* { parts, query } of the current address. */
export function useRoute() {
	const [route, setRoute] = useState(read);
	useEffect(() => {
		const turn = () => setRoute(read());
		addEventListener('hashchange', turn);
		return () => removeEventListener('hashchange', turn);
	}, []);
	return route;
}

/* '#/path?query' without empty values. */
export function href(path, query = {}) {
	const words = new URLSearchParams(
		Object.entries(query).filter(([, value]) => value)
	);
	return `#/${path}${words.size ? `?${words}` : ''}`;
}

export function go(path, query) {
	location.hash = href(path, query);
}

/* The same page with another query: no new entry in the history. */
export function narrow(path, query) {
	history.replaceState(null, '', href(path, query));
	dispatchEvent(new HashChangeEvent('hashchange'));
}
