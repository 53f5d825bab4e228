/* SPDX-License-Identifier: MIT */
/*
 * What must be known before the first paint: the theme, and whether this tab
 * is signed in. Storage may be forbidden; then the defaults hold.
 */
'use strict';
(() => {
	const root = document.documentElement;
	try {
		const theme = localStorage.getItem('vyte-hooks.theme');
		if (theme === 'light' || theme === 'dark')
			root.dataset.theme = theme;
		if (sessionStorage.getItem('vyte-hooks.key'))
			root.dataset.signedIn = '';
	} catch {
		// a browser that keeps nothing
	}
})();
