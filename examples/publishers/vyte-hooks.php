<?php
/**
 * SPDX-License-Identifier: MIT
 *
 * Plugin Name:       Vyte Hooks
 * Description:       Publishes what happens in WordPress and WooCommerce to a vyte-hooks service.
 * Version:           1.0.0
 * Requires at least: 6.0
 * Requires PHP:      7.4
 * License:           MIT
 * Text Domain:       vyte-hooks
 *
 * Copy this file to wp-content/plugins, activate it, and choose under
 * Settings > Vyte Hooks what is published. Other plugins publish with
 * vyte_hooks_publish() and change what this one publishes with the filter
 * 'vyte_hooks_notification'.
 *
 * A notification is first written to the table of options, with the connection
 * and in the transaction of the change that it reports, and removed from there
 * when the service has it. What the service did not take is tried again by
 * WP-Cron with the same idempotency key, so that it counts once.
 *
 * @package Vyte_Hooks
 */

defined( 'ABSPATH' ) || exit;

// Seconds that a request may take, and after which a page begins no other one:
// together the longest that a page is held up.
const VYTE_HOOKS_TIMEOUT = 3;
const VYTE_HOOKS_PAGE    = 2;
// What an option is called that holds a notification, before its id: one that
// waits, and one that the service has refused for what it says.
const VYTE_HOOKS_WAITING = 'vyte_hooks_waiting_';
const VYTE_HOOKS_REFUSED = 'vyte_hooks_refused_';
// The columns of vh_outbox that a notification may set.
const VYTE_HOOKS_COLUMNS = array(
	'action',
	'resource',
	'user',
	'occurred_at',
	'deliver_at',
	'expires_at',
	'replace_key',
	'cancels',
);

/* ---- Settings. ---- */

/**
 * The settings, complete.
 */
function vyte_hooks_settings() {
	$settings = wp_parse_args(
		get_option( 'vyte_hooks', array() ),
		array(
			'method'       => 'http',
			'url'          => '',
			'key'          => '',
			'table'        => 'vyte_hooks.vh_outbox',
			'organization' => '',
			'actions'      => array(),
		)
	);
	if ( defined( 'VYTE_HOOKS_KEY' ) ) {
		$settings['key'] = VYTE_HOOKS_KEY;
	}
	return $settings;
}

/**
 * The hooks that can be published: what they mean, an action to suggest, the
 * function that makes a notification of a hook's arguments, and how many of
 * these it takes.
 */
function vyte_hooks_sources() {
	$sources = array(
		'wp_after_insert_post' => array( __( 'A post is published', 'vyte-hooks' ), 'post.published', 'vyte_hooks_post', 4 ),
		'user_register'        => array( __( 'A user is registered', 'vyte-hooks' ), 'user.joined', 'vyte_hooks_user', 1 ),
	);
	if ( function_exists( 'wc_get_order' ) ) {
		$sources += array(
			'woocommerce_new_order'            => array( __( 'An order is placed', 'vyte-hooks' ), 'order.created', 'vyte_hooks_order', 1 ),
			'woocommerce_order_status_changed' => array( __( 'An order has another status', 'vyte-hooks' ), 'order.updated', 'vyte_hooks_order_status', 2 ),
			'woocommerce_order_refunded'       => array( __( 'An order is refunded', 'vyte-hooks' ), 'order.refunded', 'vyte_hooks_order_refund', 2 ),
		);
	}
	return $sources;
}

/* ---- From a hook to a notification; null when there is nothing to tell. ---- */

/**
 * A post, page or other public content becomes visible.
 *
 * @param int          $id     The post's ID.
 * @param WP_Post      $post   The post as it is now.
 * @param bool         $update Whether it was there before.
 * @param WP_Post|null $before The post as it was before.
 */
