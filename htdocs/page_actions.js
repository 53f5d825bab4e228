/* SPDX-License-Identifier: MIT */
/*
 * The catalogue of actions: which may be published, with an example of each,
 * and the hooks that name it. An organization adds its own.
 */
import { useState } from './vendor/hooks.js';
import { call, may, useGet } from './api.js';
import { many } from './format.js';
import { href } from './route.js';
import {
	Button,
	Card,
	Code,
	Confirm,
	Dialog,
	Field,
	html,
	Loaded,
	Page,
	say,
	Text,
	Trouble,
} from './ui.js';

/* The prefixes of an action, as a hook may name them. */
function wildcards(action) {
	const labels = action.split('.');
	return [
		'*',
		...labels
			.slice(1)
			.map((_, i) => `${labels.slice(0, i + 1).join('.')}.*`),
	];
}

function naming(action, hooks) {
	const names = action.operational ? [] : wildcards(action.action);
	return hooks.filter((hook) =>
		[action.action, ...names].includes(hook.action)
	);
}

function AddDialog({ onDone, onClose }) {
	const [form, setForm] = useState({ name: '', about: '', example: '' });
	const [error, setError] = useState(null);
	const [busy, setBusy] = useState(false);
	const set = (part) => setForm((old) => ({ ...old, ...part }));
	const add = async (event) => {
		event.preventDefault();
		setBusy(true);
		try {
			// The example is kept byte for byte, so it is not parsed.
			const example = form.example.trim() || 'null';
			const path = `actions/${encodeURIComponent(form.name.trim())}`;
			await call('PUT', path, {
				body: `{"description":${JSON.stringify(form.about)},"example":${example}}`,
			});
			say('The action was added.');
			await onDone();
			onClose();
		} catch (trouble) {
			setError(trouble);
			setBusy(false);
		}
	};
	const input = (name) => (attributes) => html`<input ...${attributes}
		value=${form[name]} spellcheck="false"
		onInput=${(e) => set({ [name]: e.target.value })} />`;
	return html`<${Dialog} title="Add an action" onClose=${onClose}>
		<form onSubmit=${add}>
		<${Field} label="Name" hint="Such as booking.confirmed: letters, digits, _ and -, joined by dots."
		>${input('name')}<//>
		<${Field} label="Description" optional
			error=${error?.at('/description')}>${input('about')}<//>
		<${Field} label="Example" optional error=${error?.at('/example')}
			hint="A resource: a JSON object of at most 8192 bytes."
		>${(attributes) => html`<textarea ...${attributes} class="mono" rows="6"
		spellcheck="false" value=${form.example}
		onInput=${(e) => set({ example: e.target.value })}></textarea>`}<//>
		${error && html`<${Trouble} error=${error} />`}
		<footer class="dialog-foot"><${Button} onClick=${onClose}>Cancel<//>
		<button type="submit" class="button button-primary"
			disabled=${busy || !form.name.trim()}>Add</button></footer>
		</form><//>`;
}

function Action({ action, hooks, onRemove }) {
	const list = naming(action, hooks);
	const removable = action.scope === 'organization' && may('manage');
	return html`<li class="action"><details><summary>
		<code><${Text} of=${action.action} /></code> <span class="muted"><${Text}
			of=${action.description} /></span> <span class="badge">${
				action.operational
					? 'operational'
					: action.scope
			}</span> <span class="muted">${many(list.length, 'hook')}</span></summary>
		${
			action.example &&
			html`<${Code} label=${`Example of ${action.action}`}
			text=${JSON.stringify(action.example)} formatted />`
		}
		${
			list.length > 0 &&
			html`<ul>${list.map(
				(hook) => html`<li key=${hook._id}>
			<a href=${href(`hooks/${hook._id}`)}><${Text}
			of=${hook.description || hook.target_url} /></a></li>`
			)}</ul>`
		}
		${
			removable &&
			html`<${Button} kind="danger-ghost"
			onClick=${() => onRemove(action)}>Remove<//>`
		}</details></li>`;
}

export function Actions() {
	const from = useGet('actions');
	const hooks = useGet('hooks');
	const [adding, setAdding] = useState(false);
	const [removed, setRemoved] = useState(null);
	const remove = async () => {
		await call(
			'DELETE',
			`actions/${encodeURIComponent(removed.action)}`
		);
		say('The action was removed.');
		await from.reload();
	};
	return html`<${Page} title="Actions"
		lead="The actions that may be published, and the hooks that name them."
		actions=${
			may('manage') &&
			html`<${Button} kind="primary" icon="plus"
			onClick=${() => setAdding(true)}>Add an action<//>`
		}>
		<${Loaded} from=${from}>${(list) => html`<${Card}>
			<ul class="actions-list">${list
				.filter((a) => a.publishable || a.operational)
				.map(
					(
						a
					) => html`<${Action} key=${a.action} action=${a}
				hooks=${hooks.data ?? []} onRemove=${setRemoved} />`
				)}</ul><//>`}<//>
		${
			adding &&
			html`<${AddDialog} onDone=${from.reload}
			onClose=${() => setAdding(false)} />`
		}
		${
			removed &&
			html`<${Confirm} title="Remove this action?" verb="Remove"
			work=${remove} onClose=${() => setRemoved(null)}>
			<p><code><${Text} of=${removed.action} /></code></p>
			<p>It can no longer be published. What was accepted before is still
			delivered, and hooks that name it stay.</p><//>`
		}<//>`;
}
