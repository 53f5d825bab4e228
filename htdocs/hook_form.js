/* SPDX-License-Identifier: MIT */
/*
 * Creating and editing a hook. The faults that the API finds are shown beside
 * their fields.
 */
import { useState } from './vendor/hooks.js';
import { call, useGet } from './api.js';
import { go } from './route.js';
import { Button, Dialog, Field, html, Options, say, Trouble } from './ui.js';

const NEW = {
	target_url: '',
	action: 'event.*',
	scope: 'organization',
	user: '',
	description: '',
	headers: [],
	batch_size: '1',
	rate_limit: '0',
	ordered: false,
	secret: '',
};

/* The contents of the form for a hook of the API. */
function fill(hook) {
	return {
		...NEW,
		...hook,
		user: hook.user ?? '',
		headers: Object.entries(hook.headers),
		batch_size: String(hook.batch_size),
		rate_limit: String(hook.rate_limit),
	};
}

/* A number if it is one, else the text, for the API to refuse. */
function numeric(text) {
	return /^\d+$/.test(text.trim()) ? Number(text) : text;
}

/* The members to send. */
function members(form, hook) {
	const out = {
		target_url: form.target_url.trim(),
		action: form.action,
		scope: form.scope,
		description: form.description,
		headers: Object.fromEntries(
			form.headers.filter(([name, value]) => name || value)
		),
		batch_size: numeric(form.batch_size),
		rate_limit: numeric(form.rate_limit),
		ordered: form.ordered,
	};
	if (form.scope === 'user') out.user = form.user.trim();
	if (!hook && form.secret) out.secret = form.secret.trim();
	return out;
}

/* All that a hook may name or somebody publish, and ping. */
function useCatalogue() {
	return useGet('actions').data ?? [];
}

/* Those that a notification can have: no wildcards. */
export function useActions() {
	return useCatalogue().filter((a) => a.publishable || a.operational);
}

function ActionSelect({ value, onChange, attributes }) {
	const actions = useCatalogue().filter((a) => a.hookable);
	const named = (is) =>
		actions
			.filter(is)
			.map(({ action: name }) => [
				name,
				name === '*' ? '* – everything' : name,
			]);
	const of = {
		'Several at once': named(
			(a) => !a.publishable && !a.operational
		),
		'One action': named((a) => a.publishable),
		'From the service itself': named((a) => a.operational),
	};
	// Until the catalogue is loaded, the current action must not be lost.
	if (
		!Object.values(of)
			.flat()
			.some(([action]) => action === value)
	)
		of['One action'].push([value, value]);
	return html`<select ...${attributes} value=${value}
		onChange=${(event) => onChange(event.target.value)}>
		<${Options} of=${of} value=${value} /></select>`;
}

function Headers({ of, onChange, error }) {
	const change = (i, part, text) =>
		onChange(
			of.map((pair, n) =>
				n === i
					? pair.map((old, p) =>
							p === part ? text : old
						)
					: pair
			)
		);
	return html`<fieldset class="field"><legend>Headers
		<span class="muted"> optional, sent with each delivery</span></legend>
		${of.map(
			([name, value], i) => html`<div key=${i} class="pair">
		<input aria-label="Name of header ${i + 1}" value=${name}
			placeholder="X-Token" spellcheck="false"
			onInput=${(e) => change(i, 0, e.target.value)} />
		<input aria-label="Value of header ${i + 1}" value=${value}
			spellcheck="false"
			onInput=${(e) => change(i, 1, e.target.value)} />
		<${Button} kind="ghost" icon="close" aria-label="Remove header ${
			i + 1
		}" onClick=${() => onChange(of.filter((_, n) => n !== i))} />
		</div>`
		)}
		<${Button} kind="ghost" icon="plus"
			onClick=${() => onChange([...of, ['', '']])}>Add a header<//>
		${error && html`<p class="field-error">${error}</p>`}</fieldset>`;
}

