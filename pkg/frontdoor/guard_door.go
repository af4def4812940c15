package frontdoor

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// guarded notes the guards of doors. Annotations say something to the controller that reads
// them, and nothing to others.
func guarded(m *model.Model, doors []*Door) []*Door {
	for _, d := range doors {
		switch name := (snapshot.Name{Namespace: d.Object.Namespace, Name: d.Object.Name}); d.Object.Kind {
		case "Ingress":
			if ing := m.Ingress(name); ing != nil {
				d.Guards = append(d.Guards, ingressGuards(m, d, ing)...)
			}
		case "Gateway":
			if gw := m.Gateway(name); gw != nil {
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

func ingressGuards(m *model.Model, d *Door, ing *snapshot.Ingress) []Guard {
	switch d.DataPlane.Name {
	case "ingress-nginx":
		return nginxGuards(m, ing)
	case "AWS Load Balancer Controller":
		return albGuards(m, ing)
	case "GKE Ingress", "GKE internal Ingress":
		return gkeGuards(d, ing)
	case "Azure Application Gateway":
		return azureGuards(ing)
	case "HAProxy Kubernetes Ingress Controller":
		return haproxyTechGuards(ing)
	case "HAProxy Ingress":
		return haproxyIngressGuards(m, ing)
	case "F5 NGINX Ingress Controller":
		return f5Guards(ing)
	case "":
		return doubtful(m, d, ing)
	default:
		return nil
	}
}

// doubtful are the guards of an Ingress of which it is not known who serves it: whether the
// annotations mean anything to it is not known either.
func doubtful(m *model.Model, d *Door, ing *snapshot.Ingress) []Guard {
	doubt := report.DoubtNotEvaluated
	gap := m.GapFor(snapshot.Need{Resource: snapshot.IngressClasses, Name: d.Class})
	if gap != nil {
		doubt = report.DoubtUnread
	}
	var out []Guard
	for _, g := range slices.Concat(nginxGuards(m, ing), haproxyTechGuards(ing), haproxyIngressGuards(m, ing), f5Guards(ing)) {
		answers := g.Effect == report.GuardAnswers
		g = g.unknown(doubt)
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
func insideByStatus(m *model.Model, d *Door) (Guard, bool) {
	entry := d.DataPlane.Entry
	if entry != nil && entry.Type == snapshot.LoadBalancer || d.DataPlane.Problem != "" || has(d.Guards, report.GuardInside) {
		return Guard{}, false
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
	return privateStatus(m, d.Object, name, ips, hosts)
}

func has(guards []Guard, e report.GuardEffect) bool {
	for _, g := range guards {
		if g.Effect == e {
			return true
		}
	}
	return false
}

// answered are the routes of a door whose controller answers all requests itself: what they
// name is not asked, and need not exist.
func answered(d *Door, g Guard) {
	for i := range d.Routes {
		r := &d.Routes[i]
		r.Backend, r.Port, r.Destinations = report.Object{}, "", nil
		r.Broken, r.Detail = report.AnsweredByDoor, g.Field+": "+g.Value
	}
}

// gatewayGuards are those of a Gateway by its class.
func gatewayGuards(d *Door, gw *snapshot.Gateway) []Guard {
	const docs = "https://cloud.google.com/kubernetes-engine/docs/concepts/gateway-api#gatewayclass"
	if d.Controller == "networking.gke.io/gateway" && (strings.Contains(gw.Class, "rilb") || strings.Contains(gw.Class, "internal")) {
		return []Guard{field(d.Object, "spec.gatewayClassName", gw.Class, docs).inside()}
	}
	return nil
}
