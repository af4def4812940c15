package frontdoor

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// listening is a listener of a Gateway among all of them: its own, and those of the
// ListenerSets that it takes in.
type listening struct {
	snapshot.Listener
	// of is the Gateway or ListenerSet that has it.
	of report.Object
	// kinds of routes that it takes; nil where only its controller knows.
	kinds []string
	// state: why it takes no requests.
	state finding
	// set is what keeps its ListenerSet from being one of the Gateway's.
	set finding
}

// passthrough: it leaves TLS to the backend.
func (l *listening) passthrough() bool { return l.Protocol == "TLS" && l.TLSMode == "Passthrough" }

// terminates: clients' TLS ends here, with one of the certificates.
func (l *listening) terminates() bool {
	return l.Protocol == "HTTPS" || l.Protocol == "TLS" && !l.passthrough()
}

// hasHosts: hostnames tell its requests apart.
func (l *listening) hasHosts() bool { return l.Protocol != "TCP" && l.Protocol != "UDP" }

// transport is the protocol of its packets.
func (l *listening) transport() connset.Protocol {
	if l.Protocol == "UDP" {
		return connset.UDP
	}
	return connset.TCP
}

func (l *listening) name() string {
	text := fmt.Sprintf("listener %q", l.Name)
	if l.of.Kind == "ListenerSet" {
		text += fmt.Sprintf(" of ListenerSet %s/%s", l.of.Namespace, l.of.Name)
	}
	return text
}

// listenersOf are all listeners of a Gateway, in the order in which they take
// precedence: the Gateway's own, then those of its ListenerSets, the oldest first,
// and then by namespace and name (ListenerSetSpec.listeners docs).
func listenersOf(m *model.Model, gw *snapshot.Gateway) []*listening {
	state := gatewayState(gw)
	var out []*listening
	add := func(of report.Object, l snapshot.Listener, statuses map[string]snapshot.Conditions, generation int64, set finding) {
		next := &listening{Listener: l, of: of, kinds: kindsOf(l), set: set}
		own := listenerState(statuses[l.Name], generation)
		if own.none() && !said(statuses[l.Name], generation) {
			own = certificates(m, next)
		}
		next.state = state.worse(set).worse(own)
		out = append(out, next)
	}
	of := report.Object{Kind: "Gateway", Namespace: gw.Namespace, Name: gw.Name.Name}
	for _, l := range gw.Listeners {
		add(of, l, gw.ListenerStatuses, gw.Generation, finding{})
	}
	for _, set := range setsOf(m, gw) {
		of := report.Object{Kind: "ListenerSet", Namespace: set.Namespace, Name: set.Name.Name}
		taken := takesSet(m, gw, set)
		for _, l := range set.Listeners {
			add(of, l, set.ListenerStatuses, set.Generation, taken)
		}
	}
	conflicts(gw, out, m)
	return out
}

// setsOf are the ListenerSets that name a Gateway as their parent, in order.
func setsOf(m *model.Model, gw *snapshot.Gateway) []*snapshot.ListenerSet {
	var out []*snapshot.ListenerSet
	for _, s := range m.ListenerSets() {
		if s.Gateway == gw.Name {
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b *snapshot.ListenerSet) int {
		return cmp.Or(a.Created.Compare(b.Created), a.Name.Compare(b.Name))
	})
	return out
}

// takesSet tells whether a Gateway takes in a ListenerSet: by default none
// (Gateway.spec.allowedListeners docs), and as the set's own status says.
func takesSet(m *model.Model, gw *snapshot.Gateway, set *snapshot.ListenerSet) finding {
	accepted, said := says(set.Conditions, "Accepted", set.Generation)
	if said && accepted.Status == string(metav1.ConditionFalse) && accepted.Reason != "ListenersNotValid" {
		return finding{
			reason: report.ListenerNotReady,
			detail: fmt.Sprintf("the Gateway does not accept ListenerSet %s: %s", set.Name, conditionText(accepted)),
		}
	}
	from := cmp.Or(gw.AllowedListeners.From, "None")
	switch takesFrom(m, gw.Namespace, from, gw.AllowedListeners.Selector, set.Namespace) {
	case selector.Yes:
		return finding{}
	case selector.No:
		return finding{
			reason: report.ListenerNotReady,
			detail: fmt.Sprintf("the Gateway takes no ListenerSets from namespace %q (allowedListeners.namespaces.from: %s)", set.Namespace, from),
		}
	default:
		return labelsUnknown(m, set.Namespace)
	}
}

