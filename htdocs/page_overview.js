/* SPDX-License-Identifier: MIT */
/*
 * Overview: is all well? If not, what needs attention?
 */
import { useState } from './vendor/hooks.js';
import { call, may, useGet } from './api.js';
import { Counts, Quantiles } from './chart.js';
import { ago, count, many, percent, span } from './format.js';
import { href, narrow } from './route.js';
import { hookName } from './page_hooks.js';
import { Standing } from './standing.js';
import {
	Banner,
	Button,
	Card,
	Empty,
	html,
	Icon,
	Loaded,
	Page,
	Pill,
	say,
	Segments,
	Text,
	Time,
	useWork,
} from './ui.js';

const RANGES = { '1h': 'Hour', '24h': 'Day', '7d': 'Week', '30d': 'Month' };
const HOURS = { '1h': 1, '24h': 24, '7d': 168, '30d': 720 };
/* Cron starts a sender every minute; on some hosts every 15. */
const DEAD_MS = 16 * 60e3;

/* The beginning of a range, the same within a minute so that requests repeat. */
function sinceOf(range) {
	return new Date(
		Math.floor(Date.now() / 60e3) * 60e3 -
			(HOURS[range] ?? 24) * 3600e3
	).toISOString();
}

/* ---- the sender ---- */

/* 'never', 'alive', 'quiet' or 'dead', by the server's clock. */
function senderState({ sender, until }) {
	if (!sender) return 'never';
	const away = Date.parse(until) - Date.parse(sender.seenAt);
	if (sender.alive) return 'alive';
	return away < DEAD_MS ? 'quiet' : 'dead';
}

function SenderWarning({ stats, onStarted }) {
	const [run, busy] = useWork();
	const state = senderState(stats);
	if (state === 'alive') return null;
	const start = () =>
		run(async () => {
			const { data } = await call('POST', 'run');
			say(
				data.started
					? 'A sender was started.'
					: 'One was started just now.'
			);
			setTimeout(onStarted, 1500);
		});
	const away = Date.parse(stats.until) - Date.parse(stats.sender?.seenAt);
	return html`<${Banner} tone=${state === 'quiet' ? 'warn' : 'bad'}
		title=${
			state === 'never'
				? 'No sender has ever run.'
				: `No sender has run for ${span(away)}.`
		}>
		<span>Until one runs, nothing is delivered, and nothing is lost. ${
			state === 'quiet'
				? 'Cron may be late, or may start the sender rarely.'
				: 'Cron seems not to run it: check hooks-send in the crontab.'
		}</span>${
			may('manage') &&
			html`<${Button} icon="bolt" busy=${busy}
		onClick=${start}>Start one now<//>`
		}<//>`;
}

/* ---- tiles ---- */

function Tile({ name, value, note, tone, link }) {
	const body = html`<span class="tile-name">${name}</span>
		<span class="tile-value ${tone ? `tone-${tone}` : ''}">${value}</span>
		<span class="tile-note">${note}</span>`;
	return link
		? html`<a class="tile" href=${link}>${body}</a>`
		: html`<div class="tile">${body}</div>`;
}

function sum(points, name) {
	return points.reduce((total, point) => total + (point[name] ?? 0), 0);
}

/* Of the last point with deliveries: quantiles cannot be added up. */
function latest(points, of) {
	return points.findLast((p) => p[of]?.p50 != null)?.[of];
}

function Tiles({ stats, since }) {
	const { points, queue, until } = stats;
	const delivered = sum(points, 'delivered');
	const failed = sum(points, 'failed');
	const latency = latest(points, 'latency');
	const oldest =
		queue.oldestDueAt &&
		Math.max(0, Date.parse(until) - Date.parse(queue.oldestDueAt));
	return html`<div class="tiles">
		<${Tile} name="Delivered" value=${count(delivered)}
			note=${`${percent(delivered, delivered + failed)} of finished ones`}
			link=${href('deliveries', { state: 'delivered', since })} />
		<${Tile} name="Failed" value=${count(failed)}
			tone=${failed > 0 && 'bad'}
			note=${`${many(sum(points, 'failedAttempts'), 'attempt')} failed`}
			link=${href('deliveries', { state: 'failed', since })} />
		<${Tile} name="Half delivered within" value=${span(latency?.p50)}
			note=${`lately; 99 % within ${span(latency?.p99)}`} />
		<${Tile} name="Waiting" tone=${oldest > 300e3 && 'warn'}
			value=${count(queue.due + queue.waiting + queue.queued)}
			note=${oldest ? `oldest due for ${span(oldest)}` : 'nothing is overdue'}
			link=${href('deliveries', { state: 'pending' })} /></div>`;
}