function vyte_hooks_post( $id, $post, $update, $before ) {
	$was_published = $before && 'publish' === $before->post_status;
	if ( 'publish' !== $post->post_status || $was_published || ! is_post_type_viewable( $post->post_type ) ) {
		return null;
	}
	return array(
		'resource' => array(
			'id'    => $id,
			'type'  => $post->post_type,
			'title' => html_entity_decode( $post->post_title, ENT_QUOTES, 'UTF-8' ),
			'url'   => get_permalink( $post ),
		),
	);
}

/**
 * A user is registered.
 *
 * @param int $id The user's ID.
 */
function vyte_hooks_user( $id ) {
	return array(
		'user'     => (string) $id,
		'resource' => array(
			'id'   => $id,
			'name' => get_userdata( $id )->display_name,
		),
	);
}

/**
 * An order is placed.
 *
 * @param int $id The order's ID.
 */
function vyte_hooks_order( $id ) {
	$order = wc_get_order( $id );
	if ( ! $order || in_array( $order->get_status(), array( 'auto-draft', 'checkout-draft' ), true ) ) {
		return null;
	}
	$customer = $order->get_customer_id();
	return array(
		'user'     => $customer ? (string) $customer : null,
		'resource' => array(
			'id'       => $id,
			'number'   => $order->get_order_number(),
			'status'   => $order->get_status(),
			'total'    => $order->get_total(),
			'currency' => $order->get_currency(),
		),
	);
}

/**
 * An order has another status.
 *
 * @param int    $id   The order's ID.
 * @param string $from The status before.
 */
function vyte_hooks_order_status( $id, $from ) {
	$notification = vyte_hooks_order( $id );
	if ( $notification ) {
		$notification['resource']['previous_status'] = $from;
	}
	return $notification;
}

/**
 * An order is refunded, in part or as a whole.
 *
 * @param int $id        The order's ID.
 * @param int $refund_id The refund's ID.
 */
function vyte_hooks_order_refund( $id, $refund_id ) {
	$notification = vyte_hooks_order( $id );
	if ( $notification ) {
		$notification['resource']['refunded'] = wc_get_order( $refund_id )->get_amount();
	}
	return $notification;
}

add_action( 'init', 'vyte_hooks_listen' );

/**
 * Publishes from the chosen hooks. Other plugins are loaded by now.
 */
function vyte_hooks_listen() {
	$actions = vyte_hooks_settings()['actions'];
	foreach ( vyte_hooks_sources() as $hook => list( , , $describe, $count ) ) {
		if ( empty( $actions[ $hook ] ) ) {
			continue;
		}
		$publish = static function ( ...$args ) use ( $hook, $describe, $actions ) {
			$notification = call_user_func_array( $describe, $args );
			if ( $notification ) {
				$notification['action'] = $actions[ $hook ];
			}
			/**
			 * Filters what is published, for example to add to its resource, or
			 * to set 'deliver_at' and 'replace_key'.
			 *
			 * @param array|null $notification What to publish; null: nothing.
			 * @param string     $hook         The WordPress hook.
			 * @param array      $args         Its arguments.
			 */
			$notification = apply_filters( 'vyte_hooks_notification', $notification, $hook, $args );
			if ( $notification ) {
				vyte_hooks_publish( $notification );
			}
		};
		add_action( $hook, $publish, 10, $count );
	}
}

/* ---- Publishing. ---- */

/**
 * Publishes a notification.
 *
 * @param array $notification An 'action' and a 'resource'; it may have 'user',
 *                            'replace_key', and the times 'occurred_at',
 *                            'deliver_at' and 'expires_at', in UTC as in
 *                            2027-05-27T07:03:00Z. Or 'cancels' alone: the
 *                            replace_key of what is scheduled.
 */