// labelsUnknown: the labels of a namespace decide, and are not known.
func labelsUnknown(m *model.Model, namespace string) finding {
	if gap := m.GapFor(snapshot.Need{Resource: snapshot.Namespaces, Name: namespace}); gap != nil {
		return unread(gap)
	}
	return finding{reason: report.RouteUndecided, detail: fmt.Sprintf("the labels of namespace %q decide, and are not known", namespace), undecided: true}
}

// takesFrom tells whether objects of a namespace may attach.
func takesFrom(m *model.Model, home, from string, labels *metav1.LabelSelector, namespace string) selector.Result {
	yes := false
	switch from {
	case "All":
		yes = true
	case "Same":
		yes = home == namespace
	case "Selector":
		// "Selector must be specified when From is set to Selector" (RouteNamespaces
		// docs); one that is empty selects every namespace, as anywhere.
		if labels == nil {
			return selector.No
		}
		compiled, err := selector.Compile(labels)
		if err != nil {
			return selector.No
		}
		return compiled.Match(m.NamespaceLabels(namespace))
	}
	if yes {
		return selector.Yes
	}
	return selector.No
}

// kindsOf are the kinds of routes that a listener takes: those of its protocol, or
// those of them that it names. "A RouteGroupKind MUST correspond to kinds of Routes
// that are compatible with the application protocol" (AllowedRoutes.kinds docs).
// What a protocol of an implementation's own takes, only that knows.
func kindsOf(l snapshot.Listener) []string {
	var fit []string
	switch l.Protocol {
	case "HTTP", "HTTPS":
		fit = []string{"HTTPRoute", "GRPCRoute"}
	case "TLS":
		// TLSRoutes; and TCPRoutes where TLS ends at the listener
		// (gateway-api.sigs.k8s.io/guides/tls, "Downstream TLS").
		if fit = []string{"TLSRoute"}; l.TLSMode != "Passthrough" {
			fit = append(fit, "TCPRoute")
		}
	case "TCP":
		fit = []string{"TCPRoute"}
	case "UDP":
		fit = []string{"UDPRoute"}
	}
	if len(l.Kinds) == 0 {
		return fit
	}
	named := []string{}
	for _, k := range l.Kinds {
		if k.Group == gatewayGroup && (fit == nil || slices.Contains(fit, k.Kind)) {
			named = append(named, k.Kind)
		}
	}
	return named
}

// gatewayState is what a Gateway's controller says of all its listeners.
func gatewayState(gw *snapshot.Gateway) finding {
	return stateOf(gw.Conditions, gw.Generation, "the Gateway")
}

func listenerState(c snapshot.Conditions, generation int64) finding {
	if conflicted, ok := says(c, "Conflicted", generation); ok && conflicted.Status == string(metav1.ConditionTrue) {
		return finding{reason: report.ListenerNotReady, detail: "its controller says that it conflicts with another listener: " + conditionText(conflicted)}
	}
	return stateOf(c, generation, "it")
}

// said tells whether a controller has decided on a listener.
func said(c snapshot.Conditions, generation int64) bool {
	programmed, ok := says(c, "Programmed", generation)
	return ok && programmed.Status == string(metav1.ConditionTrue)
}

// stateOf follows the conditions Accepted and Programmed. An address that is yet to
// be assigned does not say that no requests are served (AddressNotAssigned "is set
// when the underlying implementation and network have yet to dynamically assign
// addresses"): only where clients are to send them is open.
func stateOf(c snapshot.Conditions, generation int64, what string) finding {
	out := finding{}
	for _, kind := range []string{"Accepted", "Programmed"} {
		condition, ok := says(c, kind, generation)
		switch {
		case !ok || condition.Status == string(metav1.ConditionTrue):
		case condition.Status != string(metav1.ConditionFalse) || condition.Reason == "Pending" || condition.Reason == "AddressNotAssigned":
			out = out.worse(finding{
				reason: report.ListenerNotReady, undecided: true,
				detail: fmt.Sprintf("the status does not say yet that %s is %s (%s)", what, strings.ToLower(kind), conditionText(condition)),
			})
		default:
			out = out.worse(finding{
				reason: report.ListenerNotReady,
				detail: fmt.Sprintf("the status says that %s is not %s (%s)", what, strings.ToLower(kind), conditionText(condition)),
			})
		}
	}
	return out
}