function Queue({ stats }) {
	const { queue, sender } = stats;
	const rows = [
		['Due now', queue.due],
		['Waiting for a retry', queue.waiting],
		['In flight', queue.inFlight],
		['Not processed yet', queue.queued],
		['Scheduled', queue.scheduled],
		['Held', queue.held],
		['Failed', queue.failed],
	];
	return html`<${Card} title="Queue" class="card-queue"><dl class="ledger">${rows.map(
		([name, n]) =>
			html`<div key=${name}><dt>${name}</dt><dd>${count(n)}</dd></div>`
	)}
		<div><dt>Oldest due</dt><dd>${
			queue.oldestDueAt
				? html`<${Time} at=${queue.oldestDueAt} as="ago" />`
				: '–'
		}</dd></div>
		<div><dt>Sender</dt><dd>${
			sender
				? html`<${Pill}
			state=${senderState(stats) === 'alive' ? 'healthy' : 'failed'}
			label=${
				sender.alive
					? 'Running'
					: `Ran ${ago(sender.seenAt, Date.parse(stats.until))}`
			} />`
				: 'never ran'
		}</dd></div></dl><//>`;
}

/* ---- hooks that need attention ---- */

/* What failed most comes first; what somebody has disabled is left out. */
function worst(list, byId) {
	const onPurpose = (h) =>
		byId.get(h.hook)?.disabledReason?.startsWith('disabled by');
	return list
		.filter(
			(h) =>
				!onPurpose(h) &&
				(h.failedAttempts ||
					h.failed ||
					h.state !== 'healthy')
		)
		.sort((a, b) => b.failedAttempts - a.failedAttempts)
		.slice(0, 6);
}

function Hurting({ stats, hooks }) {
	const byId = new Map((hooks ?? []).map((hook) => [hook._id, hook]));
	const list = worst(stats.hooks, byId);
	return html`<${Card} title="Hooks that need attention" class="card-flush" aside=${html`<a
		href="#/hooks">All hooks</a>`}>${
		list.length === 0
			? html`<p class="calm none"><${Icon} name="check" />All hooks are healthy.</p>`
			: html`<ul class="rows">${list.map(
					(h) => html`<li key=${h.hook}><a
		class="row row-hurt" href=${href(`hooks/${h.hook}`)}>
		<span class="row-main"><${Text}
			of=${hookName(byId.get(h.hook), h.hook)} /></span>
		<${Pill} state=${byId.get(h.hook)?.state.is ?? h.state} />
		<span class="row-note">${
			byId.has(h.hook) &&
			html`<${Standing}
			state=${byId.get(h.hook).state} />. `
		}${
			h.failedAttempts || h.failed || h.due
				? `${many(h.failedAttempts, 'failed attempt')}, ` +
					`${count(h.failed)} failed for good, ${count(h.due)} due`
				: 'no failures in this time'
		}</span>
	</a></li>`
				)}</ul>`
	}<//>`;
}

/* ---- the page ---- */

function Plots({ stats }) {
	const [of, setOf] = useState('latency');
	return html`<${Card} title="Delivered and failed"><${Counts}
		points=${stats.points} /><//>
		<${Card} title="Latency" aside=${html`<${Segments}
			label="Which latency" value=${of} onChange=${setOf}
			of=${{
				latency: 'Publishing to delivered',
				duration: 'One request',
			}} />`}><${Quantiles}
			points=${stats.points} of=${of} label=${
				of === 'latency'
					? 'From publishing to delivered, over time'
					: 'Duration of a request, over time'
			} /><//>`;
}

export function Overview({ query }) {
	const range = RANGES[query.range] ? query.range : '24h';
	const since = sinceOf(range);
	const stats = useGet('stats', { query: { since }, every: 10000 });
	const hooks = useGet('hooks', { every: 30000 });
	return html`<${Page} title="Overview" actions=${html`<${Segments}
		label="Time range" value=${range} of=${RANGES}
		onChange=${(to) => narrow('overview', { range: to })} />`}>
		<${Loaded} from=${stats} rows=${8}>${(data) => html`
			<${SenderWarning} stats=${data} onStarted=${stats.reload} />
			${
				hooks.data?.length === 0 &&
				html`<${Card}><${Empty}
				title="No hooks yet">A hook is an address that is told what
				happens here. <a href="#/hooks">Create the first
				one.</a><//><//>`
			}
			<${Tiles} stats=${data} since=${since} />
			<${Plots} stats=${data} />
			<div class="columns"><${Hurting} stats=${data}
				hooks=${hooks.data} /><${Queue} stats=${data} /></div>`}<//><//>`;
}
