/* SPDX-License-Identifier: MIT */
/*
 * One delivery: its attempts, with the request and the answer of the chosen one
 * side by side. Also the ping, a delivery that is watched.
 */
import { useEffect, useState } from './vendor/hooks.js';
import { call, may, useGet } from './api.js';
import { bodyOf, curlOf, headersOf, inBatch } from './curl.js';
import { brief, many, span, time, useSettings } from './format.js';
import { href } from './route.js';
import { isJson } from './json.js';
import { Next, Outcome } from './page_deliveries.js';
import { hookName } from './page_hooks.js';
import { canTry, TryNow } from './standing.js';
import {
	Awaited,
	Banner,
	Button,
	Card,
	Code,
	Copy,
	Dialog,
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
	Trouble,
	useWork,
} from './ui.js';

/* A ping is one attempt; a sender looks for work every few milliseconds. */
const PING_POLL_MS = 400,
	PING_SLOW_MS = 8000;
/* A moment that is as good as now, by clocks that differ. */
const SOON_MS = 5000;

/* ---- an attempt ---- */

/* The parts of a request: curl counts the end of each from the start. */
function phases({ dns, connect, tls, firstByte, total }) {
	const marks = [
		['Name', dns],
		['Connect', connect],
		['TLS', tls],
		['Waiting', firstByte],
		['Answer', total],
	];
	let before = 0;
	return marks.flatMap(([name, at]) => {
		if (!at || at <= before) return [];
		const part = [name, at - before];
		before = at;
		return [part];
	});
}

function Phases({ attempt }) {
	const parts = phases(attempt.timings);
	const total = attempt.timings.total || 1;
	if (!parts.length) return null;
	return html`<div class="phases"><div class="phase-bar"
		aria-hidden="true">${parts.map(
			([name, ms]) => html`<i key=${name}
		class="phase phase-${name.toLowerCase()}"
		style=${{ width: `${(100 * ms) / total}%` }}></i>`
		)}</div>
		<ul class="phase-names">${parts.map(
			([name, ms]) => html`<li
			key=${name}><i class="key phase-${name.toLowerCase()}"></i>${
				name
			} <b>${span(ms)}</b></li>`
		)}</ul></div>`;
}

function attemptWord(attempt) {
	if (attempt.status) return `${attempt.status}`;
	return attempt.error ? attempt.error.replaceAll('_', ' ') : 'no answer';
}

function good(attempt) {
	return !attempt.error && attempt.status >= 200 && attempt.status < 300;
}

function Timeline({ attempts, chosen, onChoose, delivery }) {
	return html`<ol class="timeline">${attempts.map(
		(attempt, i) => html`
		<li key=${attempt.attempt}><button type="button"
			class="moment moment-${good(attempt) ? 'good' : 'bad'}"
			aria-current=${i === chosen ? 'true' : undefined}
			onClick=${() => onChoose(i)}>
			<span class="moment-title">Attempt ${attempt.attempt}
				<b>${attemptWord(attempt)}</b></span>
			<span class="muted"><${Time} at=${attempt.startedAt}
				/> ·${' '}${span(attempt.duration)}</span></button></li>`
	)}
		${
			delivery.nextAttemptAt &&
			delivery.state === 'pending' &&
			html`
		<li><div class="moment moment-next"><span class="moment-title">
			Next attempt</span><span class="muted"><${Next}
			at=${delivery.nextAttemptAt} /></span></div></li>`
		}</ol>`;
}

/* A text, laid out if it is JSON; base64 stands for other bytes. */
function Body({ text, encoding, label, shape, none }) {
	if (text == null || text === '')
		return html`<p class="muted">${none}</p>`;
	if (encoding === 'base64') {
		return html`<p class="muted">Bytes that are not text, as base64:</p>
			<${Code} label=${label} text=${text} wrap />`;
	}
	return html`<${Code} label=${label} text=${text} wrap=${
		shape === 'raw' || !isJson(text)
	} formatted=${shape === 'formatted'} />`;
}

function headText(lines) {
	return lines.map(([name, value]) => `${name}: ${value}`).join('\n');
}

/* `source`: { text } of the notification, or its error. */
function Sent({ delivery, attempt, hook, source, shape }) {
	const body = bodyOf(delivery, source.text);
	return html`<section class="side-by"><h3>Request</h3>
		<p class="request-line"><b>POST</b> <${Text}
			of=${hook?.target_url ?? 'a hook that was deleted'} /></p>
		<${Code} label="Request headers" wrap
			text=${headText(headersOf(delivery, attempt, hook))} />
		${
			inBatch(delivery) &&
			html`<p class="muted">It was sent in a batch, under the batch's
			<code>webhook-id</code>. Its part of the body:</p>`
		}
		<${Body} label="Request body" text=${body} shape=${shape}
			none="The notification is no longer kept." /></section>`;
}

const WITHHELD = {
	own_address:
		'Headers and body are not kept: the answer came from an address of the service’s own host.',
	erased: 'Headers and body are gone: the user was erased.',
	max_stored: 'Headers and body are not kept: the organization has stored more than half of what it may.',
};