// certificates tells whether a listener that terminates TLS may have one of its
// certificates: one of another namespace takes a ReferenceGrant there, and without
// any the listener cannot serve (ListenerTLSConfig.certificateRefs docs,
// "RefNotPermitted"). Secrets themselves are never read.
func certificates(m *model.Model, l *listening) finding {
	if !l.terminates() {
		return finding{}
	}
	var out finding
	for _, c := range l.Certificates {
		f := finding{}
		if c.Group != "" || c.Kind != "Secret" {
			// "Implementation-specific (... other resource types)".
			f = finding{reason: report.ListenerNotReady, undecided: true, detail: fmt.Sprintf("its certificate is %s, no Secret", kindName(c))}
		}
		switch grant := granted(m, l.of.Kind, l.of.Namespace, c); {
		case grant.reason == report.GrantMissing:
			f = finding{
				reason: report.ListenerNotReady,
				detail: fmt.Sprintf("no ReferenceGrant in namespace %q lets the %s use the certificate of Secret %q there", c.Namespace, l.of.Kind, c.Name),
			}
		case !grant.none():
			f = grant
		}
		if f.none() {
			return f
		}
		if out.none() || out.refused() {
			out = f
		}
	}
	return out
}

func kindName(o snapshot.ObjectRef) string {
	if o.Group == "" {
		return o.Kind + "/" + o.Name
	}
	return o.Kind + "." + o.Group + "/" + o.Name
}

// conflicts notes listeners that requests cannot be told apart by: those of one
// protocol with one port and hostname, and those that share their port with one of
// protocol TCP ("Distinct Listeners", Gateway.spec.listeners docs). Of two in one
// Gateway neither serves, "ALL indistinct Listeners must not be accepted"; a
// ListenerSet's gives way to one before it (ListenerSetSpec.listeners docs). The
// controller's own word goes before this reading.
func conflicts(gw *snapshot.Gateway, all []*listening, m *model.Model) {
	statuses := func(l *listening) bool {
		if l.of.Kind == "Gateway" {
			return said(gw.ListenerStatuses[l.Name], gw.Generation)
		}
		set := m.ListenerSet(snapshot.Name{Namespace: l.of.Namespace, Name: l.of.Name})
		return said(set.ListenerStatuses[l.Name], set.Generation)
	}
	lose := func(l, to *listening, undecided bool) {
		if l.state.refused() || statuses(l) {
			return
		}
		l.state = l.state.worse(finding{
			reason: report.ListenerNotReady, undecided: undecided,
			detail: fmt.Sprintf("it conflicts with %s on port %d", to.name(), l.Port),
		})
	}
	for i, a := range all {
		for _, b := range all[i+1:] {
			clash, undecided := conflicting(a, b)
			if !clash || a.set.refused() || b.set.refused() || b.of.Kind == "ListenerSet" && a.state.refused() {
				continue
			}
			if b.of.Kind == "Gateway" || a.of == b.of {
				// What does not serve TCP at all does not accept that listener, and the
				// others then are distinct.
				lose(a, b, undecided || a.Protocol != b.Protocol && a.Protocol != "TCP")
				lose(b, a, undecided || a.Protocol != b.Protocol && b.Protocol != "TCP")
				continue
			}
			lose(b, a, undecided)
		}
	}
}

// conflicting tells whether two listeners are not distinct. Plain HTTP and TLS on
// one port may be told apart by their first bytes, and mostly are not.
func conflicting(a, b *listening) (clash, undecided bool) {
	if a.Port != b.Port || a.transport() != b.transport() {
		return false, false
	}
	if a.Protocol == b.Protocol {
		return !a.hasHosts() || strings.EqualFold(a.Hostname, b.Hostname), false
	}
	if a.Protocol == "TCP" || b.Protocol == "TCP" {
		return true, false
	}
	return (a.Protocol == "HTTP") != (b.Protocol == "HTTP"), true
}
