/* SPDX-License-Identifier: MIT */
/*
 * Sets what is needed before the first paint: the theme, and whether this tab
 * is signed in. Storage may be forbidden; then the defaults apply.
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
		// a browser without storage
	}
})();
