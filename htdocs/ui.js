/* SPDX-License-Identifier: MIT */
/*
 * The parts of the pages. Everything written by a stranger goes through Text or
 * Code: as text, with invisible and reversing characters spelled out.
 */
import { h, Fragment } from './vendor/preact.js';
import { useEffect, useId, useRef, useState } from './vendor/hooks.js';
import htm from './vendor/htm.js';
import { ago, brief, time, useSettings } from './format.js';
import { layOut } from './json.js';

export const html = htm.bind(h);

/* ---- text of strangers ---- */

// Controls, format characters (bidi, zero width), lone surrogates, line
// separators, letters that look blank.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]/u;
const NAMES = {
	0: 'NUL',
	8: 'BS',
	9: 'TAB',
	10: 'LF',
	13: 'CR',
	27: 'ESC',
	127: 'DEL',
	0x200b: 'ZWSP',
	0x200e: 'LRM',
	0x200f: 'RLM',
	0x202a: 'LRE',
	0x202b: 'RLE',
	0x202c: 'PDF',
	0x202d: 'LRO',
	0x202e: 'RLO',
	0x2066: 'LRI',
	0x2067: 'RLI',
	0x2068: 'FSI',
	0x2069: 'PDI',
	0xfeff: 'BOM',
};

function spelled(character) {
	const point = character.codePointAt(0);
	const number = `U+${point.toString(16).toUpperCase().padStart(4, '0')}`;
	return html`<span class="unseen" title=${number}>${
		NAMES[point] ?? number
	}</span>`;
}

/* `keep`: characters that are not spelled out here. */
function parts(text, keep) {
	const out = [];
	let plain = '';
	for (const character of text) {
		if (!UNSEEN.test(character) || keep.includes(character)) {
			plain += character;
			continue;
		}
		out.push(plain, spelled(character));
		plain = '';
	}
	return [...out, plain];
}

/* One line, in its own direction. */
export function Text({ of, class: name }) {
	return html`<bdi class="text ${name}">${parts(String(of ?? ''), '')}</bdi>`;
}

/* An id or another exact word. */
export function Mono({ of }) {
	return html`<code class="mono"><${Text} of=${of} /></code>`;
}

/* How a block of text may be shown. */
export const SHAPES = { formatted: 'Formatted', raw: 'Raw' };

/* A block of text; if it is JSON and `formatted`, laid out and coloured. */
export function Code({ text, label, formatted, wrap }) {
	const tokens = formatted && layOut(text);
	return html`<pre class="code ${wrap && 'code-wrap'}" tabindex="0"
		role="region" aria-label=${label}><code>${
			tokens
				? tokens.map(({ kind, text: token }) =>
						kind === 'blank'
							? token
							: html`<span class="json-${kind}">${parts(token, '')}</span>`
					)
				: parts(text, '\n\t')
		}</code></pre>`;
}

/* ---- small parts ---- */

const ICONS = {
	overview: 'M2 13h12M4 10.5V7m4 3.5V3m4 7.5V5.5',
	hooks: 'M5 3v5.5a3.5 3.5 0 0 0 7 0V7M9.5 9.5 12 7l2.5 2.5M5 3h.01',
	deliveries: 'M2 8 14 2.5 10.5 14 7.5 9.5 2 8Zm5.5 1.5L14 2.5',
	notifications: 'M3 4h10M3 8h10M3 12h6',
	actions: 'M2.5 4h2m2 0h7M2.5 8h2m2 0h7M2.5 12h2m2 0h7',
	publish: 'M8 10.5V2.5M4.5 6 8 2.5 11.5 6M2.5 10.5v3h11v-3',
	reference: 'M3 3h4.5v10H3zM7.5 3H13v10H7.5',
	menu: 'M2 4.5h12M2 8h12M2 11.5h12',
	close: 'm4 4 8 8m0-8-8 8',
	copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
	check: 'm3 8.5 3.5 3.5L13 4.5',
	plus: 'M8 3v10M3 8h10',
	sun:
		'M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6Z' +
		'M8 1.5v1M8 13.5v1M1.5 8h1M13.5 8h1M3.4 3.4l.7.7' +
		'M11.9 11.9l.7.7M3.4 12.6l.7-.7M11.9 4.1l.7-.7',
	clock: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2Zm0 2.5V8l2.5 1.5',
	out: 'M9.5 2.5H3v11h6.5M6.5 8H14m-2.5-2.5L14 8l-2.5 2.5',
	back: 'M13 8H3m4-4L3 8l4 4',
	again: 'M13 8A5 5 0 1 1 11.5 4.5L13 6m0-3.5V6H9.5',
	bolt: 'M9 1.5 3 9.5h4.5L7 14.5l6-8H8.5Z',
	warn: 'M8 2 1.5 13.5h13ZM8 6.5v3M8 11.5h.01',
};

