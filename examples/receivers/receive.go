// SPDX-License-Identifier: MIT

// A receiver to copy from: Go 1.16 or newer, with a driver for MySQL.
//
// verify and Inbox are all that an application needs; verify follows Standard
// Webhooks. Run as a program it answers 204 to a genuine request and 400 to any
// other:
//
//	receive [PORT [SECRET_FILE]]
//
// SECRET_FILE holds the hook's secret (whsec_...). WEBHOOK_DATABASE names the
// database, in which inbox.sql has made two tables, such as
// "app:password@unix(/run/mysqld/mysqld.sock)/app". To build it:
//
//	go mod init receive && go get github.com/go-sql-driver/mysql && go build
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	_ "github.com/go-sql-driver/mysql"
)

// A captured request must be of no use after a few minutes.
const toleranceSeconds = 300

// A batch is at most 1 MiB.
const bodyMax = 2 << 20

// verify says whether the body, the bytes as received, is genuine.
func verify(secret string, header http.Header, body []byte) bool {
	id, timestamp := header.Get("webhook-id"), header.Get("webhook-timestamp")
	seconds, err := strconv.ParseUint(timestamp, 10, 40)
	age := time.Now().Unix() - int64(seconds)
	if err != nil || age > toleranceSeconds || age < -toleranceSeconds {
		return false
	}
	text := strings.TrimPrefix(strings.TrimSpace(secret), "whsec_")
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(key) < 24 {
		return false // a lost secret must not become an empty key
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.%s", id, timestamp, body)
	expected := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	// While a secret is replaced, each valid one has a signature.
	for _, given := range strings.Fields(header.Get("webhook-signature")) {
		if hmac.Equal([]byte(given), []byte(expected)) {
			return true
		}
	}
	return false
}

// Message is what a body holds, one or an array of them.
type Message struct {
	Action     string
	Resource   json.RawMessage
	OccurredAt string `json:"occurred_at"`
}

// parse gives no message when the body is of another form.
func parse(body []byte) []Message {
	var batch []Message
	if json.Unmarshal(body, &batch) == nil {
		return batch
	}
	var one Message
	if json.Unmarshal(body, &one) == nil {
		return []Message{one}
	}
	return nil
}

// thing names what the message is about; empty when that has no _id.
func (message Message) thing() string {
	var resource struct {
		ID *json.RawMessage `json:"_id"`
	}
	if json.Unmarshal(message.Resource, &resource) != nil || resource.ID == nil {
		return ""
	}
	return strings.Trim(string(*resource.ID), `"`)
}

// Inbox is what has arrived, in two tables of the application's database. They
// are written in the transaction that does the work.
type Inbox struct{ db *sql.DB }

// Work is what an application does with a message, in the transaction.
type Work func(*sql.Tx, Message) error

// Judge says "received" when work was done for what is news, or why there was
// nothing to do: "repeated" or "outdated".
func (inbox Inbox) Judge(id string, body []byte, work Work) (string, error) {
	tx, err := inbox.db.Begin()
	if err != nil {
		return "", err
	}
	defer tx.Rollback() // which does nothing after the commit
	word, err := judge(tx, id, parse(body), work)
	if err != nil {
		return "", err
	}
	return word, tx.Commit()
}

func judge(
	tx *sql.Tx, id string, messages []Message, work Work,
) (string, error) {
	isNew, err := insert(tx, id)
	if err != nil || !isNew {
		return "repeated", err
	}
	// A batch counts as outdated when all its members are.
	news := len(messages) == 0
	for _, message := range messages {
		isNews, err := update(tx, message.thing(), message.OccurredAt)
		if err == nil && isNews {
			news = true
			err = work(tx, message)
		}
		if err != nil {
			return "", err
		}
	}
	if !news {
		return "outdated", nil
	}
	return "received", nil
}

// insert says whether the id has not arrived before. The same one in another
// transaction is waited for.
func insert(tx *sql.Tx, id string) (bool, error) {
	result, err := tx.Exec("INSERT IGNORE INTO webhook_ids (id) VALUES (?)", id)
	if err != nil {
		return false, err
	}
	rows, err := result.RowsAffected()
	return rows == 1, err
}

// update says whether nothing newer is known of the thing.
func update(tx *sql.Tx, thing, when string) (bool, error) {
	if thing == "" || when == "" {
		return true, nil
	}
	// As texts the times compare as they should.
	_, err := tx.Exec(`INSERT INTO webhook_latest (thing, occurred_at)
		VALUES (?, ?) ON DUPLICATE KEY
		UPDATE occurred_at = GREATEST(occurred_at, ?)`, thing, when, when)
	if err != nil {
		return false, err
	}
	var latest string
	err = tx.QueryRow(`SELECT occurred_at FROM webhook_latest
		WHERE thing = ? FOR UPDATE`, thing).Scan(&latest)
	return latest == when, err
}

type receiver struct {
	secretFile string
	inbox      Inbox
}

// status is that of the answer.
func (receiver receiver) status(header http.Header, body []byte) int {
	secret, err := os.ReadFile(receiver.secretFile)
	if err != nil || !verify(string(secret), header, body) {
		return http.StatusBadRequest
	}
	// A delivery may arrive twice, or after a later one. Work that takes
	// long belongs after the answer.
	id := header.Get("webhook-id")
	word, err := receiver.inbox.Judge(id, body,
		func(tx *sql.Tx, message Message) error { return nil })
	if err != nil {
		log.Print(err)
		return http.StatusInternalServerError // and it is sent again
	}
	log.Print(word, " ", id)
	return http.StatusNoContent
}

func (receiver receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyMax))
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	w.WriteHeader(receiver.status(r.Header, body))
}

func main() {
	port, secretFile := "8081", "secret"
	if len(os.Args) > 1 {
		port = os.Args[1]
	}
	if len(os.Args) > 2 {
		secretFile = os.Args[2]
	}
	db, err := sql.Open("mysql", os.Getenv("WEBHOOK_DATABASE"))
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("listening on http://%s/", listener.Addr())
	log.Fatal(http.Serve(listener, receiver{secretFile, Inbox{db}}))
}
