/* SPDX-License-Identifier: MIT */
/*
 * One hook: its health, its members, its secret, and the actions on it.
 */
import { useRef, useState } from './vendor/hooks.js';
import { call, may, useGet } from './api.js';
import { Counts, Quantiles } from './chart.js';
import { count } from './format.js';
import { go, href } from './route.js';
import { HookDialog } from './hook_form.js';
import { hookName } from './page_hooks.js';
import { DeliveryRows } from './page_deliveries.js';
import { Secret, Verify } from './secret.js';
import { Headline, Standing } from './standing.js';
import {
	Awaited,
	Button,
	Card,
	Confirm,
	Copy,
	Facts,
	html,
	later,
	Loaded,
	Mono,
	Page,
	Pill,
	say,
	Text,
	Time,
	useWork,
} from './ui.js';

const Ping = later(() => import('./page_delivery.js'), 'Ping');
const Replay = later(() => import('./replay.js'), 'Replay');

function HookFacts({ hook }) {
	const headers = Object.entries(hook.headers);
	return html`<${Card} title="Settings"><${Facts} of=${[
		['Target URL', html`<${Text} of=${hook.target_url} />`],
		['Action', html`<${Mono} of=${hook.action} />`],
		[
			'Gets',
			hook.scope === 'user'
				? html`all that names the user <${Mono} of=${hook.user} />`
				: 'all of the organization',
		],
		['Order', hook.ordered ? 'in order, one at a time' : 'none'],
		[
			'Rate limit',
			hook.rate_limit
				? `${count(hook.rate_limit)} a second`
				: 'none',
		],
		['Batch size', count(hook.batch_size)],
		[
			'Headers',
			headers.length
				? html`<ul class="plain">${headers.map(
						([
							name,
							value,
						]) => html`<li key=${name}><code><${Text}
				of=${name} />: <${Text} of=${value} /></code></li>`
					)}</ul>`
				: 'none',
		],
		['Created', html`<${Time} at=${hook.createdAt} as="short" />`],
		['Changed', html`<${Time} at=${hook.updatedAt} as="short" />`],
		[
			'Id',
			html`<${Mono} of=${hook._id} /> <${Copy} text=${hook._id} />`,
		],
	]} /><//>`;
}

function Actions({ hook, onEdit, onChanged, still }) {
	const [open, setOpen] = useState(null);
	const [run, busy] = useWork();
	const close = () => {
		setOpen(null);
		still.current = gone.current;
	};
	const gone = useRef(false);
	const turn = () =>
		run(async () => {
			await call(
				'POST',
				`hooks/${hook._id}/${
					hook.enabled ? 'disable' : 'enable'
				}`
			);
			say(
				hook.enabled
					? 'Disabled: deliveries are held.'
					: 'Enabled: held deliveries are sent.'
			);
			await onChanged();
		});
	const remove = async () => {
		await call('DELETE', `hooks/${hook._id}`);
		gone.current = true;
		say('The hook was deleted.');
		go('hooks');
	};
	return html`<${Button} kind="primary" icon="bolt"
			onClick=${() => setOpen('ping')}>Ping<//>
		<${Button} icon="again" onClick=${() => setOpen('replay')}>Replay<//>
		<${Button} onClick=${onEdit}>Edit<//>
		<${Button} busy=${busy} onClick=${turn}>${
			hook.enabled ? 'Disable' : 'Enable'
		}<//>
		<${Button} kind="danger-ghost"
			onClick=${() => {
				still.current = true;
				setOpen('delete');
			}}>Delete<//>
		${open === 'ping' && html`<${Ping} hook=${hook} onClose=${close} />`}
		${
			open === 'replay' &&
			html`<${Replay} hook=${hook}
			onClose=${close} />`
		}
		${
			open === 'delete' &&
			html`<${Confirm} title="Delete this hook?"
			verb="Delete" work=${remove} onClose=${close}>
			<p><${Text} of=${hookName(hook)} /></p>
			<p>Undelivered notifications are cancelled, and the secret is lost.
			This cannot be undone. To pause the hook, disable it instead.</p><//>`
		}`;
}

function Health({ stats }) {
	if (!stats.data)
		return html`<${Loaded} from=${stats} rows=${3}>${() => null}<//>`;
	const { points } = stats.data;
	return html`<div class="columns columns-even">
		<${Card} title="Last 24 hours"><${Counts} points=${points} /><//>
		<${Card} title="Duration of a request"><${Quantiles} points=${points}
			of="duration" label="Duration of a request, over time" /><//></div>`;
}

function Recent({ hook }) {
	const list = useGet('deliveries', {
		query: { hook: hook._id, limit: 6 },
		every: 4000,
	});
	return html`<${Card} class="card-flush" title="Recent deliveries"
		aside=${html`<a href=${href('deliveries', { hook: hook._id })}>All
		deliveries</a>`}><${Loaded} from=${list} rows=${3}>${(data) =>
			data.length
				? html`<${DeliveryRows} list=${data} bare />`
				: html`<p class="none muted">No deliveries yet.</p>`}<//><//>`;
}

export function Hook({ id }) {
	// A hook that is being deleted is not asked for.
	const still = useRef(false);
	const every = 5000;
	const hook = useGet(`hooks/${id}`, { every, still });
	const stats = useGet('stats', { query: { hook: id }, every, still });
	// As it was read when the dialog was opened.
	const [edited, setEdited] = useState(null);
	const health = stats.data?.hooks[0];
	const changed = () => Promise.all([hook.reload(), stats.reload()]);
	if (!hook.data)
		return html`<${Awaited} title="Hook"
			back=${['#/hooks', 'Hooks']} from=${hook} />`;
	const { data } = hook;
	return html`<${Page} back=${['#/hooks', 'Hooks']}
		title=${html`<${Text} of=${hookName(data)} />`}
		lead=${html`<${Pill} state=${data.state.is} /> <${Standing}
			state=${{ is: data.state.is, since: data.state.since }} />`}
		actions=${
			may('manage') &&
			html`<${Actions} hook=${data}
			onEdit=${() => setEdited(hook)} onChanged=${changed}
			still=${still} />`
		}>
		<${Headline} hook=${data} due=${health?.due}
			onChanged=${changed} />
		<${Health} stats=${stats} />
		<div class="columns"><div class="stack"><${Recent} hook=${data} />
		<${Verify} hook=${data} /></div>
		<div class="stack"><${HookFacts} hook=${data} />
		${may('manage') && html`<${Secret} hook=${data} />`}</div></div>
		${
			edited &&
			html`<${HookDialog} hook=${edited.data} etag=${edited.etag}
			onClose=${() => setEdited(null)} onSaved=${changed} />`
		}<//>`;
}
