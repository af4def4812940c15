package frontdoor

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/guard"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

const (
	envoyGatewayID   = "gateway.envoyproxy.io/gatewayclass-controller"
	envoyGatewayDocs = "https://gateway.envoyproxy.io/docs/api/extension_types/#securitypolicy"
)

// envoyGuards are the SecurityPolicies that bind a Gateway, or routes of the door. "If a route
// has a policy of its own, it takes the place of the Gateway's", unless it says mergeType; of
// several for one target the oldest counts, which is not read
// (https://gateway.envoyproxy.io/docs/concepts/gateway_api_extensions/security-policy/).
func (f *finder) envoyGuards(d *Door, gw *snapshot.Gateway) []guard.Guard {
	if f.hidden != nil && f.id == "" { // whose Gateway it is
		g := guard.Field(d.Object, "spec.gatewayClassName", gw.Class, envoyGatewayDocs).Unknown(report.DoubtUnread)
		g.Needs = f.hidden.Permission()
		return []guard.Guard{g}
	}
	if d.Controller != envoyGatewayID {
		return nil
	}
	var routes []report.Object
	var namespaces []string
	for _, r := range d.Routes {
		if !slices.Contains(routes, r.By) {
			routes, namespaces = append(routes, r.By), append(namespaces, r.By.Namespace)
		}
	}
	slices.Sort(namespaces)
	var whole, out []guard.Guard
	for _, p := range f.securityPolicies(gw.Namespace, &out) {
		switch binds(p, "Gateway", gw.Name.Name) {
		case unbound:
		case partly:
			whole = append(whole, doubted(f.securityGuards(p))...)
		case fully:
			whole = append(whole, f.securityGuards(p)...)
		}
	}
	own, merged := map[report.Object]bool{}, false
	for _, ns := range slices.Compact(namespaces) {
		for _, p := range f.securityPolicies(ns, &out) {
			for _, o := range routes {
				how := unbound
				if o.Namespace == ns {
					how = binds(p, o.Kind, o.Name)
				}
				if how == unbound {
					continue
				}
				own[o], merged = true, merged || p.Spec.MergeType != ""
				if how == fully && len(routes) == 1 {
					out = append(out, f.securityGuards(p)...)
				} else { // what binds some of the door's requests
					out = append(out, doubted(f.securityGuards(p))...)
				}
			}
		}
	}
	switch {
	case merged: // rules of both are made one list, by a strategy of its own
		out = append(doubted(out), doubted(whole)...)
	case len(own) == 0:
		out = append(out, whole...)
	case len(own) < len(routes):
		out = append(out, doubted(whole)...)
	}
	return out
}

