/* SPDX-License-Identifier: MIT */
/*
 * JSON as text. It is shown without being parsed and written again: the
 * spelling of numbers and the order of members stay unchanged.
 */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;
/* A longer text is shown unchanged. */
const SHOWN_MAX = 200000;

export function isJson(text) {
	try {
		JSON.parse(text);
		return true;
	} catch {
		return false;
	}
}

function kindOf(token, next) {
	if (token[0] === '"') return next === ':' ? 'name' : 'string';
	if ('{}[],:'.includes(token)) return 'mark';
	return /^[tfn]/.test(token) ? 'word' : 'number';
}

/*
 * Accepted JSON, laid out: [{ kind, text }], where the kind 'blank' is the
 * space between tokens. null when the text is not JSON or is too long.
 */
export function layOut(text) {
	if (text.length > SHOWN_MAX || !isJson(text)) return null;
	const tokens = text.match(TOKEN);
	const out = [];
	let depth = 0;
	const line = () =>
		out.push({ kind: 'blank', text: `\n${'  '.repeat(depth)}` });
	tokens.forEach((token, i) => {
		const next = tokens[i + 1],
			before = tokens[i - 1];
		const closes = token === '}' || token === ']';
		if (closes) {
			depth--;
			if (before !== '{' && before !== '[') line();
		}
		out.push({ kind: kindOf(token, next), text: token });
		if (token === ':') out.push({ kind: 'blank', text: ' ' });
		if (token === '{' || token === '[') {
			depth++;
			if (next !== '}' && next !== ']') line();
		} else if (token === ',') {
			line();
		}
	});
	return out;
}

/* The text of one member of an accepted object, unchanged. */
export function member(text, name) {
	let depth = 0,
		from = -1,
		wanted = false;
	for (const { 0: token, index } of text.matchAll(TOKEN)) {
		if (
			depth === 1 &&
			from >= 0 &&
			(token === ',' || token === '}')
		)
			return text.slice(from, index).trim();
		if (depth === 1 && token === ':' && wanted) from = index + 1;
		wanted = depth === 1 && token === JSON.stringify(name);
		if (token === '{' || token === '[') depth++;
		else if (token === '}' || token === ']') depth--;
	}
	return null;
}