/* The text in place of a body. */
function noBody(attempt) {
	if (attempt.withheld) {
		return WITHHELD[attempt.withheldReason];
	}
	return attempt.status
		? 'The answer has no body.'
		: 'There is no answer.';
}

function Answer({ attempt, shape }) {
	const { response } = attempt;
	return html`<section class="side-by"><h3>Answer</h3>
		<p class="request-line"><b class=${
			good(attempt) ? 'tone-good' : 'tone-bad'
		}>${attempt.status ?? 'None'}</b> ${attempt.errorText}</p>
		${
			response.headers &&
			html`<${Code} label="Answer headers" wrap
			text=${response.headers.replaceAll('\r\n', '\n').trimEnd()} />`
		}
		<${Body} label="Answer body" text=${response.body} shape=${shape}
			encoding=${response.bodyEncoding}
			none=${noBody(attempt)} />
		${
			response.truncated &&
			html`<p class="muted">It is longer${
				response.length === null
					? ''
					: `: ${response.length} bytes`
			}. Only the beginning is kept.</p>`
		}</section>`;
}

function Attempt({ delivery, attempt, hook, source }) {
	const [shape, setShape] = useState('formatted');
	return html`<div class="attempt"><div class="attempt-head">
		<${Facts} of=${[
			[
				'Started',
				html`<${Time} at=${attempt.startedAt} as="full" />`,
			],
			['Took', span(attempt.duration)],
			['Address', attempt.remoteAddress ?? '–'],
			['TLS', attempt.tlsVersion ?? 'none'],
		]} />
		<${Segments} label="How bodies are shown" of=${SHAPES} value=${shape}
			onChange=${setShape} /></div>
		<${Phases} attempt=${attempt} />
		<div class="two-sides"><${Sent} ...${{
			delivery,
			attempt,
			hook,
			source,
			shape,
		}} /><${Answer} attempt=${attempt} shape=${shape} /></div></div>`;
}

/* ---- the page ---- */

function DeliveryFacts({ delivery, hook }) {
	useSettings();
	return html`<${Card} title="Details"><${Facts} of=${[
		[
			'Hook',
			html`<a href=${href(`hooks/${delivery.hook}`)}><${Text}
			of=${hookName(hook, delivery.hook)} /></a>`,
		],
		[
			'Notification',
			html`<a
			href=${href(`notifications/${delivery.notification}`)}><${Mono}
			of=${delivery.notification} /></a>`,
		],
		delivery.user && [
			'User',
			html`<${Mono} of=${delivery.user} />`,
		],
		[
			'Created',
			html`${[
				...new Set(
					[false, true].map((utc) =>
						time(
							delivery.createdAt,
							'full',
							utc
						)
					)
				),
			].map(
				(text) => html`<div
			key=${text}>${text}</div>`
			)}`,
		],
		[
			'Finished',
			html`<${Time} at=${delivery.finishedAt} as="full" />`,
		],
		[
			'webhook-id',
			html`<${Mono} of=${delivery.webhookId} /> <${Copy}
			text=${delivery.webhookId} />`,
		],
		[
			'Possible duplicate',
			delivery.maybeDuplicate
				? 'yes: an answer was lost'
				: 'no',
		],
	]} /><//>`;
}

/* The result of a redelivery. `before`: the delivery as it was. */
function goesWhen({ nextAttemptAt }, before, hook) {
	const when =
		Date.parse(nextAttemptAt) > Date.now() + SOON_MS
			? `It goes at ${brief(nextAttemptAt)}`
			: hook.ordered && before.state !== 'pending'
				? 'It goes after those that wait'
				: 'It goes now';
	return `${when}, with the same webhook-id.`;
}

function DeliveryActions({ delivery, hook, source, onChanged }) {
	const [run, busy] = useWork();
	const again = () =>
		run(async () => {
			const { data } = await call(
				'POST',
				`deliveries/${delivery._id}/redeliver`
			);
			say(goesWhen(data, delivery, hook));
			await onChanged();
		});
	const curl = () => {
		const body = bodyOf(delivery, source.text);
		if (!body)
			throw new Error('The notification is no longer kept.');
		return curlOf(delivery, hook, body);
	};
	return html`${
		hook &&
		source.text &&
		html`<${Copy} kind="plain"
			text=${curl}>Copy as curl<//>`
	}
		${
			may('manage') &&
			hook &&
			html`<${Button} kind="primary"
			icon="again" busy=${busy} onClick=${again}>Redeliver<//>`
		}`;
}

/* `before`: the limit of the shown numbers, or nothing; `next`: the limit of
 * the earlier page. */
function OtherAttempts({ attempts, before, next, onTurn }) {
	if (!before && !next) return null;
	return html`<footer class="list-foot"><span class="muted" role="status">
		Attempts ${attempts[0].attempt} to ${attempts.at(-1).attempt}</span>
		${next && html`<${Button} onClick=${() => onTurn(next)}>Earlier<//>`}
		${before && html`<${Button} onClick=${() => onTurn(null)}>Newest<//>`}
		</footer>`;
}

function Attempts({ delivery, hook, source, ...turn }) {
	const { attempts } = delivery;
	const [picked, setPicked] = useState(null);
	const chosen = picked ?? attempts.length - 1;
	if (!attempts.length) {
		return html`<${Card} title="Attempts"><p class="muted">${
			delivery.state === 'pending'
				? 'None yet. The sender makes the first one when it is due.'
				: 'No attempt was made.'
		}</p><//>`;
	}
	return html`<${Card} title=${many(delivery.attemptCount, 'attempt')}>
		<${OtherAttempts} attempts=${attempts} ...${turn} />
		<div class="attempts"><${Timeline} attempts=${attempts}
			chosen=${chosen} onChoose=${setPicked} delivery=${delivery} />
		<${Attempt} delivery=${delivery} attempt=${attempts[chosen]}
			hook=${hook} source=${source} key=${chosen} /></div><//>`;
}

