package frontdoor

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// together is what a controller makes of several Ingresses that claim the same.
type together struct {
	rule rule
	// canary tells whether an Ingress is a canary, which only adds to another, and
	// whether no request gets to it; nil: there are none.
	canary func(*snapshot.Ingress) (is, never bool)
	// master tells whether an Ingress is a master or a minion of mergeable ones; nil:
	// there are none.
	master func(*snapshot.Ingress) (master, minion bool)
	// group names the load balancer that Ingresses share, and their order in it.
	group func(*snapshot.Ingress) (name, order string)
	// ownsHost: a host belongs to the namespace that claimed it first.
	ownsHost bool
}

// rule is who gets what two Ingresses claim.
type rule uint8

const (
	// unclear: the documentation does not say.
	unclear rule = iota
	// oldestPath: the oldest gets the host and path, the others keep the rest.
	oldestPath
	// oldestHost: the oldest gets the whole host.
	oldestHost
	// groupOrder: the first of the group in order.
	groupOrder
)

// rivals are the other Ingresses that the same installation serves and that have a
// host in common with the asked one, or its group.
func (q *asked) rivals() []*snapshot.Ingress {
	c := q.f.known
	if c == nil || c.ingress == nil || c.ingress.together == nil || q.f.plane.Problem != "" {
		return nil
	}
	q.f.look(snapshot.Need{Resource: snapshot.Ingresses})
	var found []*snapshot.Ingress
	if t := c.ingress.together; t != nil && t.group != nil {
		name, _ := t.group(q.ing)
		if name == "" {
			return nil // a load balancer of its own
		}
		for _, other := range q.f.m.Ingresses() {
			if theirs, _ := t.group(other); theirs == name {
				found = append(found, other)
			}
		}
	} else {
		hosts := hostsOf(q.ing)
		if anyHost(q.ing) {
			hosts = append(hosts, "")
		}
		for _, h := range hosts {
			for _, other := range q.f.m.IngressesOf(h) {
				if !slices.Contains(found, other) {
					found = append(found, other)
				}
			}
		}
	}
	var out []*snapshot.Ingress
	for _, other := range found {
		if other == q.ing {
			continue
		}
		theirs := *q
		theirs.ing = other
		theirs.class = q.f.classOf(other)
		if c.ingress.serves(&theirs).answer != selector.No &&
			(c.ingress.refuses == nil || c.ingress.refuses(&theirs).answer != selector.No) {
			out = append(out, other)
		}
	}
	return out
}

func anyHost(ing *snapshot.Ingress) bool {
	return slices.ContainsFunc(ing.Rules, func(r snapshot.IngressRule) bool { return r.Host == "" })
}

// settle decides which of a door's routes get requests, the others being those of
// Ingresses that claim the same.
func (t *together) settle(q *asked, routes []Route) {
	others := q.rivals()
	if t.canary != nil {
		if is, never := t.canary(q.ing); is {
			t.settleCanary(q, others, never, routes)
			return
		}
		others = slices.DeleteFunc(others, func(o *snapshot.Ingress) bool { is, _ := t.canary(o); return is })
	}
	if t.master != nil {
		if _, minion := t.master(q.ing); minion && q.f.m.Hidden(snapshot.Ingresses, "") == nil && !slices.ContainsFunc(others, func(o *snapshot.Ingress) bool { m, _ := t.master(o); return m }) {
			for i := range routes {
				routes[i].lose(report.NoMainIngress, "")
			}
			return
		}
	}
	gap := q.f.m.Hidden(snapshot.Ingresses, "")
	for i := range routes {
		r := &routes[i]
		if r.Default || t.group != nil && q.alone(t) {
			continue
		}
		if gap != nil {
			r.Unsure, r.UnsureOf = report.NotRead, gap.Permission()
		}
		for _, o := range others {
			if !t.claims(q.ing, o, r) {
				continue
			}
			switch t.before(o, q.ing) {
			case selector.Yes:
				r.lose(report.HostTaken, o.Name.String())
			case selector.Undetermined:
				r.Unsure, r.UnsureOf = report.HostShared, o.Name.String()
			case selector.No:
			}
		}
	}
}