export function Icon({ name }) {
	return html`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
		<path d=${ICONS[name]} /></svg>`;
}

/* A moment; its title has the other zone, too. */
export function Time({ at, as = 'brief' }) {
	const { utc } = useSettings();
	if (!at) return html`<span class="muted">–</span>`;
	const shown =
		as === 'brief'
			? brief(at)
			: as === 'ago'
				? ago(at)
				: time(at, as);
	const title = `${time(at, 'full', utc)}\n${time(at, 'full', !utc)}`;
	return html`<time datetime=${at} title=${title}>${shown}</time>`;
}

const TONES = {
	delivered: 'good',
	healthy: 'good',
	fanned_out: 'good',
	enabled: 'good',
	pending: 'info',
	queued: 'info',
	retrying: 'warn',
	suspended: 'warn',
	blocked: 'warn',
	put_off: 'warn',
	held: 'warn',
	failed: 'bad',
	rejected: 'bad',
	disabled: 'off',
	cancelled: 'off',
	unmatched: 'off',
	scheduled: 'info',
	replaced: 'off',
};

export function words(state) {
	const text = String(state).replaceAll('_', ' ');
	return text[0]?.toUpperCase() + text.slice(1);
}

export function Pill({ state, label }) {
	return html`<span class="pill pill-${TONES[state] ?? 'off'}"><i></i>${
		label ?? words(state)
	}</span>`;
}

export function Button({ icon, kind = 'plain', busy, children, ...rest }) {
	return html`<button type="button" class="button button-${kind}"
		aria-busy=${busy ? 'true' : undefined}
		disabled=${Boolean(busy)} ...${rest}>${
			busy
				? html`<span class="spinner" aria-hidden="true"></span>`
				: icon && html`<${Icon} name=${icon} />`
		}${children}</button>`;
}

/* Several choices, one of which is chosen: { value: label }. */
export function Segments({ label, value, of, onChange }) {
	const choices = Object.entries(of);
	return html`<div class="segments" role="group"
		aria-label=${label}>${choices.map(
			([key, text]) => html`<button
			type="button" key=${key}
			aria-pressed=${String(key === value)}
			onClick=${() => onChange(key)}>${text}</button>`
		)}</div>`;
}

async function toClipboard(text) {
	try {
		await navigator.clipboard.writeText(text);
		return true;
	} catch {
		// Without https only the old way works.
		const area = document.createElement('textarea');
		area.value = text;
		area.className = 'sr-only';
		(
			document.querySelector('dialog[open]') ?? document.body
		).append(area);
		area.select();
		const done = document.execCommand('copy');
		area.remove();
		return done;
	}
}

/* `text` may be a function, which may be asynchronous. */
export function Copy({ text, children = 'Copy', kind = 'ghost' }) {
	const [busy, setBusy] = useState(false);
	const copy = async () => {
		setBusy(true);
		try {
			const copied = await toClipboard(
				typeof text === 'function' ? await text() : text
			);
			say(
				copied
					? 'Copied.'
					: 'The browser forbids copying.'
			);
		} catch (error) {
			say(error.message, 'bad');
		}
		setBusy(false);
	};
	return html`<${Button} icon="copy" kind=${kind} busy=${busy}
		onClick=${copy}>${children}<//>`;
}