// securityNeeds are the reads of the policies that may be about the Gateways and routes that were
// read, as far as they are yet to be read.
func securityNeeds(m *model.Model) []snapshot.Need {
	var out []snapshot.Need
	add := func(namespace string) {
		n := snapshot.Need{Resource: snapshot.SecurityPolicies, Namespace: namespace}
		if !m.Tried(n) && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	ours := false
	for _, gw := range m.Gateways() {
		if c := m.GatewayClass(gw.Class); c != nil && c.Controller == envoyGatewayID {
			ours = true
			add(gw.Namespace)
		}
	}
	if ours {
		for _, r := range m.Routes() {
			add(r.Namespace)
		}
	}
	return out
}

// share is whether a policy is about an object: about all of it, or about a listener or rule
// of it, or by labels that are not read.
type share uint8

const (
	unbound share = iota
	partly
	fully
)

func binds(p *snapshot.SecurityPolicy, kind, name string) share {
	how := unbound
	for _, t := range p.Targets() {
		if t.Kind == kind && t.Name == name {
			if t.SectionName == "" {
				return fully
			}
			how = partly
		}
	}
	if slices.ContainsFunc(p.Spec.TargetSelectors, func(s snapshot.SecuritySelector) bool { return s.Kind == kind }) {
		how = partly
	}
	return how
}

// doubted are guards of which it is not said for which requests of the door they are.
func doubted(of []guard.Guard) []guard.Guard {
	for i, g := range of {
		of[i] = g.Unknown(cmp.Or(g.Doubt, report.DoubtNotEvaluated))
		of[i].Only, of[i].Except, of[i].Allow, of[i].Deny, of[i].Asks, of[i].Asked = nil, nil, nil, nil, nil, nil
	}
	return of
}

// securityPolicies are those of a namespace, in the order of their names. What may not be read
// is noted as a guard.
func (f *finder) securityPolicies(namespace string, unread *[]guard.Guard) []*snapshot.SecurityPolicy {
	need := snapshot.Need{Resource: snapshot.SecurityPolicies, Namespace: namespace}
	f.look(need)
	if gap := f.m.GapFor(need); gap != nil {
		g := guard.Field(report.Object{Kind: "Namespace", Name: namespace}, "SecurityPolicies", "", envoyGatewayDocs).Unknown(report.DoubtUnread)
		g.Needs = gap.Permission()
		if !slices.ContainsFunc(*unread, func(o guard.Guard) bool { return o.Object == g.Object }) {
			*unread = append(*unread, g)
		}
		return nil
	}
	var out []*snapshot.SecurityPolicy
	for _, p := range snapshot.Of[*snapshot.SecurityPolicy](f.m.Snapshot, snapshot.SecurityPolicies) {
		if p.Namespace == namespace {
			out = append(out, p)
		}
	}
	return out
}

// securityGuards are what a policy does with requests; tokens, passwords and origins are of
// users, and no matter of the network.
func (f *finder) securityGuards(p *snapshot.SecurityPolicy) []guard.Guard {
	o := guard.ObjectOf("SecurityPolicy", p.ID())
	var out []guard.Guard
	if a := p.Spec.Authorization; a != nil {
		out = append(out, authorization(o, a))
	}
	if e := p.Spec.ExtAuth; e != nil && !e.FailOpen {
		for _, by := range []struct {
			at      string
			service *snapshot.ExtAuthService
		}{{"spec.extAuth.http", e.HTTP}, {"spec.extAuth.grpc", e.GRPC}} {
			if by.service != nil {
				out = append(out, f.extAuth(guard.Field(o, by.at, "", envoyGatewayDocs), by.service, p.Namespace))
			}
		}
	}
	return out
}

func (f *finder) extAuth(g guard.Guard, service *snapshot.ExtAuthService, home string) guard.Guard {
	g.ClientSees = "403"
	backends := service.Backends()
	if len(backends) != 1 || backends[0].Kind != "" && backends[0].Kind != "Service" {
		return g.Unknown(report.DoubtElsewhere)
	}
	b := backends[0]
	g.Value = "Service " + b.Name
	name := snapshot.Name{Namespace: cmp.Or(b.Namespace, home), Name: b.Name}
	f.look(snapshot.Need{Resource: snapshot.Services, Namespace: name.Namespace, Name: name.Name})
	if s := f.m.Service(name); s != nil {
		f.look(model.EndpointNeeds(f.m.Snapshot, s)...)
	}
	return g.AsksService(f.m, name, reference.Port{Number: b.Port, Protocol: connset.TCP})
}

// authorization is the list of addresses that rules make. It can be told as one where all that
// deny come before those that allow, and nothing but addresses decides.
func authorization(o report.Object, a *snapshot.Authorization) guard.Guard {
	byDefault := cmp.Or(a.DefaultAction, "Deny")
	var only, except []netip.Prefix
	var words []string
	plain := true
	for _, r := range a.Rules {
		list, ok := guard.CIDRList(r.Principal.ClientCIDRs)
		p := r.Principal
		if !ok && len(p.ClientCIDRs) > 0 || len(p.ClientCIDRs) == 0 || p.JWT != nil || len(p.Headers)+len(p.ClientIPGeoLocations)+len(p.SourceCIDRs) > 0 || r.Operation != nil {
			plain = false
			continue
		}
		words = append(words, r.Action+" "+strings.Join(p.ClientCIDRs, ", "))
		switch {
		case r.Action == "Allow":
			only = append(only, list...)
		case len(only) == 0:
			except = append(except, list...)
		default: // who was allowed before is not denied here
			plain = plain && !slices.ContainsFunc(list, func(d netip.Prefix) bool {
				return slices.ContainsFunc(only, func(p netip.Prefix) bool { return p.Overlaps(d) })
			})
			except = append(except, list...)
		}
	}
	g := guard.Field(o, "spec.authorization", strings.Join(append(words, "otherwise "+byDefault), "; "), envoyGatewayDocs)
	g.Controller, g.ClientSees = true, "403"
	switch {
	case !plain:
		return g.Unknown(report.DoubtNotEvaluated)
	case byDefault == "Deny":
		if only == nil {
			only = []netip.Prefix{}
		}
		return g.Ranges(only, except)
	default:
		return g.Ranges(nil, except)
	}
}