export function Delivery({ id }) {
	const [every, setEvery] = useState(2000);
	const [before, setBefore] = useState(null);
	const from = useGet(`deliveries/${id}`, { every, query: { before } });
	const { data } = from;
	const hook = useGet(`hooks/${data?.hook}`, { skip: !data });
	const source = useGet(`notifications/${data?.notification}`, {
		skip: !data,
	});
	const waits =
		!data || data.state === 'pending' || data.state === 'held';
	useEffect(() => setEvery(waits ? 2000 : 15000), [waits]);
	const back = ['#/deliveries', 'Deliveries'];
	if (!data)
		return html`<${Awaited} title="Delivery" back=${back}
			from=${from} />`;
	return html`<${Page} back=${back} title=${html`<${Text}
			of=${data.action} />`}
		lead=${html`<${Outcome} delivery=${data} /> ${
			data.reason && html`<${Text} of=${data.reason} />`
		}`}
		actions=${html`<${DeliveryActions} delivery=${data}
			hook=${hook.data} source=${source} onChanged=${from.reload} />`}>
		${from.error && html`<${Trouble} error=${from.error} />`}
		<${Attempts} delivery=${data} hook=${hook.data} source=${source}
			before=${before} next=${from.next} onTurn=${setBefore}
			key=${before} />
		<${DeliveryFacts} delivery=${data} hook=${hook.data} /><//>`;
}

/* ---- ping ---- */

/* The delivery of the ping in its current state; { error } if that fails. */
function usePing(hook) {
	const [state, setState] = useState({});
	useEffect(() => {
		let wanted = true;
		const begun = Date.now();
		const look = async (id) => {
			const { data } = await call('GET', `deliveries/${id}`);
			if (!wanted) return;
			setState({
				delivery: data,
				slow: Date.now() - begun > PING_SLOW_MS,
			});
			if (data.state === 'pending')
				setTimeout(
					() => look(id).catch(fail),
					PING_POLL_MS
				);
		};
		const fail = (error) =>
			wanted && setState((old) => ({ ...old, error }));
		call('POST', `hooks/${hook._id}/ping`)
			.then(({ data }) => look(data._id))
			.catch(fail);
		return () => {
			wanted = false;
		};
	}, []);
	return state;
}

function PingAnswer({ delivery, hook, onTried }) {
	const attempt = delivery.attempts.at(-1);
	if (!attempt) return null;
	return html`<p><${Pill} state=${delivery.state}
		/> after${' '}${span(attempt.duration)}, from ${
			attempt.remoteAddress ?? 'no address'
		}</p><${Phases} attempt=${attempt} />
		<${Answer} attempt=${attempt} shape="formatted" />
		<p><a href=${href(`deliveries/${delivery._id}`)}>Everything about
		this ping</a></p>
		${
			delivery.state === 'delivered' &&
			canTry(hook) &&
			html`<${Banner}>The target answers again. What waited for it can go
			now.${' '}<${TryNow} hook=${hook} label="Send what waits"
			onDone=${onTried} /><//>`
		}`;
}

export function Ping({ hook, onClose }) {
	// A ping that arrives ends the failure, and yet deliveries wait.
	const [before] = useState(hook);
	const { delivery, slow, error } = usePing(hook);
	const waits = !error && (!delivery || delivery.state === 'pending');
	return html`<${Dialog} title="Ping" onClose=${onClose}>
		<p class="muted"><${Text} of=${hook.target_url} /></p>
		<div class="stack" aria-live="polite">${
			waits &&
			html`<p class="waiting"><span
			class="spinner" aria-hidden="true"></span>${
				delivery
					? 'Waiting for the sender and the answer…'
					: 'Creating the ping…'
			}</p>`
		}
		${
			waits &&
			slow &&
			html`<${Banner} tone="warn">This takes long. Either
			the receiver is slow, or no sender is running: see the${' '}
			<a href="#/overview">overview</a>.<//>`
		}
		${error && html`<${Trouble} error=${error} />`}
		${
			delivery &&
			html`<${PingAnswer} delivery=${delivery}
			hook=${before} onTried=${onClose} />`
		}</div>
		<footer class="dialog-foot"><${Button} kind="primary"
			onClick=${onClose}>${waits ? 'Close' : 'Done'}<//></footer><//>`;
}