/* ---- messages: one line at the foot, read aloud ---- */

let speak = () => {};

export function say(text, tone = 'good') {
	speak({ text, tone });
}

export function Sayings() {
	const [said, setSaid] = useState(null);
	speak = setSaid;
	useEffect(() => {
		const timer = said && setTimeout(() => setSaid(null), 6000);
		return () => clearTimeout(timer);
	}, [said]);
	return html`<div class="sayings" role="status" aria-live="polite">${
		said &&
		html`<p class="saying saying-${said.tone}"><${Icon}
			name=${said.tone === 'good' ? 'check' : 'warn'} />${said.text}</p>`
	}</div>`;
}

/* ---- states of a page ---- */

export function Banner({ tone = 'info', title, children }) {
	return html`<div class="banner banner-${tone}"
		role=${tone === 'bad' ? 'alert' : undefined}>
		<${Icon} name=${tone === 'info' ? 'clock' : 'warn'} />
		<div>${title && html`<strong>${title}</strong>`} ${children}</div>
	</div>`;
}

/* The error in words, and the remedy. `fields`: with the errors of fields that
 * nothing else shows. */
export function Trouble({ error, onRetry, fields }) {
	const title =
		{
			0: 'No connection',
			403: 'Not allowed',
			404: 'Not found',
			503: 'Not available now',
		}[error.status] ?? 'That did not work';
	return html`<${Banner} tone="bad" title=${title}>
		<span>${error.message}</span>
		${
			fields &&
			error.errors?.map(
				(e) =>
					html`<span key=${e.pointer}
					>${e.pointer.slice(1)} ${e.detail}.</span>`
			)
		}
		${
			onRetry &&
			error.status !== 403 &&
			error.status !== 404 &&
			html`
			<${Button} kind="ghost" icon="again"
				onClick=${onRetry}>Try again<//>`
		}
	<//>`;
}

export function Empty({ title, children, icon = 'hooks' }) {
	return html`<div class="empty"><span class="empty-icon"><${Icon}
		name=${icon} /></span><h2>${title}</h2>
		<p class="muted">${children}</p></div>`;
}

export function Skeleton({ rows = 6 }) {
	return html`<div class="skeleton-rows" role="status">
		<span class="sr-only">Loading</span>${Array.from(
			{ length: rows },
			(_, i) => html`<div key=${i}
		class="skeleton skeleton-row"></div>`
		)}</div>`;
}

/* Loading, an error, or the result of `children` for the data. */
export function Loaded({ from, rows, children }) {
	if (from.loading) return html`<${Skeleton} rows=${rows} />`;
	if (from.data === undefined)
		return html`<${Trouble} error=${from.error}
			onRetry=${from.reload} />`;
	return html`<${Fragment}>${
		from.error &&
		html`<${Banner} tone="warn"
		title="Not up to date.">${from.error.message}<//>`
	}${children(from.data)}<//>`;
}

/* A component that is fetched when first needed. */
export function later(load, name) {
	return function Later(props) {
		const [found, setFound] = useState({});
		useEffect(() => {
			load()
				.then((module) =>
					setFound({ View: module[name] })
				)
				.catch((error) => setFound({ error }));
		}, []);
		if (found.error) {
			return html`<${Trouble} error=${found.error}
				onRetry=${() => location.reload()} />`;
		}
		return found.View
			? html`<${found.View} ...${props} />`
			: html`<${Skeleton} />`;
	};
}

/* ---- pages, forms, dialogs ---- */

