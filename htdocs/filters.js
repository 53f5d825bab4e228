/* SPDX-License-Identifier: MIT */
/*
 * The filters above a list: selects, and a range of time. The address keeps
 * `range` (so that the last hour stays the last hour) or `since` and `until`.
 */
import { useMemo, useState } from './vendor/hooks.js';
import { fromInput, toInput, zone } from './format.js';
import { narrow } from './route.js';
import { html, Options } from './ui.js';

const RANGES = [
	['', 'Any time'],
	['1', 'Last hour'],
	['24', 'Last 24 hours'],
	['168', 'Last 7 days'],
	['own', 'Other…'],
];

/* The query for the API. */
export function timeQuery(query) {
	const { range, ...rest } = query;
	const since = useMemo(
		() =>
			Number(range) > 0 &&
			new Date(Date.now() - range * 3600e3).toISOString(),
		[range]
	);
	return since ? { ...rest, since } : rest;
}

function Time({ query, set }) {
	const [own, setOwn] = useState(Boolean(query.since || query.until));
	const pick = (range) => {
		setOwn(range === 'own');
		set({
			range: range === 'own' ? '' : range,
			since: '',
			until: '',
		});
	};
	const moment = (name, label) => html`<label class="filter"><span
		class="filter-name">${label}</span><input type="datetime-local"
		aria-label="${label}, ${zone()}" value=${toInput(query[name])}
		onChange=${(e) => set({ [name]: fromInput(e.target.value) })}
		/></label>`;
	const value = own ? 'own' : (query.range ?? '');
	return html`<label class="filter"><span class="sr-only">Time</span>
		<select value=${value} onChange=${(e) => pick(e.target.value)}>
		<${Options} of=${RANGES} value=${value} /></select></label>
		${own && html`${moment('since', 'From')}${moment('until', 'To')}`}`;
}

function Select({ label, of, value, set }) {
	return html`<label class="filter"><span class="sr-only">${label}</span>
		<select value=${value} onChange=${(e) => set(e.target.value)}>
		<${Options} of=${[['', label], ...of]} value=${value} /></select>
		</label>`;
}

/* `of`: [[name, label, options]] for the list at `path`. */
export function Filters({ path, query, of }) {
	const set = (part) => narrow(path, { ...query, ...part });
	return html`<div class="filters" role="group" aria-label="Filters">
		${of.map(
			([name, label, options]) => html`<${Select} key=${name}
			label=${label} of=${options} value=${query[name] ?? ''}
			set=${(value) => set({ [name]: value })} />`
		)}
		<${Time} query=${query} set=${set} />
		${
			Object.values(query).some(Boolean) &&
			html`<a class="clear"
			href="#/${path}">Clear</a>`
		}</div>`;
}