function vyte_hooks_publish( array $notification ) {
	if ( empty( $notification['cancels'] ) ) {
		$now           = new DateTimeImmutable( 'now', new DateTimeZone( 'UTC' ) );
		$notification += array( 'occurred_at' => $now->format( 'Y-m-d\TH:i:s.v\Z' ) );

		$notification['resource'] = (object) $notification['resource'];
	}
	$notification = array_filter( $notification, static fn( $member ) => null !== $member );

	$id = wp_generate_uuid4();
	add_option( VYTE_HOOKS_WAITING . $id, array( 'body' => vyte_hooks_json( $notification ) ), '', false );
	if ( 'sql' === vyte_hooks_settings()['method'] ) {
		vyte_hooks_try( $id ); // In the transaction of the change.
	} elseif ( ! has_action( 'shutdown', 'vyte_hooks_shutdown' ) ) {
		add_action( 'shutdown', 'vyte_hooks_shutdown', 100 );
	}
}

/**
 * JSON in letters of ASCII, whatever bytes there are in a text.
 *
 * @param mixed $value What to write.
 */
function vyte_hooks_json( $value ) {
	return wp_json_encode( $value, JSON_INVALID_UTF8_SUBSTITUTE | JSON_PARTIAL_OUTPUT_ON_ERROR );
}

/**
 * Sends what waits when the page is done, where the server can tell.
 */
function vyte_hooks_shutdown() {
	if ( function_exists( 'fastcgi_finish_request' ) ) {
		fastcgi_finish_request();
	}
	vyte_hooks_drain( VYTE_HOOKS_PAGE );
}

/**
 * Sends what waits, in its order, until the service is busy or away. Then it
 * is left alone for a while, so that not every page is held up.
 *
 * @param int $seconds No other request begins after them.
 */
function vyte_hooks_drain( $seconds = 20 ) {
	$failure = get_transient( 'vyte_hooks_failure' );
	if ( $failure && time() < $failure['until'] ) {
		return;
	}
	$end = time() + $seconds;
	foreach ( vyte_hooks_ids( VYTE_HOOKS_WAITING ) as $id ) {
		if ( time() >= $end || ! vyte_hooks_try( $id ) ) {
			return;
		}
	}
}

/**
 * The ids of what waits or was refused, the oldest first.
 *
 * @param string $prefix Which of the two.
 */
function vyte_hooks_ids( $prefix ) {
	global $wpdb;
	$names = $wpdb->get_col(
		$wpdb->prepare(
			"SELECT option_name FROM $wpdb->options WHERE option_name LIKE %s ORDER BY option_id LIMIT 1000",
			$wpdb->esc_like( $prefix ) . '%'
		)
	);
	return array_map( static fn( $name ) => substr( $name, strlen( $prefix ) ), $names );
}

/**
 * Tries to publish what waits; false when the service is busy or away.
 *
 * @param string $id Its id and idempotency key.
 */
function vyte_hooks_try( $id ) {
	wp_cache_delete( VYTE_HOOKS_WAITING . $id, 'options' ); // It may be rolled back.
	$waiting = get_option( VYTE_HOOKS_WAITING . $id );
	if ( ! $waiting ) {
		return true;
	}
	$error = vyte_hooks_send( $id, $waiting['body'] );
	if ( $error ) {
		$why = array( 'message' => $error->get_error_message() ) + $error->get_error_data();
		if ( ! $why['refused'] ) {
			set_transient( 'vyte_hooks_failure', $why, WEEK_IN_SECONDS );
			return false;
		}
		add_option( VYTE_HOOKS_REFUSED . $id, $waiting + $why, '', false );
	}
	delete_option( VYTE_HOOKS_WAITING . $id );
	return true;
}

/**
 * Publishes as the settings say: null, or a WP_Error.
 *
 * @param string $id   The idempotency key.
 * @param string $body The notification as JSON.
 */
function vyte_hooks_send( $id, $body ) {
	$settings = vyte_hooks_settings();
	return 'sql' === $settings['method']
		? vyte_hooks_insert( $settings, $id, json_decode( $body ) )
		: vyte_hooks_request( $settings, $id, $body );
}

