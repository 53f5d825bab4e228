/* SPDX-License-Identifier: MIT */
/*
 * Publishing a test notification, to see it arrive.
 */
import { useState } from './vendor/hooks.js';
import { call, may, useGet } from './api.js';
import { useActions } from './hook_form.js';
import { DeliveryRows, useHooks } from './page_deliveries.js';
import { href } from './route.js';
import { sampleOf, SAMPLES } from './samples.js';
import {
	Banner,
	Button,
	Card,
	Field,
	html,
	Mono,
	Options,
	Page,
	Pill,
	Skeleton,
	Trouble,
} from './ui.js';

const FIRST = 'event.created';

/* The error in the text, in the browser's words, or null. */
function jsonTrouble(text) {
	try {
		const value = JSON.parse(text);
		return value &&
			typeof value === 'object' &&
			!Array.isArray(value)
			? null
			: 'A resource must be a JSON object: { … }.';
	} catch (error) {
		return error.message;
	}
}

/* The text is sent unchanged: a resource is delivered byte for byte. */
function bodyOf({ action, user, resource }) {
	return `{"action":${JSON.stringify(action)},${
		user ? `"user":${JSON.stringify(user)},` : ''
	}"resource":${resource}}`;
}

function Outcome({ id }) {
	const from = useGet(`notifications/${id}`, { every: 1000 });
	const hooks = useHooks();
	if (!from.data) return html`<${Skeleton} rows=${2} />`;
	const { state, deliveries } = from.data;
	return html`<${Card} class="card-flush" title="Outcome"
		aside=${html`<a href=${href(`notifications/${id}`)}>Open</a>`}>
		<p class="none" role="status"><${Pill} state=${state} /> <${Mono}
			of=${id} /></p>
		${
			state === 'unmatched' &&
			html`<p class="none muted">No hook matches
			this action.</p>`
		}
		${
			deliveries.length > 0 &&
			html`<${DeliveryRows} list=${deliveries}
			hooks=${hooks} />`
		}<//>`;
}

function Form({ onPublished }) {
	const actions = useActions();
	const [form, setForm] = useState({
		action: FIRST,
		user: '',
		resource: sampleOf(FIRST),
	});
	const [error, setError] = useState(null);
	const [busy, setBusy] = useState(false);
	const set = (part) => setForm((old) => ({ ...old, ...part }));
	const wrong = jsonTrouble(form.resource);
	const publish = async (event) => {
		event.preventDefault();
		if (wrong) return;
		setBusy(true);
		setError(null);
		try {
			const { data } = await call('POST', 'notifications', {
				body: bodyOf({
					...form,
					user: form.user.trim(),
				}),
			});
			onPublished(data._id);
		} catch (trouble) {
			setError(trouble);
		}
		setBusy(false);
	};
	const names = actions.filter((a) => a.publishable);
	const example = (action) => {
		const own = names.find((a) => a.action === action)?.example;
		return action in SAMPLES || !own
			? sampleOf(action)
			: JSON.stringify(own, null, 2);
	};
	const about = names.find((a) => a.action === form.action)?.description;
	return html`<${Card}><form onSubmit=${publish}>
		<div class="two"><${Field} label="Action" hint=${about ?? ' '}
			error=${error?.at('/action')}>${(attributes) => html`<select
	...${attributes} value=${form.action} onChange=${(e) =>
		set({
			action: e.target.value,
			resource: example(e.target.value),
		})}>
	<${Options} value=${form.action} of=${
		names.length
			? names.map((a) => [a.action, a.action])
			: [[FIRST, FIRST]]
	} /></select>`}<//>
		<${Field} label="User" optional error=${error?.at('/user')}
			hint="The user whom it concerns: up to 64 bytes."
		>${(attributes) => html`<input ...${attributes} value=${form.user}
		spellcheck="false"
		onInput=${(e) => set({ user: e.target.value })} />`}<//></div>
		<${Field} label="Resource" error=${wrong || error?.at('/resource')}
			hint="Delivered byte for byte as written here."
		>${(attributes) => html`<textarea ...${attributes} class="mono" rows="18"
		spellcheck="false" value=${form.resource}
		onInput=${(e) => set({ resource: e.target.value })}></textarea>`}<//>
		${error && html`<${Trouble} error=${error} />`}
		<footer class="form-foot"><${Button} onClick=${() =>
			set({
				resource: example(form.action),
			})}>Reset the example<//>
		<button type="submit" class="button button-primary"
			disabled=${busy || Boolean(wrong)}>Publish</button></footer>
	</form><//>`;
}

export function Publish() {
	const [ids, setIds] = useState([]);
	return html`<${Page} title="Publish"
		lead="A test notification, delivered to every hook that matches.">
		${
			may('publish')
				? html`<${Banner} tone="warn">This is the real
		service: receivers cannot tell a test notification from a real one.<//>
		<div class="columns columns-even">
		<${Form} onPublished=${(id) => setIds([id, ...ids])} />
		<div class="stack">${
			ids.length
				? ids.slice(0, 5).map(
						(id) => html`
			<${Outcome} key=${id} id=${id} />`
					)
				: html`<${Card}>
			<p class="muted">After you publish, the deliveries appear here.</p>
			<//>`
		}</div></div>`
				: html`<${Banner} tone="warn" title="Not allowed with this key.">Publishing
		needs the role publish or manage; this key has the role read.<//>`
		}
	<//>`;
}
