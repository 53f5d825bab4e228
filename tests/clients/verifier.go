// SPDX-License-Identifier: MIT

// Verifies what comes on standard input, an object a line, with the library of
// Standard Webhooks. A line for each: "ok", or why not.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

type delivery struct {
	Secret  string
	Headers map[string]string
	Body    []byte
}

func verify(given delivery) error {
	webhook, err := webhooks.NewWebhook(given.Secret)
	if err != nil {
		return err
	}
	headers := http.Header{}
	for name, value := range given.Headers {
		headers.Set(name, value)
	}
	return webhook.Verify(given.Body, headers)
}

func main() {
	lines := json.NewDecoder(os.Stdin)
	for {
		var given delivery
		err := lines.Decode(&given)
		if err == io.EOF {
			return
		}
		if err != nil {
			panic(err)
		}
		if err = verify(given); err != nil {
			fmt.Println(strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			fmt.Println("ok")
		}
	}
}
