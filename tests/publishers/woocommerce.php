<?php

// SPDX-License-Identifier: MIT

/*
 * A stand-in for the few functions of WooCommerce that vyte-hooks.php calls:
 * Debian has no WooCommerce. What a test writes to WC_Order::$all is there.
 */

class WC_Order
{
    public static array $all = [];

    public function __construct(private array $fields)
    {
    }

    // get_status(), get_total(), ...
    public function __call($name, $arguments)
    {
        return $this->fields[substr($name, strlen('get_'))];
    }
}

function wc_get_order($id)
{
    return isset(WC_Order::$all[$id]) ? new WC_Order(WC_Order::$all[$id]) : false;
}

WC_Order::$all[42] = [
    'status' => 'completed',
    'order_number' => 'A-42',
    'total' => '19.90',
    'currency' => 'EUR',
    'customer_id' => 7,
];
WC_Order::$all[43] = ['status' => 'checkout-draft'];
WC_Order::$all[44] = ['amount' => '5.00'];