// alone: the Ingress has a load balancer of its own.
func (q *asked) alone(t *together) bool {
	name, _ := t.group(q.ing)
	return name == ""
}

// lose ends a route: another Ingress gets its requests.
func (r *Route) lose(why report.Reason, to string) {
	r.Broken, r.Detail, r.Destinations = why, to, nil
}

func (t *together) settleCanary(q *asked, others []*snapshot.Ingress, never bool, routes []Route) {
	for i := range routes {
		r := &routes[i]
		main := slices.ContainsFunc(others, func(o *snapshot.Ingress) bool {
			is, _ := t.canary(o)
			return !is && hasPath(o, r)
		})
		switch {
		case !main && q.f.m.Hidden(snapshot.Ingresses, "") != nil:
			r.Unsure, r.UnsureOf = report.NotRead, q.f.m.Hidden(snapshot.Ingresses, "").Permission()
		case !main:
			r.lose(report.NoMainIngress, "")
		case never:
			r.lose(report.NoShare, "")
		}
	}
}

// claims tells whether another Ingress claims a route's requests, and for another
// backend.
func (t *together) claims(mine, other *snapshot.Ingress, r *Route) bool {
	if t.ownsHost && other.Namespace != mine.Namespace {
		return sharesHost(other, r)
	}
	if t.rule == oldestHost {
		if t.master == nil {
			return sharesHost(other, r)
		}
		_, minion := t.master(mine)
		if m, theirs := t.master(other); minion && (m || theirs) {
			return theirs && hasPath(other, r) && !sameBackend(other, r)
		}
		return sharesHost(other, r)
	}
	return hasPath(other, r) && !sameBackend(other, r)
}

func sharesHost(o *snapshot.Ingress, r *Route) bool {
	return slices.ContainsFunc(o.Rules, func(rule snapshot.IngressRule) bool { return rule.Host == r.host() })
}

func (r *Route) host() string {
	if len(r.Hosts) == 0 {
		return ""
	}
	return r.Hosts[0]
}

// pathsLike are the paths of an Ingress that a route has as well. Without a path, the
// root is meant.
func pathsLike(o *snapshot.Ingress, r *Route) []snapshot.IngressPath {
	var out []snapshot.IngressPath
	for _, rule := range o.Rules {
		if rule.Host != r.host() {
			continue
		}
		for _, p := range rule.Paths {
			if clean(p.Path) == clean(r.Path) && (p.Type == "Exact") == (r.PathType == "Exact") {
				out = append(out, p)
			}
		}
	}
	return out
}

func clean(path string) string { return "/" + strings.Trim(path, "/") }

func hasPath(o *snapshot.Ingress, r *Route) bool { return len(pathsLike(o, r)) > 0 }

// sameBackend: the other leads to the same place, so that it does not matter who wins.
func sameBackend(o *snapshot.Ingress, r *Route) bool {
	return o.Namespace == r.By.Namespace && !slices.ContainsFunc(pathsLike(o, r), func(p snapshot.IngressPath) bool {
		port := p.Backend.PortName
		if p.Backend.PortNumber != 0 {
			port = strconv.Itoa(int(p.Backend.PortNumber))
		}
		return p.Backend.Service != r.named || port != r.Port
	})
}

// before tells whether one Ingress comes before another.
func (t *together) before(a, b *snapshot.Ingress) selector.Result {
	switch t.rule {
	case groupOrder:
		_, x := t.group(a)
		_, y := t.group(b)
		return result(cmp.Or(cmp.Compare(number(x), number(y)), strings.Compare(a.Namespace, b.Namespace), strings.Compare(a.Name.Name, b.Name.Name)))
	case oldestPath, oldestHost:
		if a.Created.IsZero() || b.Created.IsZero() || a.Created.Equal(b.Created) {
			return selector.Undetermined
		}
		return result(a.Created.Compare(b.Created))
	case unclear:
	}
	return selector.Undetermined
}

func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}

func result(order int) selector.Result {
	if order < 0 {
		return selector.Yes
	}
	return selector.No
}
