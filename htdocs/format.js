/* SPDX-License-Identifier: MIT */
/*
 * Written forms: times in the visitor's zone or in UTC, durations, numbers.
 */
import { useEffect, useState } from './vendor/hooks.js';

/* ---- settings of this browser, remembered ---- */

const ZONE = 'vyte-hooks.zone',
	THEME = 'vyte-hooks.theme';
const watchers = new Set();

function stored(name, value) {
	try {
		if (value !== undefined) localStorage.setItem(name, value);
		return localStorage.getItem(name);
	} catch {
		return value ?? null;
	}
}

export const settings = {
	utc: stored(ZONE) === 'utc',
	theme: document.documentElement.dataset.theme ?? 'system',
};

function changed() {
	for (const watcher of watchers) watcher({});
}

export function setUtc(utc) {
	settings.utc = utc;
	stored(ZONE, utc ? 'utc' : 'local');
	changed();
}

/* 'system', 'light' or 'dark'. */
export function setTheme(theme) {
	settings.theme = theme;
	stored(THEME, theme);
	if (theme === 'system') delete document.documentElement.dataset.theme;
	else document.documentElement.dataset.theme = theme;
	changed();
}

/* Draws the component again when a setting changes. */
export function useSettings() {
	const [, turn] = useState({});
	useEffect(() => {
		watchers.add(turn);
		return () => watchers.delete(turn);
	}, []);
	return settings;
}

/* ---- times ---- */

const STYLES = {
	day: { day: 'numeric', month: 'short' },
	minute: { hour: '2-digit', minute: '2-digit' },
	clock: { hour: '2-digit', minute: '2-digit', second: '2-digit' },
	short: {
		day: 'numeric',
		month: 'short',
		hour: '2-digit',
		minute: '2-digit',
	},
	full: {
		day: 'numeric',
		month: 'short',
		year: 'numeric',
		hour: '2-digit',
		minute: '2-digit',
		second: '2-digit',
		fractionalSecondDigits: 3,
		timeZoneName: 'short',
	},
};
const made = new Map();

/* `at`: milliseconds or ISO text; `style`: one of those above. */
export function time(at, style = 'full', utc = settings.utc) {
	const name = `${style}${utc}`;
	if (!made.has(name)) {
		made.set(
			name,
			new Intl.DateTimeFormat('en-GB', {
				...STYLES[style],
				hourCycle: 'h23',
				timeZone: utc ? 'UTC' : undefined,
			})
		);
	}
	return made.get(name).format(new Date(at));
}

/* The time of day for today, with the date for other days. */
export function brief(at) {
	const today =
		time(Date.now(), 'day') === time(at, 'day') &&
		Math.abs(Date.now() - new Date(at)) < 86400e3;
	return time(at, today ? 'clock' : 'short');
}

/* The name of the time zone in use. */
export function zone() {
	return settings.utc
		? 'UTC'
		: Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/* The value of a datetime-local input as ISO text in UTC; '' if it is empty. */
export function fromInput(text) {
	const at = text && new Date(settings.utc ? `${text}Z` : text);
	return at && !Number.isNaN(at.getTime()) ? at.toISOString() : '';
}

export function toInput(iso) {
	if (!iso || Number.isNaN(Date.parse(iso))) return '';
	const at = new Date(iso);
	const shift = settings.utc ? 0 : at.getTimezoneOffset() * 60e3;
	return new Date(at - shift).toISOString().slice(0, 16);
}

/* ---- durations and numbers ---- */

/* 12.3 ms, 4.2 s, 3 min, 2 h, 5 d; `ms` may be null. */
export function span(ms) {
	if (ms == null) return '–';
	const steps = [
		[1000, 1, 'ms'],
		[60e3, 1e3, 's'],
		[3600e3, 60e3, 'min'],
		[86400e3, 3600e3, 'h'],
		[Infinity, 86400e3, 'd'],
	];
	const [, unit, name] = steps.find(([limit]) => ms < limit);
	const value = ms / unit;
	return `${
		value < 10 && value % 1 ? value.toFixed(1) : Math.round(value)
	} ${name}`;
}

/* 'in 4 min', '3 s ago'; `now` is the server's time when it is known. */
export function ago(at, now = Date.now()) {
	const away = new Date(at) - now;
	if (Math.abs(away) < 1000) return 'just now';
	return away > 0 ? `in ${span(away)}` : `${span(-away)} ago`;
}

const numbers = new Intl.NumberFormat('en-GB');

export function count(n) {
	return n == null ? '–' : numbers.format(n);
}

/* 1 hook, 2 hooks. */
export function many(n, one, more = `${one}s`) {
	return `${count(n)} ${n === 1 ? one : more}`;
}

/* 12.3k, for axes. */
export function compact(n) {
	return new Intl.NumberFormat('en', {
		notation: 'compact',
		maximumFractionDigits: 1,
	}).format(n);
}

export function percent(part, whole) {
	if (!whole) return '–';
	const value = (100 * part) / whole;
	// Never 100 % if one has failed.
	return `${
		value === 100
			? 100
			: Math.min(value, 99.99).toFixed(value > 99 ? 2 : 1)
	} %`;
}