/**
 * Publishes with an INSERT; null, or a WP_Error.
 *
 * @param array    $settings     The settings.
 * @param string   $id           The idempotency key.
 * @param stdClass $notification The notification.
 */
function vyte_hooks_insert( $settings, $id, $notification ) {
	global $wpdb;
	$columns = array();
	foreach ( VYTE_HOOKS_COLUMNS as $name ) {
		$value = $notification->$name ?? null;
		if ( is_object( $value ) ) {
			$columns[ $name ] = vyte_hooks_json( $value );
		} elseif ( null !== $value ) {
			$columns[ $name ] = '_at' === substr( $name, -3 ) ? rtrim( $value, 'Z' ) : $value;
		}
	}
	$columns['idempotency_key'] = $id;

	$names    = implode( ', ', array_keys( $columns ) );
	$marks    = str_repeat( ', %s', count( $columns ) );
	$quiet    = $wpdb->suppress_errors();
	$inserted = $wpdb->query(
		$wpdb->prepare(
			// phpcs:ignore WordPress.DB.PreparedSQL -- the table was checked, the columns are ours.
			"INSERT INTO {$settings['table']} (organization, $names) VALUES (UNHEX(%s)$marks)",
			$settings['organization'],
			...array_values( $columns )
		)
	);
	$wpdb->suppress_errors( $quiet );
	return $inserted ? null : vyte_hooks_error( $wpdb->last_error );
}

/**
 * Publishes with a request; null, or a WP_Error.
 *
 * @param array  $settings The settings.
 * @param string $id       The idempotency key.
 * @param string $body     The notification as JSON.
 */
function vyte_hooks_request( $settings, $id, $body ) {
	$cancels = json_decode( $body )->cancels ?? null;
	$answer  = wp_remote_request(
		$settings['url'] . '/v2/notifications' . ( $cancels ? '?replace_key=' . rawurlencode( $cancels ) : '' ),
		array(
			'method'      => $cancels ? 'DELETE' : 'POST',
			'timeout'     => VYTE_HOOKS_TIMEOUT,
			'redirection' => 0, // The key is for this service alone.
			'headers'     => array(
				'Authorization'   => $settings['key'],
				'Content-Type'    => 'application/json',
				'Idempotency-Key' => $id,
			),
			'body'        => $cancels ? '' : $body,
		)
	);
	if ( is_wp_error( $answer ) ) {
		return vyte_hooks_error( $answer->get_error_message() );
	}
	$status = wp_remote_retrieve_response_code( $answer );
	// To cancel what is not scheduled, or on its way already, changes nothing.
	if ( in_array( $status, $cancels ? array( 204, 404, 409 ) : array( 202 ), true ) ) {
		return null;
	}
	$problem = json_decode( wp_remote_retrieve_body( $answer ) );
	$detail  = $problem->errors[0]->detail ?? $problem->detail ?? '';
	return vyte_hooks_error(
		trim( "HTTP $status $detail" ),
		in_array( $status, array( 400, 409, 413 ), true ),
		(int) wp_remote_retrieve_header( $answer, 'retry-after' )
	);
}

/**
 * Why something was not published.
 *
 * @param string $message The reason.
 * @param bool   $refused Whether to try again is of no use.
 * @param int    $wait    Seconds that the service wants.
 */
function vyte_hooks_error( $message, $refused = false, $wait = 0 ) {
	$data = array(
		'refused' => $refused,
		'until'   => time() + min( max( $wait, MINUTE_IN_SECONDS ), HOUR_IN_SECONDS ),
	);
	return new WP_Error( 'vyte_hooks', sanitize_text_field( $message ), $data );
}

/* ---- WP-Cron, and what comes and goes with the plugin. ---- */

add_action( 'vyte_hooks_cron', 'vyte_hooks_drain', 10, 0 );
add_filter( 'cron_schedules', 'vyte_hooks_schedules' ); // phpcs:ignore WordPress.WP.CronInterval

/**
 * Every five minutes: one query when nothing waits.
 *
 * @param array $schedules The intervals of WP-Cron.
 */
