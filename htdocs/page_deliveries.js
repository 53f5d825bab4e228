/* SPDX-License-Identifier: MIT */
/*
 * Deliveries as a live list: new ones appear by themselves, and the states of
 * those shown are kept up to date.
 */
import { useCallback, useEffect, useRef, useState } from './vendor/hooks.js';
import { call, useGet } from './api.js';
import { many, span } from './format.js';
import { go, href } from './route.js';
import { useActions } from './hook_form.js';
import { hookName } from './page_hooks.js';
import { Filters, timeQuery } from './filters.js';
import {
	Button,
	Card,
	Empty,
	html,
	Icon,
	Mono,
	Page,
	Pill,
	Skeleton,
	Text,
	Time,
	Trouble,
	words,
} from './ui.js';

const PAGE = 50,
	ROUNDS_MAX = 10,
	EVERY_MS = 2000,
	FRESH_MS = 4000;
const STATES = ['pending', 'delivered', 'failed', 'held', 'cancelled'];
/* How the last attempt ended: ?status=. */
const ENDS = [
	['2xx', '2xx: accepted'],
	['3xx', '3xx: redirected'],
	['4xx', '4xx: refused'],
	['5xx', '5xx: failed'],
	['429', '429: too many'],
	['timeout', 'timeout'],
	['connect', 'no connection'],
	['dns', 'unknown name'],
	['tls', 'TLS failed'],
	['closed', 'connection ended'],
];

/* ---- a list in pages whose first page is requested again and again ---- */

/* The old list with new items in front and changed items in place. Items that
 * have no id yet are in the head for as long as they are there. */
function merge(old, head) {
	const now = new Map(head.map((item) => [item._id, item]));
	const rest = old.filter((item) => item._id);
	const known = new Set(rest.map((item) => item._id));
	return [
		...head.filter((item) => !known.has(item._id)),
		...rest.map((item) => now.get(item._id) ?? item),
	];
}

/* Goes on when the API ended a page early, without matches. */
async function page(path, query) {
	for (let rounds = 1; ; rounds++) {
		const found = await call('GET', path, { query });
		if (found.data.length || !found.next || rounds === ROUNDS_MAX)
			return found;
		query = { ...query, after: found.next };
	}
}

/*
 * { list, next, error, loading, fresh, older }, newest first. `live`: the first
 * page is requested every two seconds. Items that no longer match stay until
 * the filter changes: a list whose items vanish cannot be read.
 */
export function useLive(path, query, live) {
	const [state, setState] = useState({ list: null });
	const [fresh, setFresh] = useState(new Set());
	const words = JSON.stringify(query);
	const run = useRef(0);

	const load = useCallback(
		async (first) => {
			const mine = run.current;
			try {
				const query = {
					...JSON.parse(words),
					limit: PAGE,
				};
				const { data, next } = await (first
					? page(path, query)
					: call('GET', path, { query }));
				if (mine !== run.current) return;
				setState((old) => {
					if (first || !old.list)
						return { list: data, next };
					const known = new Set(
						old.list.map((d) => d._id)
					);
					const added = data.filter(
						(d) =>
							d._id &&
							!known.has(d._id)
					);
					if (added.length) {
						setFresh(
							new Set(
								added.map(
									(d) =>
										d._id
								)
							)
						);
						setTimeout(
							() =>
								setFresh(
									new Set()
								),
							FRESH_MS
						);
					}
					return {
						...old,
						list: merge(old.list, data),
						error: null,
					};
				});
			} catch (error) {
				if (mine === run.current)
					setState((old) => ({ ...old, error }));
			}
		},
		[path, words]
	);

	useEffect(() => {
		run.current++;
		load(true);
	}, [load]);
	useEffect(() => {
		const timer =
			live &&
			setInterval(() => document.hidden || load(), EVERY_MS);
		return () => clearInterval(timer);
	}, [load, live]);
	useEffect(() => () => run.current++, []);

	const older = async () => {
		const { data, next } = await page(path, {
			...JSON.parse(words),
			limit: PAGE,
			after: state.next,
		});
		setState((old) => ({
			...old,
			next,
			list: [...old.list, ...data],
		}));
	};
	return {
		...state,
		fresh,
		older,
		reload: () => load(true),
		loading: !state.list && !state.error,
	};
}

/* The end of such a list: its length, and a button if there is more. */
function Older({ from, what }) {
	const [busy, setBusy] = useState(false);
	const more = async () => {
		setBusy(true);
		await from.older().catch(() => {});
		setBusy(false);
	};
	return html`<footer class="list-foot"><span class="muted"
		role="status">${many(from.list.length, ...what)} shown</span>${
			from.next &&
			html`<${Button} busy=${busy} onClick=${more}>Load older<//>`
		}</footer>`;
}

/* Such a list: its rows, or that none matches the query, or, when there is none
 * at all, its children. */
export function Live({ from, path, what, query, rows, children }) {
	if (from.loading) return html`<${Skeleton} rows=${8} />`;
	if (!from.list)
		return html`<${Trouble} error=${from.error} onRetry=${from.reload} />`;
	const older = html`<${Older} from=${from} what=${what} />`;
	if (from.list.length) return html`${rows(from.list)}${older}`;
	if (!Object.keys(query).length) return children;
	return html`<${Empty} icon=${path} title="No ${what[0]} matches">Choose a
		longer time or another state, or <a href="#/${path}">show all of
		them</a>.<//>${from.next && older}`;
}

