package frontdoor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// contender is a rule of a route that asks for requests at a listener: those of a host
// that meet a match.
type contender struct {
	route *snapshot.Route
	rule  int
	// own is the route's hostname that claims the host.
	own string
	// undecided: whether the route attaches to the listener is not known.
	undecided bool
}

// claimed is what is claimed: rules that ask for the same requests cannot all have
// them. A listener of TCP, UDP or TLS has connections, which no match tells apart.
type claimed struct {
	listener    *listening
	kind        string
	host, match string
}

// claims are all rules at the listeners of a Gateway, by what they ask for.
type claims map[claimed][]contender

func (c claims) add(a *attachment) {
	for _, b := range a.bound {
		if b.state.refused() || b.listener.state.refused() {
			continue
		}
		for i, rule := range a.route.Rules {
			for _, match := range matchesOf(rule) {
				for _, h := range b.hosts {
					key := claimed{b.listener, a.route.Kind, strings.ToLower(h.host), matchKey(match)}
					c[key] = append(c[key], contender{route: a.route, rule: i, own: h.own, undecided: !b.state.none()})
				}
			}
		}
	}
}

// loses says which other rule gets the requests that one claims. More specific
// matches leave the others what they do not match; of equal ones a single rule gets
// all: that of the oldest route, by namespace and name where they are of one age, and
// of one route the first (HTTPRouteRule.matches, Listener.allowedRoutes docs).
func (c claims) loses(key claimed, mine contender) finding {
	var out finding
	for _, other := range c[key] {
		if other.route == mine.route {
			if other.rule < mine.rule {
				return finding{reason: report.RouteShadowed, detail: fmt.Sprintf("spec.rules[%d] of the same route comes first and matches the same", other.rule)}
			}
			continue
		}
		why, before, known := precedes(other, mine)
		named := fmt.Sprintf("%s %s/%s", other.route.Kind, other.route.Namespace, other.route.Name.Name)
		switch {
		case !known:
			out = out.worse(finding{reason: report.RouteShadowed, undecided: true, detail: named + " matches the same, and " + why})
		case before && other.undecided:
			out = out.worse(finding{reason: report.RouteShadowed, undecided: true, detail: named + " " + why + " and may match the same"})
		case before:
			return finding{reason: report.RouteShadowed, detail: named + " " + why + " and matches the same"}
		}
	}
	return out
}

// precedes tells whether one route's rule goes before another's equal one, and why;
// known is false where it cannot be told.
func precedes(a, b contender) (why string, before, known bool) {
	switch x, y := a.route.Created, b.route.Created; {
	case x.IsZero() && y.IsZero():
		return "which of them is older is not known before they are created", false, false
	case x.IsZero() != y.IsZero():
		why, before = "is older", !x.IsZero()
	case !x.Equal(y):
		why, before = "is older", x.Before(y)
	default:
		why, before = "is of the same age and comes first by name", a.route.Name.Compare(b.route.Name) < 0
	}
	// "precedence must be given to rules from the HTTPRoute with the largest number
	// of characters in a matching hostname": where a route takes its host from the
	// listener, implementations differ in what that number is.
	if (a.own == "") != (b.own == "") && before != (a.own != "") {
		return "which of them goes first, the older or the one that names the host, is the implementation's choice", false, false
	}
	return why, before, true
}

// matchesOf are a rule's matches; without any, all requests match.
func matchesOf(r snapshot.RouteRule) []snapshot.RouteMatch {
	if len(r.Matches) == 0 {
		return []snapshot.RouteMatch{{}}
	}
	return r.Matches
}

// matchKey is equal for matches that the same requests meet, as far as their text
// tells.
func matchKey(m snapshot.RouteMatch) string {
	path, kind := m.Path.Path, m.Path.Type
	if kind == "" {
		kind = "PathPrefix" // the default
	}
	if kind == "PathPrefix" {
		// "a path prefix of /foo/ matches as /foo does" (HTTPPathMatch docs).
		path = strings.TrimRight(path, "/")
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\x00%s\x00%v", kind, path, m.Method, call(m.Call))
	headers := slices.Clone(m.Headers)
	for i := range headers {
		headers[i].Name = strings.ToLower(headers[i].Name)
	}
	for _, list := range [][]snapshot.RouteField{headers, m.Queries} {
		b.WriteString("\x00" + strings.Join(sortedConditions(list), "\x01"))
	}
	return b.String()
}

func call(c snapshot.RouteCall) snapshot.RouteCall {
	if c.Type == "" {
		c.Type = "Exact"
	}
	return c
}
