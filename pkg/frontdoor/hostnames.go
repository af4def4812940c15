package frontdoor

import "strings"

// shared is the narrower of a listener's hostname and one of a route, under which
// requests get from the one to the other; "" in either is every host. It is false
// where they have none in common (HTTPRoute.spec.hostnames docs).
func shared(listener, route string) (host string, ok bool) {
	switch {
	case route == "", route != "" && listener != "" && covers(route, listener):
		return listener, true
	case listener == "" || covers(listener, route):
		return route, true
	default:
		return "", false
	}
}

// sharedHosts are the hosts under which requests get from a listener to a route,
// with the route's own hostname by which each does; none where there is no such
// host. TCP and UDP know no host names: "This field is ignored for protocols that
// don't require hostname based matching" (Listener.hostname docs).
func sharedHosts(l *listening, own []string) []hostMatch {
	listener := l.Hostname
	if !l.hasHosts() {
		return []hostMatch{{}}
	}
	if len(own) == 0 {
		return []hostMatch{{host: listener}}
	}
	var out []hostMatch
	for _, h := range own {
		if host, ok := shared(listener, h); ok {
			out = append(out, hostMatch{host: host, own: h})
		}
	}
	return out
}

// hostMatch is a host of requests, and the route's hostname that it comes from.
type hostMatch struct{ host, own string }

// covers tells whether a hostname stands for another: the same, or a wildcard, which
// matches any number of labels, but at least one (Listener.hostname docs).
func covers(pattern, host string) bool {
	if suffix, wildcard := strings.CutPrefix(pattern, "*"); wildcard {
		return pattern == host || strings.HasSuffix(host, suffix) && len(host) > len(suffix)
	}
	return strings.EqualFold(pattern, host)
}

// narrower tells whether hostname a is chosen before b by all requests that both
// match: an exact one before a wildcard, the longer wildcard before the shorter,
// and any before none (Gateway.spec.listeners docs, "Listeners that are distinct
// only by Hostname").
func narrower(a, b string) bool { return a != b && a != "" && (b == "" || covers(b, a)) }
