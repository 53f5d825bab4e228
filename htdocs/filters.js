/*
 * Narrowing a list to a range of time. The address keeps `range` (so that the
 * last hour stays the last hour) or `since` and `until`.
 */
import { useMemo, useState } from './vendor/hooks.js';
import { fromInput, toInput, zone } from './format.js';
import { html, Options } from './ui.js';

const RANGES = [['', 'Any time'], ['1', 'Last hour'], ['24', 'Last 24 hours'],
	['168', 'Last 7 days'], ['own', 'Other…']];

/* What the API is asked for. */
export function timeQuery(query) {
	const { range, ...rest } = query;
	const since = useMemo(() => Number(range) > 0 &&
		new Date(Date.now() - range * 3600e3).toISOString(), [range]);
	return since ? { ...rest, since } : rest;
}

export function TimeFilter({ query, set }) {
	const [own, setOwn] = useState(Boolean(query.since || query.until));
	const pick = (range) => {
		setOwn(range === 'own');
		set({ range: range === 'own' ? '' : range, since: '', until: '' });
	};
	const moment = (name, label) => html`<label class="filter"><span
		class="filter-name">${label}</span><input type="datetime-local"
		aria-label="${label}, ${zone()}" value=${toInput(query[name])}
		onChange=${(e) => set({ [name]: fromInput(e.target.value) })}
		/></label>`;
	const value = own ? 'own' : query.range ?? '';
	return html`<label class="filter"><span class="sr-only">Time</span>
		<select value=${value} onChange=${(e) => pick(e.target.value)}>
		<${Options} of=${RANGES} value=${value} /></select></label>
		${own && html`${moment('since', 'From')}${moment('until', 'To')}`}`;
}
