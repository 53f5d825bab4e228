<?php

// SPDX-License-Identifier: MIT

/*
 * Sets up WordPress, which WORDPRESS_LOAD loads, with two users and the plugin.
 */

const WP_INSTALLING = true;
require getenv('WORDPRESS_LOAD');
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
require_once ABSPATH . 'wp-admin/includes/plugin.php';

wp_install('Demo', 'admin', 'admin@example.com', true, '', 'secret');
wp_insert_user([
    'user_login' => 'reader',
    'user_pass' => 'secret',
    'role' => 'subscriber',
]);
$error = activate_plugin('vyte-hooks.php');
if ($error) {
    exit($error->get_error_message());
}
