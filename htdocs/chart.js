/* SPDX-License-Identifier: MIT */
/*
 * Plots over time, as SVG: stacked bars and lines. The cursor is moved with the
 * pointer or, with the focus, by the arrow keys; the values under it are shown
 * in words and read to screen readers.
 */
import { useEffect, useRef, useState } from './vendor/hooks.js';
import { html } from './ui.js';
import { compact, count, settings, span, time, useSettings } from './format.js';

const LEFT = 44,
	RIGHT = 8,
	TOP = 10,
	BOTTOM = 24;

/* ---- scales: { top, ticks, at(value) -> 0..1, label } ---- */

function linear(max) {
	const rough = Math.max(max, 1) / 3;
	const power = 10 ** Math.floor(Math.log10(rough));
	const step = Math.max(
		1,
		power * [1, 2, 5, 10].find((n) => n * power >= rough)
	);
	const top = Math.ceil(Math.max(max, 1) / step) * step;
	const ticks = [];
	for (let value = 0; value <= top; value += step) ticks.push(value);
	return { ticks, at: (value) => value / top, label: compact };
}

const MARKS = [
	0.1, 1, 10, 100, 1e3, 10e3, 60e3, 600e3, 3600e3, 21600e3, 86400e3,
	864000e3, 8640000e3,
];

/* Durations range from parts of a millisecond to days. */
function logarithmic(low, high) {
	const from = MARKS.findLastIndex((mark) => mark <= low);
	const to = MARKS.findIndex((mark) => mark >= high);
	const ticks = MARKS.slice(
		Math.max(from, 0),
		(to < 0 ? MARKS.length : Math.max(to, from + 1)) + 1
	);
	const bottom = Math.log(ticks[0]);
	const size = Math.log(ticks.at(-1)) - bottom || 1;
	return {
		ticks,
		label: span,
		at: (value) =>
			Math.min(
				1,
				Math.max(
					0,
					(Math.log(Math.max(value, 0.001)) -
						bottom) /
						size
				)
			),
	};
}

/* ---- the frame ---- */

function useWidth(ref) {
	const [width, setWidth] = useState(0);
	useEffect(() => {
		const observer = new ResizeObserver(([entry]) =>
			setWidth(Math.floor(entry.contentRect.width))
		);
		observer.observe(ref.current);
		return () => observer.disconnect();
	}, []);
	return width;
}

const MINUTE = 60e3,
	DAY = 1440 * MINUTE;
const STEPS = [
	1, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1440, 2880, 5760, 11520,
].map((minutes) => minutes * MINUTE);

/* Minutes since midnight by the clock on the wall. */
function wall(at) {
	return (
		at -
		(settings.utc ? 0 : new Date(at).getTimezoneOffset() * MINUTE)
	);
}

/* The points with a label: round times, as many as there is room for. */
function labelled(points, width) {
	const at = points.map((p) => Date.parse(p.at));
	const least = (at.at(-1) - at[0]) / Math.max(2, width / 80);
	const step = STEPS.find((s) => s >= least) ?? STEPS.at(-1);
	const turn = (t) => Math.floor(wall(t) / step);
	return at
		.map((_, i) => i)
		.filter((i) => i > 0 && turn(at[i]) !== turn(at[i - 1]));
}

function Axes({ scale, points, x, width, height, days }) {
	return html`<g class="axes">${scale.ticks.map((tick) => {
		const y =
			height -
			BOTTOM -
			scale.at(tick) * (height - TOP - BOTTOM);
		return html`<g key=${tick}><line x1=${LEFT} x2=${width - RIGHT}
			y1=${y} y2=${y} /><text x=${LEFT - 8} y=${y + 4}
			text-anchor="end">${scale.label(tick)}</text></g>`;
	})}${labelled(points, width).map(
		(i) => html`<text key=${`x${i}`}
		x=${x(i)} y=${height - 6} text-anchor="middle"
		>${time(points[i].at, days ? 'day' : 'minute')}</text>`
	)}</g>`;
}

function Tip({ points, i, x, width, tell }) {
	const left = x(i) > width / 2;
	return html`<div class="tip ${left ? 'tip-left' : ''}"
		style=${{ left: `${x(i)}px` }} aria-hidden="true">
		<strong>${time(points[i].at, 'short')}</strong>${tell(points[i]).map(
			([tone, name, value]) => html`<span key=${name}>
		<i class="key key-${tone}"></i>${name}<b>${value}</b></span>`
		)}</div>`;
}

function move(event, at, last) {
	const to = {
		ArrowLeft: at - 1,
		ArrowRight: at + 1,
		Home: 0,
		End: last,
		PageUp: at - 10,
		PageDown: at + 10,
	}[event.key];
	if (to === undefined) return null;
	event.preventDefault();
	return Math.min(last, Math.max(0, to));
}

/*
 * `points` as in /v2/stats; `tell(point)`: [[tone, name, value]]; `draw` makes
 * the marks from { x, y, band }; `scale` is one of those above.
 */
