package cmd

import (
	"bytes"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

func TestProgressLine(t *testing.T) {
	p := newProgress(&bytes.Buffer{}, 62)
	says := func(want string) {
		t.Helper()
		if got := p.line(); got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
	says("")
	p.Begin(snapshot.Pods)
	p.Begin(snapshot.NetworkPolicies)
	says("reading networkpolicies, pods …")
	p.Count(snapshot.Pods, 1000)
	p.Count(snapshot.Pods, 11000)
	p.Count(snapshot.NetworkPolicies, 999)
	says("reading pods (12,000 so far), networkpolicies (999 so far) …")
	p.Begin(snapshot.PolicyKinds)
	says("reading pods (12,000 so far), networkpolicies (999 so far), …")
	p.Begin(snapshot.Pods)
	p.End(snapshot.NetworkPolicies)
	p.End(snapshot.PolicyKinds)
	p.End(snapshot.Pods)
	says("reading pods (12,000 so far) …")
	p.End(snapshot.Pods)
	says("")
	p.Begin(snapshot.PolicyKinds)
	says("reading policy kinds …")
	p.width = 3
	says(" …")
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := thousands(n); got != want {
			t.Errorf("%d: got %q", n, got)
		}
	}
}

// Who is answered at once sees no line, and so nothing has to be erased.
func TestNoProgressForShortWaits(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(&out, 80)
	stop := p.start()
	p.Begin(snapshot.Pods)
	stop()
	if out.Len() > 0 {
		t.Errorf("got %q", out.String())
	}
}
