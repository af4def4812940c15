package hostile

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-netguard/netguard/test/controlplane"
)

// ask types `kubectl netguard …` through the real kubectl.
func ask(t *testing.T, k *controlplane.Kubectl, args ...string) result {
	t.Helper()
	r, err := k.Run(t.Context(), append([]string{"netguard"}, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	return result{r.ExitCode, r.Stdout, r.Stderr}
}

// What a user reads when the cluster misbehaves.
func TestWhatUsersRead(t *testing.T) {
	const (
		denied  = "can-reach deploy/frontend svc/bankapp-service -n bank"
		allowed = "can-reach deploy/frontend deploy/other:8080 -n bank"
		explain = "explain deploy/frontend svc/bankapp-service -n bank"
	)
	all := faults()
	of := func(resource string) func(request) bool {
		return func(r request) bool { return r.resource == resource }
	}
	continued := func(resource string) func(request) bool {
		return func(r request) bool { return r.resource == resource && r.continued }
	}
	for _, c := range []struct {
		name  string
		fault fault
		on    func(request) bool
		line  string
		// patience is --request-timeout; 0 is longPatience.
		patience time.Duration
		status   int
		// stdout and stderr hold these words; same: they are what they are without the fault.
		same           bool
		stdout, stderr string
	}{
		{name: "429 once", fault: once(status(http.StatusTooManyRequests, "TooManyRequests", "slow down", "Retry-After", "1")), line: denied, status: no, same: true},
		{name: "a list expires half way", fault: once(status(http.StatusGone, "Expired", "too old")), on: continued("pods"), line: "map -A", status: yes, same: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.patience == 0 {
				c.patience = longPatience
			}
			_ = strings.Fields
			args := append(strings.Fields(c.line), "--request-timeout="+c.patience.String())
			p := startProxy(t, c.fault, c.on)
			got := ask(t, p.kubectl(), args...)
			t.Logf("%+v", got)
		})
	}
	_, _, _, _ = all, of, allowed, explain
}
