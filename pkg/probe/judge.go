package probe

import (
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

// Mesh tells whether a pod has a proxy of a mesh that takes its connections.
type Mesh func(report.Object) bool

// Judge says of each try whether what happened agrees with what was predicted, and what that means.
func Judge(tries []report.Try, mesh Mesh) {
	for i := range tries {
		t := &tries[i]
		t.Agreement, t.Meaning = judge(t, controlsOf(t, tries), mesh(t.Source))
	}
}

// controls are what the same pod tried beside.
type controls struct {
	// open: something that the prediction allows was connected to. Nothing: a port that nothing serves was, too.
	open, nothing bool
}

func controlsOf(t *report.Try, tries []report.Try) controls {
	var c controls
	for i := range tries {
		other := &tries[i]
		if other.Source != t.Source || other == t || other.Outcome != report.TryOpen {
			continue
		}
		switch {
		case other.Role == report.RoleNothing:
			c.nothing = true
		case other.Predicted == report.Allowed:
			c.open = true
		}
	}
	return c
}

func judge(t *report.Try, c controls, mesh bool) (report.Agreement, report.Meaning) {
	through, known := arrived(t)
	switch {
	case t.Role == report.RoleNothing:
		if t.Outcome == report.TryOpen {
			return report.Inconclusive, report.EverythingAnswers
		}
		return report.Agree, ""
	case t.Outcome == report.TryDNS:
		return report.Inconclusive, report.NameNotFound
	case !known:
		return report.Inconclusive, report.CannotTry
	case t.Predicted == report.Unknown:
		return report.Inconclusive, report.NotPredicted
	case through && c.nothing:
		return report.Inconclusive, report.EverythingAnswers
	case through && mesh && t.URL == "":
		return report.Inconclusive, report.MeshAnswers
	case through && t.Predicted == report.Denied:
		return report.Disagree, report.NotEnforced
	case through:
		return report.Agree, ""
	}
	return failed(t, c)
}

// failed judges what did not get through: nothing of it is a proof without something that did, from the same pod.
func failed(t *report.Try, c controls) (report.Agreement, report.Meaning) {
	local := t.Source.Name == "" // this machine, which answers to no policy
	switch {
	case doorFails(t) && t.Predicted == report.Denied:
		return report.Agree, report.DoorFails
	case doorFails(t):
		return report.Disagree, report.DoorFails
	case !c.open && !local:
		return report.Inconclusive, report.NoControl
	case t.Protocol == "UDP" && t.Outcome == report.TryTimeout && t.Predicted == report.Allowed:
		return report.Inconclusive, report.NoAnswer
	case t.Predicted == report.Denied && t.Outcome == report.TryRefused:
		return report.Agree, report.RefusedAsDenied
	case t.Predicted == report.Denied:
		return report.Agree, ""
	case t.Outcome == report.TryRefused:
		// Refused is not let through, and not kept out either: somebody answered.
		return report.Disagree, report.NobodyListens
	default:
		return report.Disagree, report.Dropped
	}
}

// arrived tells whether the packets got through, and whether that is known.
func arrived(t *report.Try) (through, known bool) {
	switch t.Outcome {
	case report.TryOpen:
		return !doorFails(t), true
	case report.TryReset:
		// Whoever resets had the connection first; a plugin that rejects with a reset says refused.
		return true, t.URL == ""
	case report.TryRefused, report.TryTimeout:
		return false, true
	case report.TryNone, report.TryDNS, report.TryFailed, report.TryUntestable:
	}
	return false, false
}

// doorFails: a front door that answered that it does not get to what is behind it.
func doorFails(t *report.Try) bool {
	status, ok := strings.CutPrefix(t.Detail, "HTTP ")
	return t.URL != "" && ok && (status == "502" || status == "503" || status == "504")
}

// Overall is what all of them together say.
func Overall(tries []report.Try) report.Agreement {
	out := report.Agree
	for i := range tries {
		switch t := &tries[i]; {
		case t.Role != report.RoleTarget:
		case t.Agreement == report.Disagree:
			return report.Disagree
		case t.Agreement == report.Inconclusive:
			out = report.Inconclusive
		}
	}
	return out
}
