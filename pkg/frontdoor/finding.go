package frontdoor

import (
	"fmt"

	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// finding is why requests do not get through some part of a door; without a reason
// they do. Undecided, they may: that is Unknown, not Denied.
type finding struct {
	reason    report.Reason
	detail    string
	undecided bool
}

func (f finding) none() bool { return f.reason == "" }

// refused: they certainly do not get through.
func (f finding) refused() bool { return f.reason != "" && !f.undecided }

func unread(gap *snapshot.Gap) finding {
	return finding{reason: report.NotRead, detail: gap.Permission(), undecided: true}
}

// worse is the finding that counts of two that both have to hold.
func (f finding) worse(o finding) finding {
	if f.none() || f.undecided && o.refused() {
		return o
	}
	return f
}

// says is what a controller says in a condition of an object that has a generation:
// nothing where the condition is absent or of an older one ("observedGeneration ...
// the condition is out of date", metav1.Condition docs).
func says(c snapshot.Conditions, kind string, generation int64) (condition snapshot.StatusCondition, said bool) {
	condition, said = c[kind]
	if said && condition.Generation != 0 && generation != 0 && condition.Generation < generation {
		return snapshot.StatusCondition{}, false
	}
	return condition, said
}

// conditionText is a condition as people read it.
func conditionText(c snapshot.StatusCondition) string {
	switch {
	case c.Message == "":
		return c.Reason
	case c.Reason == "":
		return c.Message
	default:
		return fmt.Sprintf("%s: %s", c.Reason, c.Message)
	}
}