function vyte_hooks_schedules( $schedules ) {
	$schedules['vyte_hooks'] = array(
		'interval' => 5 * MINUTE_IN_SECONDS,
		'display'  => 'Vyte Hooks',
	);
	return $schedules;
}

register_activation_hook( __FILE__, 'vyte_hooks_activate' );
register_deactivation_hook( __FILE__, 'vyte_hooks_deactivate' );

/**
 * Begins to look for what waits.
 */
function vyte_hooks_activate() {
	register_uninstall_hook( __FILE__, 'vyte_hooks_uninstall' );
	if ( ! wp_next_scheduled( 'vyte_hooks_cron' ) ) {
		wp_schedule_event( time(), 'vyte_hooks', 'vyte_hooks_cron' );
	}
}

/**
 * Ends it; what waits is kept.
 */
function vyte_hooks_deactivate() {
	wp_clear_scheduled_hook( 'vyte_hooks_cron' );
}

/**
 * Leaves nothing.
 */
function vyte_hooks_uninstall() {
	delete_option( 'vyte_hooks' );
	delete_transient( 'vyte_hooks_failure' );
	foreach ( array( VYTE_HOOKS_WAITING, VYTE_HOOKS_REFUSED ) as $prefix ) {
		vyte_hooks_discard( $prefix );
	}
}

/**
 * Deletes all that waits, or all that was refused.
 *
 * @param string $prefix Which of the two.
 */
function vyte_hooks_discard( $prefix ) {
	foreach ( vyte_hooks_ids( $prefix ) as $id ) {
		delete_option( $prefix . $id );
	}
}

/* ---- The page of settings. ---- */

if ( is_admin() ) {
	add_action( 'admin_init', 'vyte_hooks_register' );
	add_action( 'admin_menu', 'vyte_hooks_menu' );
	add_action( 'admin_post_vyte_hooks', 'vyte_hooks_admin_post' );
}

/**
 * Has options.php check and keep the settings.
 */
function vyte_hooks_register() {
	register_setting( 'vyte_hooks', 'vyte_hooks', array( 'sanitize_callback' => 'vyte_hooks_sanitize' ) );
}

/**
 * Enters the page.
 */
function vyte_hooks_menu() {
	add_options_page( 'Vyte Hooks', 'Vyte Hooks', 'manage_options', 'vyte-hooks', 'vyte_hooks_page' );
}

/**
 * Checks what was entered. What is wrong stays as it was.
 *
 * @param array $input The fields of the form.
 */
function vyte_hooks_sanitize( $input ) {
	$old = vyte_hooks_settings();
	$new = array( 'method' => 'sql' === ( $input['method'] ?? '' ) ? 'sql' : 'http' );

	// In the clear the key goes to this machine only.
	$patterns = array(
		'url'          => '~^(https://[^\s?#]+|http://(localhost|127\.0\.0\.1)(:\d+)?(/[^\s?#]*)?|)$~D',
		'table'        => '/^\w+(\.\w+)?$/D',
		'organization' => '/^([0-9a-f]{24}|)$/D',
		'key'          => '/^[\w-]*$/D',
	);
	foreach ( $patterns as $name => $pattern ) {
		$new[ $name ] = trim( $input[ $name ] ?? $old[ $name ] );
		if ( ! preg_match( $pattern, $new[ $name ] ) ) {
			vyte_hooks_invalid( $name );
			$new[ $name ] = $old[ $name ];
		}
	}
	$new['url'] = untrailingslashit( $new['url'] );
	// The page never has the key. To another address the old one does not go.
	if ( '' === $new['key'] && $new['url'] === $old['url'] ) {
		$new['key'] = $old['key'];
	}
	// Those of WooCommerce stay while it is not active.
	$actions        = array_merge( $old['actions'], array_map( 'trim', $input['actions'] ?? array() ) );
	$actions        = array_filter( $actions, 'strlen' );
	$new['actions'] = preg_grep( '/^[\w-]+(\.[\w-]+)*$/D', $actions );
	if ( $new['actions'] !== $actions ) {
		vyte_hooks_invalid( 'actions' );
	}
	return $new;
}

