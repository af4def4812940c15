package frontdoor

import (
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// conditionsOf are what a match asks of requests besides their host and path.
func conditionsOf(m snapshot.RouteMatch) []string {
	var out []string
	if m.Method != "" {
		out = append(out, "method "+m.Method)
	}
	if c := m.Call; c != (snapshot.RouteCall{}) {
		text := strings.TrimPrefix(c.Service+"/"+c.Method, "/")
		switch {
		case c.Type == "RegularExpression":
			text += " as a regular expression"
		case c.Service == "":
			text += " of any service"
		}
		out = append(out, "gRPC method "+strings.TrimSuffix(text, "/"))
	}
	for _, f := range sortedConditions(m.Headers) {
		out = append(out, "header "+f)
	}
	for _, f := range sortedConditions(m.Queries) {
		out = append(out, "query parameter "+f)
	}
	return out
}

// sortedConditions are headers or parameters in one order; that of the manifest means
// nothing, and names of headers are compared without regard to case.
func sortedConditions(list []snapshot.RouteField) []string {
	var out []string
	for _, f := range list {
		text := f.Name + ": " + f.Value
		if f.Type == "RegularExpression" {
			text = f.Name + " like " + f.Value
		}
		out = append(out, text)
	}
	slices.Sort(out)
	return out
}
