/*
 * What was published, by whichever way, and what became of it.
 */
import { useState } from './vendor/hooks.js';
import { useGet } from './api.js';
import { href, narrow } from './route.js';
import { member } from './json.js';
import { useActions } from './hook_form.js';
import { DeliveryRows, Older, useHooks, useLive } from './page_deliveries.js';
import { TimeFilter, timeQuery } from './time_filter.js';
import { Banner, Card, Code, Empty, Facts, html, Loaded, Mono, Options, Page,
	Pill, Segments, Skeleton, Text, Time, Trouble } from './ui.js';

const STATES = { queued: 'Queued', fanned_out: 'Spread over the hooks',
	unmatched: 'No hook asked for it', rejected: 'Rejected' };

function Row({ item, fresh }) {
	return html`<li class=${fresh ? 'fresh' : ''}><a
		class="row row-notification"
		href=${href(`notifications/${item._id}`)}>
		<span class="row-state"><${Pill} state=${item.state} /></span>
		<span class="row-action"><code><${Text} of=${item.action} /></code>
		</span><span class="row-note">${item.reason
	? html`<${Text} of=${item.reason} />` : STATES[item.state]}</span>
		<span class="row-time"><${Time} at=${item.createdAt} /></span>
	</a></li>`;
}

function Filters({ query, set }) {
	const actions = useActions();
	const select = (name, label, of) => html`<label class="filter"><span
		class="sr-only">${label}</span><select value=${query[name] ?? ''}
		onChange=${(e) => set({ [name]: e.target.value })}>
		<${Options} of=${[['', label], ...of]}
			value=${query[name] ?? ''} /></select></label>`;
	return html`<div class="filters" role="group" aria-label="Filters">
		${select('action', 'All actions', actions.map((a) =>
	[a.action, a.action]))}
		${select('state', 'All states', Object.entries(STATES))}
		<${TimeFilter} query=${query} set=${set} />
		${Object.values(query).some(Boolean) && html`<a class="clear"
			href="#/notifications">Clear</a>`}</div>`;
}

function List({ from, filtered }) {
	if (from.loading)
		return html`<${Skeleton} rows=${8} />`;
	if (!from.list)
		return html`<${Trouble} error=${from.error} onRetry=${from.reload} />`;
	if (!from.list.length) {
		return html`<${Empty} icon="notifications" title=${filtered
			? 'No notification matches' : 'Nothing was published yet'}>${
	filtered ? html`<a href="#/notifications">Look at all of them</a>`
		: html`The application publishes by HTTP, by command or with SQL.${' '}
		<a href="#/publish">Publish a test notification</a> to see.`}<//>`;
	}
	return html`<ul class="rows">${from.list.map((item) => html`<${Row}
		key=${item._id} item=${item} fresh=${from.fresh.has(item._id)} />`)}
		</ul><${Older} from=${from} what=${['notification']} />`;
}

export function Notifications({ query }) {
	const from = useLive('notifications', timeQuery(query), true);
	const set = (part) => narrow('notifications', { ...query, ...part });
	return html`<${Page} title="Notifications"
		lead="What was published, and what became of it.">
		<${Card} class="card-flush"><${Filters} query=${query} set=${set} />
		<${List} from=${from} filtered=${Object.keys(query).length > 0} />
		<//><//>`;
}

/* ---- one of them ---- */

function Resource({ text }) {
	const [shape, setShape] = useState('formatted');
	const resource = member(text, 'resource') ?? '';
	return html`<${Card} title="Resource" aside=${html`<${Segments}
		label="How it is shown" value=${shape} onChange=${setShape}
		of=${{ formatted: 'Formatted', raw: 'Raw' }} />`}>
		<${Code} text=${resource} label="Resource as JSON" wrap=${shape === 'raw'}
			formatted=${shape === 'formatted'} /><//>`;
}

export function Notification({ id }) {
	const from = useGet(`notifications/${id}`, { every: 4000 });
	const hooks = useHooks();
	const { data } = from;
	const back = ['#/notifications', 'Notifications'];
	if (!data) {
		return html`<${Page} title="Notification" back=${back}>
			<${Loaded} from=${from}>${() => null}<//><//>`;
	}
	return html`<${Page} back=${back} title=${html`<${Text}
			of=${data.action} />`}
		lead=${html`<${Pill} state=${data.state} /> ${STATES[data.state]}`}>
		${data.reason && html`<${Banner} tone="bad" title="Rejected.">
			<${Text} of=${data.reason} /><//>`}
		<div class="columns"><div class="stack">
		<${Card} class="card-flush" title="Deliveries">${data.deliveries.length
	? html`<${DeliveryRows} list=${data.deliveries} hooks=${hooks} />`
	: html`<p class="none muted">None.</p>`}<//>
		<${Resource} text=${from.text} /></div>
		<${Card} title="About it"><${Facts} of=${[
	['Id', html`<${Mono} of=${data._id} />`],
	data.user && ['User', html`<${Mono} of=${data.user} />`],
	['Published', html`<${Time} at=${data.createdAt} as="full" />`],
]} /><//></div><//>`;
}
