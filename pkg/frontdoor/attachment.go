package frontdoor

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// What attaches to a Gateway is resolved for all its routes together, before any of
// them is judged: listeners conflict with each other, and routes compete. It is a
// function of the objects alone.

// entrance is a Gateway with its listeners and all routes that name it.
type entrance struct {
	gateway *snapshot.Gateway
	// controller is the name of the one that serves its class; "" where there is no
	// such class, or it could not be read, which is hidden then.
	controller string
	hidden     *snapshot.Gap
	listeners  []*listening
	routes     []*attachment
	claims     claims
}

// attachment is a route at one of its parents.
type attachment struct {
	route *snapshot.Route
	// parent is the index of spec.parentRefs.
	parent int
	// bound are the listeners that take it.
	bound []binding
	// refused is why none does.
	refused finding
	// apart: its ListenerSet is none of the Gateway's.
	apart bool
}

func (a *attachment) field() string { return fmt.Sprintf("spec.parentRefs[%d]", a.parent) }

// binding is a route at a listener, with the hosts of its requests there.
type binding struct {
	listener *listening
	hosts    []hostMatch
	// state is undecided where it is not known whether the route attaches.
	state finding
}

// enter resolves a Gateway.
func enter(m *model.Model, gw *snapshot.Gateway, controller string) *entrance {
	e := &entrance{gateway: gw, controller: controller, listeners: listenersOf(m, gw), claims: claims{}}
	if controller == "" {
		e.hidden = m.GapFor(snapshot.Need{Resource: snapshot.GatewayClasses, Name: gw.Class})
	}
	for _, r := range m.Routes() {
		for i, p := range r.Parents {
			if of, ok := parentGateway(m, p); ok && of == gw.Name {
				a := e.attach(m, r, i)
				e.routes = append(e.routes, a)
				e.claims.add(a)
			}
		}
	}
	return e
}

// parentGateway is the Gateway that a route's parent belongs to: itself, or that of a
// ListenerSet.
func parentGateway(m *model.Model, p snapshot.RouteParent) (snapshot.Name, bool) {
	name := snapshot.Name{Namespace: p.Namespace, Name: p.Name}
	switch p.Kind {
	case "Gateway":
		return name, true
	case "ListenerSet":
		if set := m.ListenerSet(name); set != nil {
			return set.Gateway, true
		}
	}
	return snapshot.Name{}, false
}

// attach finds the listeners that take a route at one of its parents. Whether it is
// accepted at all is its controller's own word in the status, where that is about the
// route as it is now; by which listeners, and else whether, follows from the objects.
func (e *entrance) attach(m *model.Model, r *snapshot.Route, parent int) *attachment {
	out := &attachment{route: r, parent: parent}
	p := r.Parents[parent]
	word, said := e.accepted(r, p)
	if said && word.Status == string(metav1.ConditionFalse) {
		out.refused = finding{reason: report.RouteNotAccepted, detail: conditionText(word)}
		return out
	}
	var why []string
	for _, l := range e.listeners {
		if l.of.Kind != p.Kind || l.of.Namespace != p.Namespace || l.of.Name != p.Name ||
			p.SectionName != "" && l.Name != p.SectionName || p.Port != 0 && l.Port != p.Port {
			continue
		}
		if l.set.refused() {
			why, out.apart = append(why, l.set.detail), true
			continue
		}
		hosts, state := e.takes(m, l, r)
		switch {
		case state.refused():
			why = append(why, state.detail)
			continue
		case !said:
			state = state.worse(e.perhapsRefused(r, p))
		case word.Status == string(metav1.ConditionTrue):
			state = finding{} // the controller knows what is not known here
		default:
			state = state.worse(finding{
				reason: report.RouteUndecided, undecided: true, detail: "its status does not say yet whether the route is accepted (" + conditionText(word) + ")",
			})
		}
		out.bound = append(out.bound, binding{listener: l, hosts: hosts, state: state})
	}
	if len(out.bound) == 0 {
		if len(why) == 0 {
			why = []string{e.noListener(p)}
		}
		slices.Sort(why)
		out.refused = finding{reason: report.RouteNotAccepted, detail: strings.Join(slices.Compact(why), "; ")}
		if e.hidden != nil && len(r.Statuses) > 0 {
			out.refused = unread(e.hidden) // which may have accepted it
		} else if said && word.Status == string(metav1.ConditionTrue) {
			out.refused.reason, out.refused.undecided = report.RouteUndecided, true
			out.refused.detail = "its status says that it is accepted, and yet " + out.refused.detail
		}
	}
	return out
}