export function Page({ title, lead, actions, back, children }) {
	const head = useRef();
	// The name of a tab, and of a place in its history.
	useEffect(() => {
		document.title = `${head.current.textContent} · vyte-hooks`;
	});
	return html`<div class="page"><header class="page-head">
		<div class="page-title">
		${
			back &&
			html`<a class="back" href=${back[0]}><${Icon}
			name="back" />${back[1]}</a>`
		}
		<h1 tabindex="-1" ref=${head}>${title}</h1>
		${lead && html`<p class="muted">${lead}</p>`}</div>
		<div class="actions">${actions}</div></header>${children}</div>`;
}

/* The page of one thing while that is not there: loading, or an error. */
export function Awaited({ title, back, from }) {
	return html`<${Page} title=${title} back=${back}>
		<${Loaded} from=${from}>${() => null}<//><//>`;
}

export function Card({ title, aside, children, class: name = '' }) {
	const id = useId();
	return html`<section class="card ${name}" aria-labelledby=${
		title ? id : undefined
	}>${
		title &&
		html`<header class="card-head">
		<h2 id=${id}>${title}</h2>${aside}</header>`
	}${children}</section>`;
}

/* A label, its control (`children` gets the attributes), hint and error. */
export function Field({ label, hint, error, children, optional }) {
	const id = useId();
	const about = [hint && `${id}h`, error && `${id}e`].filter(Boolean);
	return html`<div class="field ${error && 'field-bad'}">
		<label for=${id}>${label}${
			optional &&
			html`
			<span class="muted"> optional</span>`
		}</label>
		${children({
			id,
			'aria-describedby': about.join(' ') || undefined,
			'aria-invalid': error ? 'true' : undefined,
		})}
		${hint && html`<p class="hint" id=${`${id}h`}>${hint}</p>`}
		${error && html`<p class="field-error" id=${`${id}e`}>${error}</p>`}</div>`;
}

/* [[value, label]] or { group: [[value, label]] }. */
export function Options({ of, value }) {
	const one = ([key, label]) => html`<option key=${key} value=${key}
		selected=${key === value}>${label}</option>`;
	return Array.isArray(of)
		? of.map(one)
		: Object.entries(of).map(
				([group, list]) => html`<optgroup
			key=${group} label=${group}>${list.map(one)}</optgroup>`
			);
}

export function Facts({ of }) {
	return html`<dl class="facts">${of
		.filter(Boolean)
		.map(
			([name, value]) =>
				html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`
		)}</dl>`;
}

export function Dialog({ title, onClose, wide, children }) {
	const ref = useRef();
	const id = useId();
	useEffect(() => {
		const before = document.activeElement;
		ref.current.showModal();
		return () => before?.isConnected && before.focus();
	}, []);
	return html`<dialog ref=${ref} class="dialog ${wide && 'dialog-wide'}"
		aria-labelledby=${id} onClose=${onClose}>
		<header class="dialog-head"><h2 id=${id}>${title}</h2>
		<button type="button" class="button button-ghost button-icon"
			aria-label="Close" onClick=${() => ref.current.close()}>
			<${Icon} name="close" /></button></header>
		<div class="dialog-body">${children}</div></dialog>`;
}

/* Does `work` after confirmation; shows its error. */
export function Confirm({ title, verb, children, work, onClose }) {
	const [busy, setBusy] = useState(false);
	const [error, setError] = useState(null);
	const sure = async () => {
		setBusy(true);
		try {
			await work();
			onClose();
		} catch (trouble) {
			setError(trouble);
			setBusy(false);
		}
	};
	return html`<${Dialog} title=${title} onClose=${onClose}>
		${children}
		${error && html`<${Trouble} error=${error} />`}
		<footer class="dialog-foot">
		<${Button} onClick=${onClose}>Cancel<//>
		<${Button} kind="danger" busy=${busy} onClick=${sure}>${verb}<//>
		</footer><//>`;
}

/* Runs asynchronous work once at a time: [run, busy]. Errors become messages. */
export function useWork() {
	const [busy, setBusy] = useState(false);
	const run = async (work) => {
		setBusy(true);
		try {
			await work();
		} catch (error) {
			say(error.message, 'bad');
		}
		setBusy(false);
	};
	return [run, busy];
}