function Scope({ form, set, error }) {
	const radio = (value, label) => html`<label class="choice"><input
		type="radio" name="scope" value=${value}
		checked=${form.scope === value}
		onChange=${() => set('scope', value)} />${label}</label>`;
	return html`<fieldset class="field"><legend>Notifications</legend>
		${radio('organization', 'All of the organization')}
		${radio('user', 'Only those that name one user')}</fieldset>
		${
			form.scope === 'user' &&
			html`<${Field} label="User"
			hint="As the application names it: up to 64 bytes" error=${error('/user')}
		>${(attributes) => html`<input ...${attributes} value=${form.user}
		spellcheck="false"
		onInput=${(e) => set('user', e.target.value)} />`}<//>`
		}`;
}

const RATE_HINT = 'Deliveries a second; 0 means no limit.';
const BATCH_HINT = 'The most notifications in one request, 1 to 100.';

function More({ form, set, error, isNew }) {
	const input = (name, label, hint, more) => html`<${Field} label=${label}
		hint=${hint} error=${error(`/${name}`)} ...${more}
		>${(attributes) => html`<input ...${attributes} value=${form[name]}
		inputmode=${more?.optional ? 'text' : 'numeric'} spellcheck="false"
		autocomplete="off"
		onInput=${(e) => set(name, e.target.value)} />`}<//>`;
	return html`<details class="more"><summary>Order, rate, batches, headers${
		isNew ? ', own secret' : ''
	}</summary>
		<div class="two">
		${input('rate_limit', 'Rate limit', RATE_HINT)}
		${input('batch_size', 'Batch size', BATCH_HINT)}</div>
		<label class="choice"><input type="checkbox" checked=${form.ordered}
			onChange=${(e) => set('ordered', e.target.checked)} />
		<span>In order, one at a time: a delivery waits until the one before
		it has succeeded or failed for good.</span></label>
		<${Headers} of=${form.headers} error=${error('/headers')}
			onChange=${(list) => set('headers', list)} />
		${
			isNew &&
			input(
				'secret',
				'Secret',
				'whsec_ and base64 of 24 to 64 ' +
					'bytes. If empty, a random one is generated.',
				{ optional: true }
			)
		}
		</details>`;
}

/* Edits `hook`, read with its `etag`; without, creates one. */
export function HookDialog({ hook, etag, onClose, onSaved }) {
	const [form, setForm] = useState(() => (hook ? fill(hook) : NEW));
	const [error, setError] = useState(null);
	const [busy, setBusy] = useState(false);
	const set = (name, value) =>
		setForm((old) => ({ ...old, [name]: value }));
	const at = (pointer) => error?.at?.(pointer);
	const save = async (event) => {
		event.preventDefault();
		setBusy(true);
		try {
			const { data } = await call(
				hook ? 'PUT' : 'POST',
				hook ? `hooks/${hook._id}` : 'hooks',
				{
					body: members(form, hook),
					headers: etag
						? { 'If-Match': etag }
						: {},
				}
			);
			onClose();
			say(
				hook
					? 'The hook was changed.'
					: 'The hook was created.'
			);
			if (hook) onSaved();
			else go(`hooks/${data._id}`);
		} catch (trouble) {
			if (trouble.status === 412) {
				trouble.message =
					'Somebody else has changed this hook ' +
					'meanwhile. Close this, check, and try again.';
			}
			setError(trouble);
			setBusy(false);
		}
	};
	return html`<${Dialog} onClose=${onClose}
		title=${hook ? 'Edit the hook' : 'Create a hook'}>
		<form onSubmit=${save}>
		<${Field} label="Target URL" error=${at('/target_url')}
			hint="https; it gets a signed POST for each notification."
		>${(attributes) => html`<input ...${attributes} value=${form.target_url}
		inputmode="url" autocomplete="off" spellcheck="false" autofocus
		placeholder="https://www.example.com/hooks"
		onInput=${(e) => set('target_url', e.target.value)} />`}<//>
		<${Field} label="Action" error=${at('/action')}>${(attributes) =>
			html`<${ActionSelect} attributes=${attributes} value=${form.action}
		onChange=${(value) => set('action', value)} />`}<//>
		<${Field} label="Description" optional error=${at('/description')}
		>${(attributes) => html`<input ...${attributes} value=${form.description}
		placeholder="Calendar sync, production"
		onInput=${(e) => set('description', e.target.value)} />`}<//>
		<${Scope} form=${form} set=${set} error=${at} />
		<${More} form=${form} set=${set} error=${at} isNew=${!hook} />
		${error && html`<${Trouble} error=${error} />`}
		<footer class="dialog-foot"><${Button} onClick=${onClose}>Cancel<//>
		<button type="submit" class="button button-primary"
			disabled=${busy} aria-busy=${busy}>${
				hook ? 'Save' : 'Create'
			}</button></footer></form><//>`;
}