func (e *entrance) noListener(p snapshot.RouteParent) string {
	of := cmp.Or(map[string]string{"Gateway": "the Gateway"}[p.Kind], "the "+p.Kind)
	switch {
	case p.SectionName != "" && p.Port != 0:
		return fmt.Sprintf("no listener of %s has the name %q and port %d", of, p.SectionName, p.Port)
	case p.SectionName != "":
		return fmt.Sprintf("no listener of %s has the name %q", of, p.SectionName)
	case p.Port != 0:
		return fmt.Sprintf("no listener of %s has port %d", of, p.Port)
	default:
		return of + " has no listeners"
	}
}

// accepted is what the controller of the Gateway's class says of a route at a parent.
// What other controllers say, or said before, does not count.
func (e *entrance) accepted(r *snapshot.Route, p snapshot.RouteParent) (word snapshot.StatusCondition, said bool) {
	for _, s := range r.Statuses {
		if s.Parent == p && e.decides(s) {
			return says(s.Conditions, "Accepted", r.Generation)
		}
	}
	return snapshot.StatusCondition{}, false
}

// decides tells whether a status is of the controller of the Gateway's class.
func (e *entrance) decides(s snapshot.ParentStatus) bool {
	return e.controller != "" && s.Controller == e.controller
}

// perhapsRefused: some controller refuses a route at a parent, and whether it is the
// one that decides could not be read.
func (e *entrance) perhapsRefused(r *snapshot.Route, p snapshot.RouteParent) finding {
	for _, s := range r.Statuses {
		if c, said := says(s.Conditions, "Accepted", r.Generation); e.hidden != nil && s.Parent == p && said && c.Status != string(metav1.ConditionTrue) {
			return unread(e.hidden)
		}
	}
	return finding{}
}

// takes tells whether a listener takes a route, and the hosts of its requests.
func (e *entrance) takes(m *model.Model, l *listening, r *snapshot.Route) ([]hostMatch, finding) {
	refuse := func(format string, args ...any) finding {
		return finding{reason: report.RouteNotAccepted, detail: fmt.Sprintf(format, args...)}
	}
	if l.kinds != nil && !slices.Contains(l.kinds, r.Kind) {
		return nil, refuse("%s (protocol %s) takes no %s", l.name(), l.Protocol, r.Kind)
	}
	hosts := sharedHosts(l, r.Hostnames)
	from := cmp.Or(l.Routes.From, "Same")
	labels := takesFrom(m, l.of.Namespace, from, l.Routes.Selector, r.Namespace)
	switch {
	case labels == selector.No:
		return nil, refuse("%s takes no routes from namespace %q (allowedRoutes.namespaces.from: %s)", l.name(), r.Namespace, from)
	case len(hosts) == 0:
		return nil, refuse("no hostname of the route matches %q of %s", l.Hostname, l.name())
	case labels != selector.Yes:
		return hosts, labelsUnknown(m, r.Namespace)
	case l.kinds == nil:
		return hosts, finding{
			reason: report.RouteUndecided, undecided: true, detail: fmt.Sprintf("what routes %s takes, of protocol %q, only its controller knows", l.name(), l.Protocol),
		}
	}
	return hosts, finding{}
}

// isolated tells whether requests for a host belong to another listener of the port,
// with a narrower hostname, to which the route is not attached. That is extended
// ("Listener Isolation", Gateway.spec.listeners docs), so whether it holds is the
// implementation's choice.
func (e *entrance) isolated(l *listening, host string, bound []*listening) finding {
	if host == "" || !l.hasHosts() {
		return finding{}
	}
	for _, other := range e.listeners {
		if other == l || other.Port != l.Port || other.Protocol != l.Protocol || other.state.refused() || other.set.refused() || slices.Contains(bound, other) {
			continue
		}
		if narrower(other.Hostname, l.Hostname) && covers(other.Hostname, host) {
			return finding{
				reason: report.ListenerIsolated, undecided: true,
				detail: fmt.Sprintf("its host belongs to %s, to which the route is not attached", other.name()),
			}
		}
	}
	return finding{}
}
