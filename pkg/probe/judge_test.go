package probe

import (
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

// A try proves something together with its controls only.
func TestJudge(t *testing.T) {
	pod := report.Object{Kind: "Pod", Namespace: "shop", Name: "web"}
	const allowed, denied, unknown = report.Allowed, report.Denied, report.Unknown
	for name, c := range map[string]struct {
		predicted     report.Verdict
		outcome       report.TryOutcome
		detail, url   string
		open, nothing report.TryOutcome // "" for no such control
		local, mesh   bool
		udp           bool
		want          report.Agreement
		means         report.Meaning
	}{
		"allowed and open":               {predicted: allowed, outcome: report.TryOpen, nothing: report.TryRefused, want: report.Agree},
		"denied and silent":              {predicted: denied, outcome: report.TryTimeout, open: report.TryOpen, want: report.Agree},
		"denied and silent, no control":  {predicted: denied, outcome: report.TryTimeout, want: report.Inconclusive, means: report.NoControl},
		"denied, the control fails, too": {predicted: denied, outcome: report.TryTimeout, open: report.TryTimeout, want: report.Inconclusive, means: report.NoControl},
		"denied and refused":             {predicted: denied, outcome: report.TryRefused, open: report.TryOpen, want: report.Agree, means: report.RefusedAsDenied},
		"denied and open":                {predicted: denied, outcome: report.TryOpen, nothing: report.TryTimeout, want: report.Disagree, means: report.NotEnforced},
		"denied and reset":               {predicted: denied, outcome: report.TryReset, want: report.Disagree, means: report.NotEnforced},
		"everything is open":             {predicted: denied, outcome: report.TryOpen, nothing: report.TryOpen, want: report.Inconclusive, means: report.EverythingAnswers},
		"a mesh":                         {predicted: denied, outcome: report.TryOpen, mesh: true, want: report.Inconclusive, means: report.MeshAnswers},
		"allowed and refused":            {predicted: allowed, outcome: report.TryRefused, open: report.TryOpen, want: report.Disagree, means: report.NobodyListens},
		"allowed and silent":             {predicted: allowed, outcome: report.TryTimeout, open: report.TryOpen, want: report.Disagree, means: report.Dropped},
		"allowed and silent, no control": {predicted: allowed, outcome: report.TryTimeout, want: report.Inconclusive, means: report.NoControl},
		"a datagram without answer":      {predicted: allowed, outcome: report.TryTimeout, open: report.TryOpen, udp: true, want: report.Inconclusive, means: report.NoAnswer},
		"no such name":                   {predicted: allowed, outcome: report.TryDNS, open: report.TryOpen, want: report.Inconclusive, means: report.NameNotFound},
		"not known":                      {predicted: unknown, outcome: report.TryOpen, want: report.Inconclusive, means: report.NotPredicted},
		"not tried":                      {predicted: denied, outcome: report.TryNone, open: report.TryOpen, want: report.Inconclusive, means: report.CannotTry},
		"SCTP":                           {predicted: allowed, outcome: report.TryUntestable, open: report.TryOpen, want: report.Inconclusive, means: report.CannotTry},
		"a door that works":              {predicted: allowed, outcome: report.TryOpen, detail: "HTTP 200", url: "https://x/", local: true, want: report.Agree},
		"a door that does not":           {predicted: denied, outcome: report.TryOpen, detail: "HTTP 502", url: "https://x/", local: true, want: report.Agree, means: report.DoorFails},
		"a door that should":             {predicted: allowed, outcome: report.TryOpen, detail: "HTTP 504", url: "https://x/", local: true, want: report.Disagree, means: report.DoorFails},
	} {
		source := pod
		if c.local {
			source = report.Object{}
		}
		protocol := "TCP"
		if c.udp {
			protocol = "UDP"
		}
		tries := []report.Try{{
			Role: report.RoleTarget, Source: source, Protocol: protocol, Predicted: c.predicted, Outcome: c.outcome, Detail: c.detail, URL: c.url,
		}}
		if c.open != "" {
			tries = append(tries, report.Try{Role: report.RoleOpen, Source: source, Protocol: "TCP", Predicted: allowed, Outcome: c.open})
		}
		if c.nothing != "" {
			tries = append(tries, report.Try{Role: report.RoleNothing, Source: source, Protocol: "TCP", Predicted: denied, Outcome: c.nothing})
		}
		Judge(tries, func(report.Object) bool { return c.mesh })
		if got := tries[0]; got.Agreement != c.want || got.Meaning != c.means || Overall(tries) != c.want {
			t.Errorf("%s: got %s %s, want %s %s", name, got.Agreement, got.Meaning, c.want, c.means)
		}
	}
}