/* ---- rows ---- */

/* When it goes, with all that its hook waits for. */
export function Next({ at }) {
	return Date.parse(at) > Date.now() + 1000
		? html`<${Time} at=${at} as="ago" />`
		: 'now';
}

/* One that has been tried and waits looks other than one that is new, and one
 * that fails says with which status. */
export function Outcome({ delivery: { state, attemptCount, lastStatus } }) {
	const shown = state === 'pending' && attemptCount ? 'retrying' : state;
	const fails = ['retrying', 'failed'].includes(shown);
	return html`<${Pill} state=${shown} label=${
		fails && lastStatus
			? `${words(shown)} · ${lastStatus}`
			: undefined
	} />`;
}

function outcome(delivery) {
	if (delivery.reason) return html`<${Text} of=${delivery.reason} />`;
	const error = delivery.lastError?.replaceAll('_', ' ');
	if (delivery.nextAttemptAt && delivery.state === 'pending')
		return html`${error && `${error}, `}next attempt${' '}<${Next}
			at=${delivery.nextAttemptAt} />`;
	if (error) return error;
	if (!delivery.finishedAt) return null;
	const [from, to] = [delivery.createdAt, delivery.finishedAt];
	return `after ${span(Date.parse(to) - Date.parse(from))}`;
}

function Row({ delivery, hook, bare, fresh }) {
	return html`<li class=${fresh ? 'fresh' : ''}><a
		class="row ${bare ? 'row-brief' : 'row-delivery'}"
		href=${href(`deliveries/${delivery._id}`)}>
		<span class="row-state"><${Outcome} delivery=${delivery} /></span>
		<span class="row-action"><code><${Text}
			of=${delivery.action} /></code></span>
		${
			!bare &&
			html`<span class="row-main"><${Text}
			of=${hookName(hook, delivery.hook)} /></span>`
		}
		<span class="row-count">${many(delivery.attemptCount, 'attempt')}</span>
		<span class="row-note">${outcome(delivery)}</span>
		<span class="row-time"><${Time} at=${delivery.createdAt} /></span>
	</a></li>`;
}

/* `bare`: without the hook, when the page shows it already. */
export function DeliveryRows({ list, hooks, bare, fresh }) {
	return html`<ul class="rows">${list.map(
		(delivery) => html`<${Row}
		key=${delivery._id} delivery=${delivery} bare=${bare}
		hook=${hooks?.get(delivery.hook)}
		fresh=${fresh?.has(delivery._id)} />`
	)}</ul>`;
}

export function useHooks() {
	const hooks = useGet('hooks');
	return new Map((hooks.data ?? []).map((hook) => [hook._id, hook]));
}

/* ---- the page ---- */

/* One of them, by its _id or by the webhook-id that its receiver saw. */
function Find() {
	const open = (event) => {
		event.preventDefault();
		const name = new FormData(event.target).get('name').trim();
		if (name) go(`deliveries/${encodeURIComponent(name)}`);
	};
	return html`<form class="filters" role="search" onSubmit=${open}><label
		class="sr-only" for="find">Find a delivery</label><input id="find"
		name="name" type="search" autocomplete="off"
		placeholder="Find by webhook-id" /></form>`;
}

export function Deliveries({ query }) {
	const [live, setLive] = useState(true);
	const hooks = useHooks();
	const actions = useActions();
	const from = useLive('deliveries', timeQuery(query), live);
	return html`<${Page} title="Deliveries"
		lead="Each request, its answer, and the next attempt."
		actions=${html`<${Button} aria-pressed=${String(live)}
			class="button button-plain live" onClick=${() => setLive(!live)}>
			<i class="beat ${live ? 'beat-on' : ''}"></i>${live ? 'Live' : 'Paused'}<//>`}>
		<${Card} class="card-flush"><${Find} />
		<${Filters} path="deliveries" query=${query} of=${[
			[
				'hook',
				'All hooks',
				[...hooks.values()].map((hook) => [
					hook._id,
					hookName(hook).slice(0, 60),
				]),
			],
			[
				'action',
				'All actions',
				actions.map((a) => [a.action, a.action]),
			],
			['state', 'All states', STATES.map((s) => [s, s])],
			['status', 'All results', ENDS],
		]} />
		${
			query.notification &&
			html`<p class="none muted">Deliveries of the
			notification${' '}<a
			href=${href(`notifications/${query.notification}`)}><${Mono} of=${query.notification} /></a></p>`
		}
		${
			from.list &&
			from.error &&
			html`<p class="stale" role="status">
			<${Icon} name="warn" />${from.error.message}</p>`
		}
		<${Live} from=${from} path="deliveries" query=${query}
			what=${['delivery', 'deliveries']} rows=${(list) => html`
			<${DeliveryRows} list=${list} hooks=${hooks}
				fresh=${from.fresh} />`}>
			<${Empty} icon="deliveries" title="No deliveries yet">
			When something is published that matches a hook, the requests
			and answers appear here. <a href="#/publish">Publish a test
			notification</a> to see one.<//><//><//><//>`;
}
