package frontdoor

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/guard"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// guarded notes the guards of doors that are nobody's own: those of a Gateway's class, and of
// addresses. What an Ingress says to its controller, [reader.guards] found already.
func guarded(m *model.Model, doors []*Door) []*Door {
	for _, d := range doors {
		if d.Object.Kind == "Gateway" {
			if gw := m.Gateway(snapshot.Name{Namespace: d.Object.Namespace, Name: d.Object.Name}); gw != nil {
				d.Guards = append(d.Guards, gatewayGuards(d, gw)...)
			}
		}
		if g, ok := insideByStatus(m, d); ok {
			d.Guards = append(d.Guards, g)
		}
		for _, g := range d.Guards {
			if g.Effect == report.GuardAnswers {
				answered(d, g)
			}
		}
	}
	return doors
}

// classDocs: the class says which controller reads an Ingress.
const classDocs = "https://kubernetes.io/docs/concepts/services-networking/ingress/#ingress-class"

// doubtful are the guards of an Ingress of which it is not known who serves it: whether the
// annotations mean anything to it is not known either.
func doubtful(q *asked, d *Door) []guard.Guard {
	doubt := report.DoubtNotEvaluated
	gap := q.f.m.GapFor(snapshot.Need{Resource: snapshot.IngressClasses, Name: d.Class})
	if gap != nil {
		doubt = report.DoubtUnread
	}
	var out []guard.Guard
	if gap != nil {
		// Who serves it may have settings for all its doors, or plugins that bind them.
		g := guard.Field(d.Object, "the controller's own settings", "", classDocs).Unknown(doubt)
		g.Needs = gap.Permission()
		out = append(out, g)
	}
	for _, g := range slices.Concat(nginxGuards(q), haproxyTechGuards(q), haproxyIngressGuards(q), f5Guards(q), traefikGuards(q)) {
		answers := g.Effect == report.GuardAnswers
		g = g.Unknown(doubt)
		g.Only, g.Except, g.Allow, g.Deny, g.Asks, g.Asked = nil, nil, nil, nil, nil, nil
		if gap != nil {
			g.Needs = gap.Permission()
		}
		for i := range d.Routes {
			r := &d.Routes[i]
			switch {
			case answers && gap != nil:
				r.Broken, r.Detail, r.Destinations = report.NotRead, gap.Permission(), nil
			case answers && r.Broken != "":
				r.Broken, r.Detail = report.GuardOpen, g.Field+": "+g.Value
			}
		}
		out = append(out, g)
	}
	return out
}

// insideByStatus is the guard of a door whose own addresses are not on the internet. Where a
// load balancer's Service stands before the door, that Service says it.
func insideByStatus(m *model.Model, d *Door) (guard.Guard, bool) {
	entry := d.DataPlane.Entry
	if entry != nil && entry.Type == snapshot.LoadBalancer || d.DataPlane.Problem != "" || has(d.Guards, report.GuardInside) {
		return guard.Guard{}, false
	}
	var ips []netip.Addr
	var hosts []string
	for _, text := range d.DataPlane.Addresses {
		if a, err := netip.ParseAddr(text); err == nil {
			ips = append(ips, a)
		} else {
			hosts = append(hosts, text)
		}
	}
	name := "status.loadBalancer.ingress"
	if d.Object.Kind == "Gateway" {
		name = "status.addresses"
	}
	return guard.PrivateStatus(m, d.Object, name, ips, hosts)
}

func has(guards []guard.Guard, e report.GuardEffect) bool {
	for _, g := range guards {
		if g.Effect == e {
			return true
		}
	}
	return false
}

// answered are the routes of a door whose controller answers all requests itself: what they
// name is not asked, and need not exist.
func answered(d *Door, g guard.Guard) {
	for i := range d.Routes {
		r := &d.Routes[i]
		r.Backend, r.Port, r.Destinations = report.Object{}, "", nil
		r.Broken, r.Detail = report.AnsweredByDoor, g.Field+": "+g.Value
	}
}

// gatewayGuards are those of a Gateway by its class.
func gatewayGuards(d *Door, gw *snapshot.Gateway) []guard.Guard {
	const docs = "https://cloud.google.com/kubernetes-engine/docs/concepts/gateway-api#gatewayclass"
	if d.Controller == "networking.gke.io/gateway" && (strings.Contains(gw.Class, "rilb") || strings.Contains(gw.Class, "internal")) {
		return []guard.Guard{guard.Field(d.Object, "spec.gatewayClassName", gw.Class, docs).Inside()}
	}
	return nil
}
