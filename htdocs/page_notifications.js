/* SPDX-License-Identifier: MIT */
/*
 * The notifications and their outcome.
 */
import { useState } from './vendor/hooks.js';
import { call, may, useGet } from './api.js';
import { many } from './format.js';
import { href } from './route.js';
import { member } from './json.js';
import { useActions } from './hook_form.js';
import { DeliveryRows, Live, useHooks, useLive } from './page_deliveries.js';
import { Filters, timeQuery } from './filters.js';
import {
	Awaited,
	Banner,
	Button,
	Card,
	Code,
	Empty,
	Facts,
	html,
	Mono,
	Page,
	Pill,
	say,
	Segments,
	SHAPES,
	Text,
	Time,
	useWork,
} from './ui.js';

const STATES = {
	queued: 'Queued',
	fanned_out: 'Sent to matching hooks',
	unmatched: 'No matching hook',
	rejected: 'Rejected',
	scheduled: 'Waits for its time',
	cancelled: 'Cancelled before its time',
	replaced: 'Replaced before its time',
};

/* One that the sender has not taken over yet has no id, and so no page. */
function Row({ item, fresh }) {
	const to = item._id && href(`notifications/${item._id}`);
	return html`<li class=${fresh ? 'fresh' : ''}><a
		class="row row-notification" href=${to}>
		<span class="row-state"><${Pill} state=${item.state} /></span>
		<span class="row-action"><code><${Text} of=${item.action} /></code>
		</span><span class="row-note">${
			item.reason
				? html`<${Text} of=${item.reason} />`
				: item.state === 'scheduled'
					? html`For <${Time} at=${item.deliver_at} />`
					: STATES[item.state]
		}</span>
		<span class="row-time"><${Time} at=${item.createdAt} /></span>
	</a></li>`;
}

export function Notifications({ query }) {
	const from = useLive('notifications', timeQuery(query), true);
	const actions = useActions();
	return html`<${Page} title="Notifications"
		lead="Everything published, and its outcome.">
		<${Card} class="card-flush"><${Filters} path="notifications"
			query=${query} of=${[
				[
					'action',
					'All actions',
					actions.map((a) => [
						a.action,
						a.action,
					]),
				],
				['state', 'All states', Object.entries(STATES)],
			]} />
		<${Live} from=${from} path="notifications" query=${query}
			what=${['notification']} rows=${(list) => html`<ul class="rows">
			${list.map(
				(
					item,
					at
				) => html`<${Row} key=${item._id ?? at} item=${item}
				fresh=${from.fresh.has(item._id)} />`
			)}</ul>`}>
			<${Empty} icon="notifications" title="Nothing was published yet">
			The application publishes by HTTP, by command or with SQL.${' '}
			<a href="#/publish">Publish a test notification</a> to see one.<//>
		<//><//><//>`;
}

/* ---- one notification ---- */

function Resource({ text }) {
	const [shape, setShape] = useState('formatted');
	const resource = member(text, 'resource') ?? '';
	return html`<${Card} title="Resource" aside=${html`<${Segments}
		label="How the resource is shown" value=${shape} onChange=${setShape}
		of=${SHAPES} />`}>
		<${Code} text=${resource} label="Resource as JSON" wrap=${shape === 'raw'}
			formatted=${shape === 'formatted'} /><//>`;
}

/* One that is on its way meanwhile is not cancelled, and the API says so. */
function Cancel({ id, onCancelled }) {
	const [run, busy] = useWork();
	const cancel = () =>
		run(async () => {
			await call('DELETE', `notifications/${id}`);
			say('The notification is cancelled.');
			await onCancelled();
		});
	return html`<${Button} kind="danger-ghost" busy=${busy} onClick=${cancel}>
		Cancel it<//>`;
}

export function Notification({ id }) {
	const from = useGet(`notifications/${id}`, { every: 4000 });
	const hooks = useHooks();
	const { data } = from;
	const back = ['#/notifications', 'Notifications'];
	if (!data)
		return html`<${Awaited} title="Notification" back=${back}
			from=${from} />`;
	return html`<${Page} back=${back} title=${html`<${Text}
			of=${data.action} />`}
		lead=${html`<${Pill} state=${data.state} /> ${STATES[data.state]}`}
		actions=${
			data.state === 'scheduled' &&
			may('publish') &&
			html`<${Cancel} id=${id} onCancelled=${from.reload} />`
		}>
		${
			data.reason &&
			html`<${Banner} tone="bad" title="Rejected.">
			<${Text} of=${data.reason} /><//>`
		}
		<div class="columns"><div class="stack">
		<${Card} class="card-flush" title="Deliveries">${
			data.deliveries.length
				? html`<${DeliveryRows} list=${data.deliveries} hooks=${hooks} />`
				: html`<p class="none muted">No deliveries.</p>`
		}${
			from.next &&
			html`<footer
		class="list-foot"><span class="muted">These are the newest${' '}
		${many(data.deliveries.length, 'delivery', 'deliveries')}; see${' '}
		<a href=${href('deliveries', { notification: id })}>all of them</a>.
		</span></footer>`
		}<//>
		<${Resource} text=${from.text} /></div>
		<${Card} title="Details"><${Facts} of=${[
			['Id', html`<${Mono} of=${data._id} />`],
			data.user && [
				'User',
				html`<${Mono} of=${data.user} />`,
			],
			[
				'Published',
				html`<${Time} at=${data.createdAt} as="full" />`,
			],
			data.deliver_at && [
				'To be delivered',
				html`<${Time} at=${data.deliver_at} as="full" />`,
			],
			data.expires_at && [
				'Expires',
				html`<${Time} at=${data.expires_at} as="full" />`,
			],
			data.replace_key && [
				'Replace key',
				html`<${Mono} of=${data.replace_key} />`,
			],
		]} /><//></div><//>`;
}
