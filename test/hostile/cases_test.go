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

const (
	isDenied  = "can-reach deploy/frontend svc/bankapp-service -n bank"
	isAllowed = "can-reach deploy/frontend deploy/other:8080 -n bank"
)

// What a user reads when the cluster misbehaves.
func TestWhatUsersRead(t *testing.T) {
	all := faults()
	of := func(resource string) func(request) bool {
		return func(r request) bool { return r.resource == resource }
	}
	continued := func(r request) bool { return r.continued }
	for name, c := range map[string]struct {
		fault fault
		on    func(request) bool
		line  string
		// patience is --request-timeout; 0 is longPatience.
		patience time.Duration
		status   int
		// says are words of stdout, or of stderr for an error; none means that all is as without the fault.
		says []string
	}{
		"429 once is waited for":     {fault: once(status(http.StatusTooManyRequests, "TooManyRequests", "slow down", "Retry-After", "1")), line: isDenied, status: no},
		"429 without an end":         {fault: all["429 for an hour"], on: of("networkpolicies"), line: isAllowed, patience: 5 * time.Second, status: undecided, says: []string{"unknown", "list networkpolicies"}},
		"500":                        {fault: all["500"], on: of("networkpolicies"), line: isAllowed, status: undecided, says: []string{"unknown", "list networkpolicies"}},
		"500 where it does not bear": {fault: all["500"], on: of("daemonsets"), line: isAllowed, status: yes},
		"500, explained":             {fault: all["500"], on: of("networkpolicies"), line: "explain deploy/frontend deploy/other:8080 -n bank", status: undecided, says: []string{"UNKNOWN", "netguard could not list networkpolicies", "etcdserver: request timed out"}},
		"500, all of it":             {fault: all["500"], line: "map -A", status: undecided, says: []string{"Not read", "etcdserver: request timed out"}},
		"a page expires":             {fault: once(status(http.StatusGone, "Expired", "The provided continue parameter is too old")), on: continued, line: "map -A", status: yes},
		"pages expire all the time":  {fault: all["410"], on: continued, line: "map -A", status: yes},
		"a body is cut":              {fault: all["cut body"], on: of("networkpolicies"), line: isAllowed, status: undecided, says: []string{"unknown", "list networkpolicies"}},
		"a page is cut":              {fault: all["short body"], on: continued, line: "who-can-reach svc/bankapp-service -n bank", status: undecided, says: []string{"Not read", "could not list pods"}},
		"it hangs": {fault: all["hangs"], on: of("networkpolicies"), line: isAllowed, patience: time.Second, status: undecided,
			says: []string{"unknown", "list networkpolicies"}},
		"it hangs, explained": {fault: all["hangs"], on: of("networkpolicies"), line: "explain deploy/frontend deploy/other:8080 -n bank", patience: time.Second, status: undecided,
			says: []string{"the API server took too long to answer (--request-timeout)"}},
		"it hangs from the start": {fault: all["hangs"], line: isAllowed, patience: time.Second, status: failed, says: []string{"cannot reach the API server at https://", "no answer in time"}},
		"it hangs in the body":    {fault: all["hangs in the body"], on: of("pods"), line: isAllowed, patience: time.Second, status: undecided, says: []string{"unknown"}},
		"expired credentials":     {fault: always(status(http.StatusUnauthorized, "Unauthorized", "Unauthorized")), line: "map -A", status: failed, says: []string{"rejected the credentials (401 Unauthorized): log in again"}},
		"credentials expire on the way": {fault: always(status(http.StatusUnauthorized, "Unauthorized", "Unauthorized")), on: continued, line: "map -A", status: failed,
			says: []string{"rejected the credentials (401 Unauthorized): log in again"}},
		"a login page":            {fault: all["login page"], line: "map -A", status: failed, says: []string{"what answers is no Kubernetes API server, it says 200 with text/html", "check --context"}},
		"a redirect to one":       {fault: all["redirect to a login"], line: "map -A", status: failed, says: []string{"it says 200 with text/html"}},
		"a login page on the way": {fault: all["login page"], on: of("networkpolicies"), line: isAllowed, status: undecided, says: []string{"unknown", "list networkpolicies"}},
		"a stale discovery document": { // It names a kind that is gone since.
			fault: always(status(http.StatusNotFound, "NotFound", "the server could not find the requested resource")), on: of("ciliumnetworkpolicies"), line: isAllowed, status: yes},
		"policy kinds cannot be discovered": {fault: all["500"], on: of("discovery"), line: isAllowed, status: undecided, says: []string{"unknown", "every policy kind"}},
		"no NetworkPolicies are served": {
			fault: always(status(http.StatusNotFound, "NotFound", "the server could not find the requested resource")), on: of("networkpolicies"), line: isAllowed, status: undecided, says: []string{"unknown", "list networkpolicies"}},
		"no Gateway API": {
			fault: always(page404), on: func(r request) bool { return r.resource == "group gateway.networking.k8s.io" }, line: "scaffold svc/bankapp-service -n bank", status: yes},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.patience == 0 {
				c.patience = longPatience
			}
			p := startProxy(t, c.fault, c.on)
			got := ask(t, p.kubectl(), append(strings.Fields(c.line), "--request-timeout="+c.patience.String())...)
			if !p.misbehaved() {
				t.Fatal("there was no occasion for the fault")
			}
			if got.status != c.status {
				t.Errorf("exit status %d, want %d", got.status, c.status)
			}
			switch {
			case c.status == failed:
				if got.stdout != "" || strings.Count(got.stderr, "\n") != 1 || !strings.HasPrefix(got.stderr, "error: ") {
					t.Errorf("want one line on stderr and nothing else")
				}
				says(t, got.stderr, c.says)
			case len(c.says) == 0:
				if right := ask(t, startProxy(t, nil, nil).kubectl(), strings.Fields(c.line)...); got.stdout != right.stdout {
					t.Errorf("without the fault it says\n%s", right.stdout)
				}
			default:
				says(t, got.stdout, c.says)
			}
			if t.Failed() {
				t.Logf("%s: got %d\n%s--- stderr\n%s", c.line, got.status, got.stdout, got.stderr)
			}
		})
	}
}