function Plot({ label, points, scale, tell, draw, height = 208 }) {
	useSettings();
	const ref = useRef();
	const width = useWidth(ref);
	const [at, setAt] = useState(null);
	const last = points.length - 1;
	const i = at === null ? null : Math.min(at, last);
	const band = (width - LEFT - RIGHT) / points.length;
	const x = (n) => LEFT + band * (n + 0.5);
	const y = (value) =>
		height - BOTTOM - scale.at(value) * (height - TOP - BOTTOM);
	const point = (event) => {
		const box = ref.current.getBoundingClientRect();
		setAt(
			Math.min(
				last,
				Math.max(
					0,
					Math.floor(
						(event.clientX -
							box.left -
							LEFT) /
							band
					)
				)
			)
		);
	};
	const shown = points[i ?? last];
	const days =
		Date.parse(points[last].at) - Date.parse(points[0].at) >
		2 * DAY;
	return html`<div class="plot" ref=${ref} tabindex="0" role="slider"
		aria-label=${label} aria-valuemin="0" aria-valuemax=${last}
		aria-valuenow=${i ?? last}
		aria-valuetext=${`${time(shown.at, 'short')}: ${tell(shown)
			.map(([, name, value]) => `${name} ${value}`)
			.join(', ')}`}
		onPointerMove=${point} onPointerLeave=${() => setAt(null)}
		onFocus=${(event) =>
			event.target.matches(':focus-visible') &&
			setAt(last)} onBlur=${() => setAt(null)}
		onKeyDown=${(event) => {
			const to = move(event, i ?? last, last);
			if (to !== null) setAt(to);
		}}>${
			width > 0 &&
			html`<svg width=${width} height=${height}
		aria-hidden="true">
		<${Axes} ...${{ scale, points, x, width, height, days }} />
		${draw({ x, y, band })}
		${
			i !== null &&
			html`<line class="cursor" x1=${x(i)} x2=${x(i)}
			y1=${TOP} y2=${height - BOTTOM} />`
		}</svg>`
		}
		${i !== null && html`<${Tip} ...${{ points, i, x, width, tell }} />`}
		</div>`;
}

function Legend({ of }) {
	return html`<div class="legend" aria-hidden="true">${of.map(
		([tone, name]) => html`<span key=${name}><i
			class="key key-${tone}"></i>${name}</span>`
	)}</div>`;
}

/* ---- the two plots ---- */

/* The attempts that failed and will be made again: an outage is seen while it
 * lasts, and not only when deliveries have failed for good. */
function retried({ failed, failedAttempts }) {
	return Math.max(0, failedAttempts - failed);
}

const COUNTS = [
	['good', 'Delivered', (p) => p.delivered],
	['warn', 'Failed attempts', retried],
	['bad', 'Failed for good', (p) => p.failed],
];

/* Stacked. */
export function Counts({ points }) {
	const sum = (p) => COUNTS.reduce((n, [, , of]) => n + of(p), 0);
	const scale = linear(Math.max(0, ...points.map(sum)));
	const draw = ({ x, y, band }) =>
		points.map((p, i) => {
			const width = Math.max(
				2,
				band - Math.min(2, band * 0.25)
			);
			const left = x(i) - width / 2;
			const bar = (tone, from, to) =>
				to > from &&
				html`<rect
			class="bar bar-${tone}" x=${left} width=${width} y=${y(to)}
			height=${Math.max(y(from) - y(to), 1.5)} />`;
			let from = 0;
			return html`<g key=${i}>${COUNTS.map(([tone, , of]) =>
				bar(tone, from, (from += of(p)))
			)}</g>`;
		});
	return html`<div><${Legend} of=${COUNTS} />
		<${Plot} label="Delivered and failed over time" points=${points}
			scale=${scale} draw=${draw} tell=${(p) =>
				COUNTS.map(([tone, name, of]) => [
					tone,
					name,
					count(of(p)),
				])} /></div>`;
}

/* The line through the points with a value; a lone one is a dot. */
function path(points, pick, x, y) {
	let d = '',
		dots = [],
		open = false;
	points.forEach((p, i) => {
		const value = pick(p);
		if (value == null) {
			open = false;
			return;
		}
		d += `${open ? 'L' : 'M'}${x(i).toFixed(1)} ${y(value).toFixed(1)}`;
		const next = points[i + 1] && pick(points[i + 1]);
		if (!open && next == null) dots.push([x(i), y(value)]);
		open = true;
	});
	return { d, dots };
}

const QUANTILES = [
	['p50', 'Half'],
	['p90', '90 %'],
	['p99', '99 %'],
];

/* Quantiles of `of`, 'latency' or 'duration', on a logarithmic scale. */
export function Quantiles({ points, of, label }) {
	const all = points
		.flatMap((p) => QUANTILES.map(([q]) => p[of]?.[q]))
		.filter((value) => value != null);
	if (!all.length)
		return html`<p class="plot-empty muted">Nothing was delivered in
			this time.</p>`;
	const scale = logarithmic(Math.min(...all), Math.max(...all));
	const draw = ({ x, y }) =>
		QUANTILES.map(([q]) => {
			const { d, dots } = path(
				points,
				(p) => p[of]?.[q],
				x,
				y
			);
			return html`<g key=${q} class="line line-${q}"><path d=${d} />${dots.map(
				([cx, cy]) => html`<circle cx=${cx} cy=${cy}
				r="2" />`
			)}</g>`;
		});
	return html`<div><${Legend} of=${QUANTILES.map(([q, name]) => [
		q,
		`${name} within`,
	])} />
		<${Plot} label=${label} points=${points} scale=${scale} draw=${draw}
			tell=${(p) =>
				QUANTILES.map(([q, name]) => [
					q,
					`${name} within`,
					span(p[of]?.[q]),
				])} /></div>`;
}