/**
 * Says that a setting is not taken.
 *
 * @param string $name Its name.
 */
function vyte_hooks_invalid( $name ) {
	/* translators: %s: the name of a setting. */
	add_settings_error( 'vyte_hooks', $name, sprintf( __( 'This is not valid: %s', 'vyte-hooks' ), $name ) );
}

/**
 * A row of the form.
 *
 * @param string $name       The setting.
 * @param string $label      What it is called.
 * @param string $value      What the field holds.
 * @param array  $attributes More of the field.
 */
function vyte_hooks_field( $name, $label, $value, $attributes = array() ) {
	$attributes += array(
		'class' => 'regular-text code',
		'type'  => 'text',
		'name'  => "vyte_hooks$name",
		'id'    => "vyte_hooks$name",
		'value' => $value,
	);
	printf( '<tr><th scope="row"><label for="%s">%s</label></th><td><input', esc_attr( "vyte_hooks$name" ), esc_html( $label ) );
	foreach ( $attributes as $attribute => $text ) {
		printf( ' %s="%s"', esc_attr( $attribute ), esc_attr( $text ) );
	}
	echo '></td></tr>';
}

/**
 * Shows the page.
 */
function vyte_hooks_page() {
	$settings = vyte_hooks_settings();
	$methods  = array(
		'http' => __( 'By HTTP', 'vyte-hooks' ),
		'sql'  => __( 'With SQL, where the service has its tables on the database server of WordPress', 'vyte-hooks' ),
	);
	?>
	<div class="wrap">
		<h1><?php echo esc_html( get_admin_page_title() ); ?></h1>
		<form action="options.php" method="post">
			<?php settings_fields( 'vyte_hooks' ); ?>
			<table class="form-table" role="presentation">
				<tr>
					<th scope="row"><?php esc_html_e( 'Publish', 'vyte-hooks' ); ?></th>
					<td>
						<?php foreach ( $methods as $method => $label ) : ?>
							<label>
								<input type="radio" name="vyte_hooks[method]" value="<?php echo esc_attr( $method ); ?>"
									<?php checked( $method, $settings['method'] ); ?>>
								<?php echo esc_html( $label ); ?>
							</label><br>
						<?php endforeach; ?>
					</td>
				</tr>
				<?php
				$kept = $settings['key'] ? __( 'unchanged', 'vyte-hooks' ) : '';
				vyte_hooks_field( '[url]', __( 'Address of the service', 'vyte-hooks' ), $settings['url'], array( 'type' => 'url' ) );
				vyte_hooks_field(
					'[key]',
					__( 'Key with the role publish', 'vyte-hooks' ),
					'',
					array(
						'type'         => 'password',
						'placeholder'  => $kept,
						'autocomplete' => 'off',
					)
				);
				vyte_hooks_field( '[table]', __( 'Table, for SQL', 'vyte-hooks' ), $settings['table'] );
				vyte_hooks_field( '[organization]', __( 'Organization, for SQL', 'vyte-hooks' ), $settings['organization'] );
				?>
			</table>
			<h2><?php esc_html_e( 'Actions', 'vyte-hooks' ); ?></h2>
			<p><?php esc_html_e( 'What is published as which action of the service. Where a field is empty, nothing is.', 'vyte-hooks' ); ?></p>
			<table class="form-table" role="presentation">
				<?php
				foreach ( vyte_hooks_sources() as $hook => list( $label, $suggested ) ) {
					vyte_hooks_field( "[actions][$hook]", $label, $settings['actions'][ $hook ] ?? '', array( 'placeholder' => $suggested ) );
				}
				?>
			</table>
			<?php submit_button(); ?>
		</form>
		<?php vyte_hooks_page_state( $settings ); ?>
	</div>
	<?php
}

