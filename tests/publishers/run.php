<?php

// SPDX-License-Identifier: MIT

/*
 * Runs code of a test, from standard input, within WordPress: WORDPRESS_LOAD is
 * the file that loads it.
 */

require getenv('WORDPRESS_LOAD');
eval(stream_get_contents(STDIN));
