// SPDX-License-Identifier: MIT

// With the Go client of openapi-generator: URL KEY TARGET.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	made "github.com/GIT_USER_ID/GIT_REPO_ID"
)

var (
	client *made.APIClient
	with   context.Context
	hookID string
)

func ok(step string) {
	fmt.Println("ok", step)
}

// must ends the program unless the condition holds.
func must(holds bool, what ...any) {
	if !holds {
		log.Panicln(what...)
	}
}

// good is the answer to a request that must succeed.
func good[T any](answer T, _ *http.Response, err error) T {
	must(err == nil, err)
	return answer
}

func notification(title string) made.NotificationNew {
	return *made.NewNotificationNew("event.created",
		map[string]interface{}{"title": title})
}

// delivered gives the deliveries of the hook, once so many have arrived.
func delivered(count int) []made.Delivery {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		found := good(client.DeliveriesAPI.ListDeliveries(with).
			Hook(hookID).State(made.DELIVERED).Execute())
		if len(found) >= count {
			return found
		}
		time.Sleep(200 * time.Millisecond)
	}
	log.Panicln("nothing arrives")
	return nil
}

// refused is the problem of an answer that must have this status.
func refused(status int, answer *http.Response, err error) made.Problem {
	var said *made.GenericOpenAPIError
	must(errors.As(err, &said), "not refused")
	must(answer.StatusCode == status, answer.Status)
	var problem made.Problem
	must(json.Unmarshal(said.Body(), &problem) == nil, string(said.Body()))
	return problem
}

func lifeOfAHook(target string) {
	hooks := client.HooksAPI
	body := made.NewHookNew(target, "event.*")
	body.SetScope(made.ORGANIZATION)
	body.SetHeaders(map[string]string{"X-Token": "xyzzy"})
	hook := good(hooks.CreateHook(with).HookNew(*body).Execute())
	must(hook.State.Is == "healthy" && hook.State.Until.Get() == nil, hook)
	hookID = hook.Id
	ok("create")

	all := good(hooks.ListHooks(with).Execute())
	must(len(all) > 0, all)
	none := good(hooks.ListHooks(with).Action("user.joined").Limit(1).Execute())
	must(len(none) == 0, none)
	ok("list")

	got := good(hooks.GetHook(with, hookID).Execute())
	must(got.TargetUrl == target && got.Headers["X-Token"] == "xyzzy", got)
	ok("get")

	change := made.NewHookChange()
	change.SetAction("*")
	change.SetDescriptionNil()
	change.SetRateLimit(1000)
	changed := good(hooks.ChangeHook(with, hookID).HookChange(*change).Execute())
	must(changed.Action == "*" && changed.RateLimit == 1000, changed)
	ok("change")
}

func publishing() {
	one := notification("One")
	publish := client.NotificationsAPI.Publish(with)
	answer := good(publish.IdempotencyKey("generator.go").NotificationsNew(
		made.NotificationNewAsNotificationsNew(&one)).Execute())
	must(answer.Published != nil && answer.Published.User == nil, answer)
	ok("publish")

	two := []made.NotificationNew{notification("Two"), notification("Three")}
	answers := good(publish.NotificationsNew(
		made.ArrayOfNotificationNewAsNotificationsNew(&two)).Execute())
	must(len(*answers.ArrayOfPublished) == 2, answers)
	ok("publish many")

	arrived := delivered(3)
	must(arrived[0].NextAttemptAt.Get() == nil &&
		arrived[0].FinishedAt.Get() != nil, arrived)
	full := good(client.DeliveriesAPI.GetDelivery(with, arrived[0].Id).Execute())
	must(*full.Attempts[0].Status.Get() == 200 &&
		full.Attempts[0].Error.Get() == nil, full)
	shown := good(client.NotificationsAPI.GetNotification(with,
		answer.Published.Id).Execute())
	must(len(shown.Deliveries) == 1, shown)
	ok("deliveries")
}

func theRest() {
	hooks := client.HooksAPI
	old := good(client.SecretsAPI.GetSecret(with, hookID).Execute())
	rotation := made.NewRotation()
	rotation.SetOverlap("1h")
	fresh := good(client.SecretsAPI.RotateSecret(with, hookID).
		Rotation(*rotation).Execute())
	must(strings.HasPrefix(fresh.Secret, "whsec_") &&
		fresh.Secret != old.Secret)
	ok("rotate")

	ping := good(hooks.PingHook(with, hookID).Execute())
	must(ping.Action == "ping", ping)
	delivered(4)
	ok("ping")

	count := good(hooks.ResumeHook(with, hookID).Execute())
	must(count.Count == 0, count)
	ok("resume")

	stats := good(client.OperationAPI.GetStats(with).Hook(hookID).Execute())
	must(stats.Sender.Get().Alive, stats)
	organization := good(client.OperationAPI.GetOrganization(with).Execute())
	must(organization.Stored.Limit == 10<<30, organization)
	ok("figures")
}

func end() {
	hooks := client.HooksAPI
	_, answer, err := hooks.CreateHook(with).
		HookNew(*made.NewHookNew("x", "event.created")).Execute()
	problem := refused(400, answer, err)
	must(problem.Errors[0].Pointer == "/target_url", problem)
	ok("refused")

	_, err = hooks.DeleteHook(with, hookID).Execute()
	must(err == nil, err)
	_, answer, err = hooks.GetHook(with, hookID).Execute()
	refused(404, answer, err)
	ok("delete")
}

func main() {
	settings := made.NewConfiguration()
	settings.Servers[0].URL = os.Args[1]
	client = made.NewAPIClient(settings)
	with = context.WithValue(context.Background(), made.ContextAccessToken,
		os.Args[2])
	lifeOfAHook(os.Args[3])
	publishing()
	theRest()
	end()
}