/**
 * Shows what waits and what was refused, and the buttons.
 *
 * @param array $settings The settings.
 */
function vyte_hooks_page_state( $settings ) {
	$waiting = vyte_hooks_ids( VYTE_HOOKS_WAITING );
	$refused = vyte_hooks_ids( VYTE_HOOKS_REFUSED );
	$failure = get_transient( 'vyte_hooks_failure' );
	?>
	<h2><?php esc_html_e( 'State', 'vyte-hooks' ); ?></h2>
	<p>
		<?php
		/* translators: 1: how many wait, 2: how many were refused. */
		echo esc_html( sprintf( __( 'Waiting: %1$d. Refused: %2$d.', 'vyte-hooks' ), count( $waiting ), count( $refused ) ) );
		?>
	</p>
	<?php if ( $waiting && $failure ) : ?>
		<p><?php echo esc_html( __( 'Last failure:', 'vyte-hooks' ) . " {$failure['message']}" ); ?></p>
	<?php endif; ?>
	<ul>
		<?php foreach ( array_slice( $refused, -20 ) as $id ) : ?>
			<?php $one = get_option( VYTE_HOOKS_REFUSED . $id ); ?>
			<li><code><?php echo esc_html( $one['body'] ); ?></code>: <?php echo esc_html( $one['message'] ); ?></li>
		<?php endforeach; ?>
	</ul>
	<form action="<?php echo esc_url( admin_url( 'admin-post.php' ) ); ?>" method="post">
		<input type="hidden" name="action" value="vyte_hooks">
		<?php wp_nonce_field( 'vyte_hooks' ); ?>
		<p>
			<label for="vyte_hooks_test"><?php esc_html_e( 'Action for a test', 'vyte-hooks' ); ?></label>
			<input type="text" class="code" id="vyte_hooks_test" name="test" value="<?php echo esc_attr( (string) reset( $settings['actions'] ) ); ?>">
			<button class="button" name="do" value="test"><?php esc_html_e( 'Publish a test', 'vyte-hooks' ); ?></button>
			<button class="button" name="do" value="drain"><?php esc_html_e( 'Send what waits', 'vyte-hooks' ); ?></button>
			<button class="button" name="do" value="discard"><?php esc_html_e( 'Discard what was refused', 'vyte-hooks' ); ?></button>
		</p>
	</form>
	<?php
}

/**
 * Does what a button says, and shows the page again.
 */
function vyte_hooks_admin_post() {
	if ( ! current_user_can( 'manage_options' ) ) {
		wp_die( esc_html__( 'You may not do this.', 'vyte-hooks' ), '', 403 );
	}
	check_admin_referer( 'vyte_hooks' );
	$do    = sanitize_key( $_POST['do'] ?? '' );
	$error = null;
	if ( 'test' === $do ) {
		$notification = array(
			'action'   => sanitize_text_field( wp_unslash( $_POST['test'] ?? '' ) ),
			'resource' => array(
				'test' => true,
				'url'  => home_url(),
			),
		);
		$error        = vyte_hooks_send( wp_generate_uuid4(), vyte_hooks_json( $notification ) );
	} elseif ( 'drain' === $do ) {
		delete_transient( 'vyte_hooks_failure' );
		vyte_hooks_drain();
	} elseif ( 'discard' === $do ) {
		vyte_hooks_discard( VYTE_HOOKS_REFUSED );
	}
	if ( $error ) {
		add_settings_error( 'vyte_hooks', $do, $error->get_error_message() );
	} else {
		add_settings_error( 'vyte_hooks', $do, __( 'Done.', 'vyte-hooks' ), 'success' );
	}
	set_transient( 'settings_errors', get_settings_errors(), 30 );
	wp_safe_redirect( admin_url( 'options-general.php?page=vyte-hooks&settings-updated=true' ) );
	exit;
}
