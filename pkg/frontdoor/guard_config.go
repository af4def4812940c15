package frontdoor

import (
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/guard"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// common is a controller's ConfigMap in which defaults for all its Ingresses stand.
type common struct {
	q      *asked
	option string
	docs   string
}

// at is what the ConfigMap says under the first of the keys that it has, as a guard that is
// written there; ok is false where it has none of them.
func (c common) at(keys ...string) (g guard.Guard, value string, ok bool) {
	for _, key := range keys {
		value, found, _ := c.q.config(c.option, key)
		if found && strings.TrimSpace(value) != "" {
			return guard.Field(c.object(), "data."+key, value, c.docs), value, true
		}
	}
	return guard.Guard{}, "", false
}

// unread is the guard of a ConfigMap that was to be read and could not be: what is in it
// may keep anybody out.
func (c common) unread() (guard.Guard, bool) {
	_, _, hidden := c.q.config(c.option, "")
	if hidden == "" {
		return guard.Guard{}, false
	}
	g := guard.Field(c.object(), "data", "", c.docs).Unknown(report.DoubtUnread)
	g.Needs = hidden
	return g, true
}

func (c common) object() report.Object {
	ns, name, _ := strings.Cut(c.q.told.Value(c.option, ""), "/")
	if name == "" { // the option itself could not be read
		ns, name = "", c.option
	}
	return guard.ObjectOf("ConfigMap", snapshot.Name{Namespace: ns, Name: name})
}
