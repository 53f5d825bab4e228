/* SPDX-License-Identifier: MIT */
/*
 * The list of hooks, with the state of each at a glance.
 */
import { useState } from './vendor/hooks.js';
import { may, useGet } from './api.js';
import { count, many } from './format.js';
import { href } from './route.js';
import { HookDialog } from './hook_form.js';
import { canTry, Standing, TryNow } from './standing.js';
import { Button, Card, Empty, html, Loaded, Page, Pill, Text } from './ui.js';

const EVERY_MS = 10000;

/* The name of a hook: its description, or its target. */
export function hookName(hook, id) {
	return hook ? hook.description || hook.target_url : id;
}

/* { id: { delivered, failed, due, … } } of /v2/stats. */
function useHealth(every = EVERY_MS) {
	const stats = useGet('stats', { every });
	return new Map((stats.data?.hooks ?? []).map((h) => [h.hook, h]));
}

function Row({ hook, health, onTried }) {
	return html`<li class="tried"><a class="row row-hook" href=${href(`hooks/${hook._id}`)}>
		<span class="row-main"><span class="row-title"><${Text}
			of=${hookName(hook)} /></span>
		${
			hook.description &&
			html`<span class="row-sub"><${Text}
			of=${hook.target_url} /></span>`
		}</span>
		<span class="row-action"><code>${hook.action}</code></span>
		<span class="row-state"><${Pill} state=${hook.state.is} /> <${Standing}
			state=${hook.state} /></span>
		<span class="row-note">${
			health &&
			html`${count(health.delivered)} delivered, ${count(health.failed)} failed${
				health.due ? `, ${count(health.due)} due` : ''
			}`
		}</span>
	</a>${
		canTry(hook) &&
		html`<${TryNow} hook=${hook}
		onDone=${onTried} />`
	}</li>`;
}

function matches(hook, words) {
	const text = `${hook.description} ${hook.target_url} ${hook.action} ${
		hook._id
	}`.toLowerCase();
	return words
		.toLowerCase()
		.split(' ')
		.every((w) => text.includes(w));
}

function List({ hooks, health, onCreate, onTried }) {
	const [words, setWords] = useState('');
	if (!hooks.length) {
		return html`<${Card}><${Empty} title="No hooks yet">
			A hook is an address that is told what happens here, in signed
			requests, as soon as it happens. ${
				may('manage')
					? html`
			<${Button} kind="primary" icon="plus" onClick=${onCreate}>
				Create the first one<//>`
					: 'A key with the role “manage” can create one.'
			}<//><//>`;
	}
	const found = hooks.filter((hook) => matches(hook, words));
	return html`<${Card} class="card-flush">
		${
			hooks.length > 5 &&
			html`<div class="filters"><label
			class="sr-only" for="find">Find a hook</label><input id="find"
			type="search" placeholder="Find by description, URL, action"
			value=${words}
			onInput=${(event) => setWords(event.target.value)} />
			<span class="muted" role="status">${many(found.length, 'hook')}</span></div>`
		}
		<ul class="rows ${hooks.some(canTry) && 'rows-try'}">${found.map(
			(hook) => html`<${Row}
			key=${hook._id} hook=${hook}
			health=${health.get(hook._id)} onTried=${onTried} />`
		)}</ul>
		${!found.length && html`<p class="none muted">No hook matches.</p>`}
	<//>`;
}

export function Hooks() {
	const hooks = useGet('hooks', { every: EVERY_MS });
	const health = useHealth();
	const [creating, setCreating] = useState(false);
	const create = () => setCreating(true);
	return html`<${Page} title="Hooks"
		lead="Each gets the notifications of its action. Counts are for the last day."
		actions=${
			may('manage') &&
			html`<${Button} kind="primary" icon="plus"
			onClick=${create}>Create a hook<//>`
		}>
		<${Loaded} from=${hooks}>${(list) => html`<${List} hooks=${list}
			health=${health} onCreate=${create}
			onTried=${hooks.reload} />`}<//>
		${
			creating &&
			html`<${HookDialog}
			onClose=${() => setCreating(false)} />`
		}<//>`;
}
