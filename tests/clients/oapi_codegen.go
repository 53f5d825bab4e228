// SPDX-License-Identifier: MIT

// With the client that oapi-codegen makes: URL KEY TARGET.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	"clients/hooks"
)

var (
	client *hooks.ClientWithResponses
	with   = context.Background()
	id     string
)

func ok(step string) {
	fmt.Println("ok", step)
}

// must ends the program unless all went well and the condition holds.
func must(err error, holds bool, what ...any) {
	if err != nil || !holds {
		log.Panicln(append(what, err)...)
	}
}

func to[T any](value T) *T {
	return &value
}

func notification(title string) hooks.NotificationNew {
	return hooks.NotificationNew{Action: "event.created",
		Resource: map[string]interface{}{"title": title}}
}

// delivered gives the deliveries of the hook, once so many have arrived.
func delivered(count int) []hooks.Delivery {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		found, err := client.ListDeliveriesWithResponse(with,
			&hooks.ListDeliveriesParams{Hook: &id,
				State: to(hooks.DeliveryStateDelivered)})
		must(err, found.JSON200 != nil, found)
		if len(*found.JSON200) >= count {
			return *found.JSON200
		}
		time.Sleep(200 * time.Millisecond)
	}
	log.Panicln("nothing arrives")
	return nil
}

func lifeOfAHook(target string) {
	created, err := client.CreateHookWithResponse(with, nil, hooks.HookNew{
		TargetUrl: target,
		Action:    "event.*",
		Scope:     to(hooks.ScopeOrganization),
		Headers:   &map[string]string{"X-Token": "xyzzy"},
	})
	must(err, created.JSON201 != nil, string(created.Body))
	hook := created.JSON201
	must(nil, hook.State.Is == "healthy" && hook.State.Until == nil, hook)
	id = hook.UnderscoreId
	ok("create")

	all, err := client.ListHooksWithResponse(with, nil)
	must(err, len(*all.JSON200) > 0, string(all.Body))
	none, err := client.ListHooksWithResponse(with,
		&hooks.ListHooksParams{Action: to("user.joined"), Limit: to(1)})
	must(err, len(*none.JSON200) == 0, string(none.Body))
	ok("list")

	got, err := client.GetHookWithResponse(with, id, nil)
	must(err, got.JSON200.Headers["X-Token"] == "xyzzy", string(got.Body))
	ok("get")

	changed, err := client.ChangeHookWithResponse(with, id, nil,
		hooks.HookChange{Action: to("*"), RateLimit: to(1000)})
	must(err, changed.JSON200.Action == "*" &&
		changed.JSON200.RateLimit == 1000, string(changed.Body))
	ok("change")
}

func publishing() {
	var body hooks.NotificationsNew
	must(body.FromNotificationNew(notification("One")), true)
	answer, err := client.PublishWithResponse(with,
		&hooks.PublishParams{IdempotencyKey: to("oapi_codegen.go")}, body)
	must(err, answer.JSON202 != nil, string(answer.Body))
	one, err := answer.JSON202.AsPublished()
	must(err, one.Action == "event.created" && one.User == nil, one)
	ok("publish")

	must(body.FromNotificationsNew1([]hooks.NotificationNew{
		notification("Two"), notification("Three")}), true)
	answer, err = client.PublishWithResponse(with, nil, body)
	must(err, answer.JSON202 != nil, string(answer.Body))
	many, err := answer.JSON202.AsPublishedAll1()
	must(err, len(many) == 2, many)
	ok("publish many")

	arrived := delivered(3)
	must(nil, arrived[0].NextAttemptAt == nil && arrived[0].FinishedAt != nil,
		arrived)
	full, err := client.GetDeliveryWithResponse(with,
		arrived[0].UnderscoreId, nil)
	must(err, *full.JSON200.Attempts[0].Status == 200 &&
		full.JSON200.Attempts[0].Error == nil, string(full.Body))
	shown, err := client.GetNotificationWithResponse(with,
		one.UnderscoreId, nil)
	must(err, len(shown.JSON200.Deliveries) == 1, string(shown.Body))
	ok("deliveries")
}

func theRest() {
	old, err := client.GetSecretWithResponse(with, id, nil)
	must(err, true)
	fresh, err := client.RotateSecretWithResponse(with, id, nil,
		hooks.Rotation{Overlap: to("1h")})
	must(err, strings.HasPrefix(fresh.JSON200.Secret, "whsec_") &&
		fresh.JSON200.Secret != old.JSON200.Secret)
	ok("rotate")

	ping, err := client.PingHookWithResponse(with, id, nil)
	must(err, ping.JSON202 != nil && ping.JSON202.Action == "ping",
		string(ping.Body))
	delivered(4)
	ok("ping")

	count, err := client.ResumeHookWithResponse(with, id, nil)
	must(err, count.JSON202 != nil && count.JSON202.Count == 0,
		string(count.Body))
	ok("resume")

	stats, err := client.GetStatsWithResponse(with,
		&hooks.GetStatsParams{Hook: &id})
	must(err, stats.JSON200.Sender.Alive, string(stats.Body))
	organization, err := client.GetOrganizationWithResponse(with, nil)
	must(err, organization.JSON200.Stored.Limit == 10<<30,
		string(organization.Body))
	ok("figures")
}

func end() {
	bad, err := client.CreateHookWithResponse(with, nil,
		hooks.HookNew{TargetUrl: "x", Action: "event.created"})
	must(err, bad.StatusCode() == 400, bad.Status())
	problem := *bad.ApplicationproblemJSON400
	must(nil, (*problem.Errors)[0].Pointer == "/target_url", problem)
	ok("refused")

	deleted, err := client.DeleteHookWithResponse(with, id, nil)
	must(err, deleted.StatusCode() == 204, deleted.Status())
	gone, err := client.GetHookWithResponse(with, id, nil)
	must(err, gone.StatusCode() == 404, gone.Status())
	ok("delete")
}

func main() {
	key := func(_ context.Context, request *http.Request) error {
		request.Header.Set("Authorization", "Bearer "+os.Args[2])
		return nil
	}
	var err error
	client, err = hooks.NewClientWithResponses(os.Args[1],
		hooks.WithRequestEditorFn(key))
	must(err, true)
	lifeOfAHook(os.Args[3])
	publishing()
	theRest()
	end()
}
