package frontdoor

import (
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/guard"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Guards of load balancers outside of the cluster that an Ingress makes.

const (
	albPrefix = "alb.ingress.kubernetes.io/"
	// IngressClassParams: "scheme", "inboundCIDRs", "prefixListsIDs" of the class win.
	albClassDocs = "https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/ingress_class/"
	albDocs      = "https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/"
)

// albGuards are those of the AWS Load Balancer Controller: the scheme, internal unless it is
// said otherwise, and who may come to its listeners.
func albGuards(q *asked) []guard.Guard {
	m, ing := q.f.m, q.ing
	o := guard.ObjectOf("Ingress", ing.Name)
	params, takes := albParams(q)
	if takes != "" {
		g := guard.Field(o, "the parameters of its class", "", albClassDocs).Unknown(report.DoubtUnread)
		g.Needs = takes
		return []guard.Guard{g}
	}
	var class snapshot.ALBClassSpec
	var of report.Object
	if params != nil {
		class, of = params.Spec, report.Object{Kind: "IngressClassParams", Name: params.Name}
	}
	var out []guard.Guard
	switch class.Scheme { // what the class says overrules annotations
	case "":
		if g, ok := albScheme(m, ing, o); ok {
			out = append(out, g)
		}
	case "internal":
		out = append(out, guard.Field(of, "spec.scheme", class.Scheme, albClassDocs).Inside())
	}
	at := func(name string) (guard.Guard, bool) {
		value, ok := ing.Annotations[albPrefix+name]
		return guard.Annotation(o, albPrefix+name, value, albDocs+"#"+name), ok && strings.TrimSpace(value) != ""
	}
	if g, ok := at("security-groups"); ok {
		// They take the place of the controller's own group, inbound-cidrs and prefix lists
		// with it; whom they let in is for AWS to know.
		return append(out, g.Unknown(report.DoubtElsewhere))
	}
	g, limited := at("inbound-cidrs")
	if len(class.InboundCIDRs) > 0 {
		g, limited = guard.Field(of, "spec.inboundCIDRs", strings.Join(class.InboundCIDRs, ", "), albClassDocs), true
	}
	list, valid := guard.CIDRs(g.Value)
	lists, more := at("security-group-prefix-lists")
	if len(class.PrefixListsIDs) > 0 {
		lists, more = guard.Field(of, "spec.prefixListsIDs", strings.Join(class.PrefixListsIDs, ", "), albClassDocs), true
	}
	switch {
	case limited && !valid:
		out = append(out, g.Unknown(report.DoubtInvalid))
	case limited && more:
		out = append(out, g.Ranges(list, nil).Unknown(report.DoubtElsewhere))
	case limited:
		out = append(out, g.Ranges(list, nil))
	case more:
		out = append(out, lists.Unknown(report.DoubtElsewhere))
	}
	return out
}

// albScheme is the guard of a load balancer that has no address on the internet. Its host name
// says so once it is there; before that the scheme of the Ingress, or of another one of its
// group, or else the default: internal.
func albScheme(m *model.Model, ing *snapshot.Ingress, o report.Object) (guard.Guard, bool) {
	if slices.ContainsFunc(ing.Addresses, guard.AWSHost) {
		if slices.ContainsFunc(ing.Addresses, guard.InternalHost) {
			return guard.Field(o, "status.loadBalancer.ingress", strings.Join(ing.Addresses, ", "), albDocs+"#scheme").Inside(), true
		}
		return guard.Guard{}, false
	}
	member := ing
	if group := ing.Annotations[albPrefix+"group.name"]; InGroup(ing) {
		for _, other := range m.Ingresses() {
			if other.Annotations[albPrefix+"group.name"] == group && other.Annotations[albPrefix+"scheme"] != "" {
				member = other
				break
			}
		}
		if gap := m.GapFor(snapshot.Need{Resource: snapshot.Ingresses}); member == ing && !m.Has(snapshot.Need{Resource: snapshot.Ingresses}) {
			g := guard.Annotation(o, albPrefix+"group.name", group, albDocs+"#scheme").Unknown(report.DoubtUnread)
			if gap != nil {
				g.Needs = gap.Permission()
			}
			return g, true
		}
	}
	value := strings.TrimSpace(member.Annotations[albPrefix+"scheme"])
	switch value {
	case "internet-facing":
		return guard.Guard{}, false
	case "internal":
		return guard.Annotation(guard.ObjectOf("Ingress", member.Name), albPrefix+"scheme", value, albDocs+"#scheme").Inside(), true
	case "":
		return guard.Annotation(o, albPrefix+"scheme", "internal, by default", albDocs+"#scheme").Inside(), true
	default:
		return guard.Annotation(guard.ObjectOf("Ingress", member.Name), albPrefix+"scheme", value, albDocs+"#scheme").Unknown(report.DoubtInvalid), true
	}
}

// InGroup tells whether an Ingress leaves the scheme of its load balancer to others of its group.
func InGroup(ing *snapshot.Ingress) bool {
	return ing.Annotations[albPrefix+"group.name"] != "" && ing.Annotations[albPrefix+"scheme"] == ""
}

// gkeGuards: a class makes the load balancer internal.
func gkeGuards(q *asked) []guard.Guard {
	const docs = "https://cloud.google.com/kubernetes-engine/docs/how-to/internal-load-balance-ingress"
	const class = "gce-internal"
	if q.f.class != class {
		return nil
	}
	o := ingressObject(q.ing)
	if q.ing.LegacyClass == class {
		return []guard.Guard{guard.Annotation(o, "kubernetes.io/ingress.class", class, docs).Inside()}
	}
	return []guard.Guard{guard.Field(o, "spec.ingressClassName", class, docs).Inside()}
}

// azureGuards are those of the Application Gateway Ingress Controller.
func azureGuards(q *asked) []guard.Guard {
	ing := q.ing
	const (
		key  = "appgw.ingress.kubernetes.io/use-private-ip"
		docs = "https://azure.github.io/application-gateway-kubernetes-ingress/annotations/#use-private-ip"
	)
	if value := ing.Annotations[key]; value == "true" {
		return []guard.Guard{guard.Annotation(guard.ObjectOf("Ingress", ing.Name), key, value, docs).Inside()}
	}
	return nil
}