// page404 is what an API server says for a path that it does not serve.
func page404(w http.ResponseWriter, r *http.Request) {
	http.Error(w, "404 page not found", http.StatusNotFound)
}

// says expects words in a text, however its lines are broken.
func says(t *testing.T, text string, words []string) {
	t.Helper()
	text = strings.Join(strings.Fields(text), " ")
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("it does not say %q", w)
		}
	}
}

// An aggregated API server that is down takes its group with it, and nothing else: what is in the group is not known where
// it could be policies, and does not matter elsewhere.
func TestAggregatedAPIsThatAreDown(t *testing.T) {
	for _, c := range []struct {
		group  string
		status int
		says   string
	}{
		{"metrics.k8s.io", yes, "yes"},
		{"projectcalico.org", undecided, "discover GlobalNetworkPolicy.projectcalico.org"},
	} {
		t.Run(c.group, func(t *testing.T) {
			api := `{"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": "v3.` + c.group + `"},
				"spec": {"group": "` + c.group + `", "version": "v3", "groupPriorityMinimum": 100, "versionPriority": 100,
				"insecureSkipTLSVerify": true, "service": {"namespace": "bank", "name": "bankapp-service", "port": 80}}}`
			if r, err := cluster.Admin.RunWithInput(t.Context(), api, "apply", "-f", "-"); err != nil || r.ExitCode != 0 {
				t.Fatal(err, r.Stderr)
			}
			t.Cleanup(func() {
				if _, err := cluster.Admin.Must(background(), "delete", "apiservice", "v3."+c.group, "--wait"); err != nil {
					t.Error(err)
				}
			})
			if _, err := cluster.Admin.Must(t.Context(), "wait", "apiservice", "v3."+c.group, "--for=condition=Available=false", "--timeout=60s"); err != nil {
				t.Fatal(err)
			}
			// The discovery document notes it a little later.
			var got result
			for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Second) {
				got = ask(t, cluster.Admin, append(strings.Fields(isAllowed), "--request-timeout=30s")...)
				if got.status == c.status || time.Now().After(deadline) {
					break
				}
			}
			if got.status != c.status || !strings.Contains(got.stdout, c.says) {
				t.Errorf("got %+v, want exit status %d and %q", got, c.status, c.says)
			}
			// What policies deny, they deny, whatever else there is: but for kinds that may let it in again.
			if got := ask(t, cluster.Admin, strings.Fields(isDenied)...); got.status == yes {
				t.Errorf("got %+v", got)
			}
		})
	}
}
