package frontdoor

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/guard"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

const (
	kongPlugins = "konghq.com/plugins"
	kongDocs    = "https://developer.konghq.com/plugins/"
)

// kongGuards are the plugins that decide who gets to an Ingress. Of several instances of one
// plugin a request meets the most specific: the route's (the Ingress), then the service's, then
// the global one (https://developer.konghq.com/gateway/entities/plugin/#plugin-precedence).
func kongGuards(q *asked) []guard.Guard {
	f, ing := q.f, q.ing
	var out []guard.Guard
	settled := map[string]bool{}
	// add takes in the plugins of one scope: those that a more specific one has already
	// are not asked.
	add := func(found []named) {
		here := map[string]int{}
		for _, n := range found {
			here[n.plugin()]++
		}
		for _, n := range found {
			if name := n.plugin(); name == "" || !settled[name] {
				out = append(out, n.guards(here[name] > 1)...)
			}
		}
		for name := range here {
			settled[name] = true
		}
	}
	add(f.kongNamed(ingressObject(ing), ing.Annotations[kongPlugins]))
	services := ingressBackends(ing)
	slices.SortFunc(services, snapshot.Name.Compare)
	services = slices.Compact(services)
	for _, name := range services {
		s := f.m.Service(name)
		if s == nil || s.Annotations[kongPlugins] == "" {
			continue
		}
		found := f.kongNamed(guard.ObjectOf("Service", name), s.Annotations[kongPlugins])
		if len(services) == 1 {
			add(found)
			continue
		}
		for _, n := range found { // what binds the requests for one of several backends
			if settled[n.plugin()] {
				continue
			}
			for _, g := range n.guards(false) {
				out = append(out, g.Unknown(cmp.Or(g.Doubt, report.DoubtNotEvaluated)))
			}
		}
	}
	global, unread := f.kongGlobal(q)
	add(global)
	if unread != nil {
		out = append(out, *unread)
	}
	return out
}

// named is a plugin that somebody names, or that binds everybody.
type named struct {
	at     guard.Guard
	object report.Object
	spec   *snapshot.KongPlugin
	// unread is what is missing to read it; absent: there is none of the name.
	unread string
	absent bool
}

func (n named) plugin() string {
	if n.spec == nil {
		return ""
	}
	return n.spec.Plugin
}

// kongNamed are the plugins of an annotation: names of KongPlugins in the object's namespace,
// or NAMESPACE:NAME, and of KongClusterPlugins where there is no such KongPlugin
// (https://developer.konghq.com/kubernetes-ingress-controller/reference/annotations/#konghq-com-plugins).
func (f *finder) kongNamed(by report.Object, value string) []named {
	var out []named
	for _, item := range strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' }) {
		name := snapshot.Name{Namespace: by.Namespace, Name: item}
		if ns, bare, ok := strings.Cut(item, ":"); ok {
			name = snapshot.Name{Namespace: ns, Name: bare}
		}
		n := named{at: guard.Annotation(by, kongPlugins, item, kongDocs), object: guard.ObjectOf("KongPlugin", name)}
		own := snapshot.Need{Resource: snapshot.KongPlugins, Namespace: name.Namespace, Name: name.Name}
		cluster := snapshot.Need{Resource: snapshot.KongClusterPlugins, Name: name.Name}
		f.look(own)
		n.spec = snapshot.One[*snapshot.KongPlugin](f.m.Snapshot, snapshot.KongPlugins, name)
		switch gap := f.m.GapFor(own); {
		case n.spec != nil:
		case gap != nil:
			n.unread = gap.Permission()
		default:
			f.look(cluster)
			made := snapshot.One[*snapshot.KongClusterPlugin](f.m.Snapshot, snapshot.KongClusterPlugins, snapshot.Name{Name: name.Name})
			switch gap := f.m.GapFor(cluster); {
			case made != nil:
				n.spec, n.object = &made.KongPlugin, guard.ObjectOf("KongClusterPlugin", snapshot.Name{Name: name.Name})
			case gap != nil:
				n.unread = gap.Permission()
			default:
				n.absent = true
			}
		}
		out = append(out, n)
	}
	return out
}

// kongGlobal are the KongClusterPlugins with the label global: "true", which bind every request
// (https://developer.konghq.com/kubernetes-ingress-controller/reference/custom-resources/#kongclusterplugin).
func (f *finder) kongGlobal(q *asked) ([]named, *guard.Guard) {
	need := snapshot.Need{Resource: snapshot.KongClusterPlugins}
	f.look(need)
	if gap := f.m.GapFor(need); gap != nil {
		g := guard.Field(ingressObject(q.ing), "global KongClusterPlugins", "", kongDocs).Unknown(report.DoubtUnread)
		g.Needs = gap.Permission()
		return nil, &g
	}
	class := q.told.Value("ingress-class", "kong")
	var out []named
	for _, p := range snapshot.Of[*snapshot.KongClusterPlugin](f.m.Snapshot, snapshot.KongClusterPlugins) {
		if p.Labels.Global != "true" || p.Annotations.Class != class {
			continue
		}
		o := guard.ObjectOf("KongClusterPlugin", p.ID())
		out = append(out, named{at: guard.Field(o, "metadata.labels[global]", "true", kongDocs), object: o, spec: &p.KongPlugin})
	}
	return out, nil
}

// guards is what a plugin does with requests. Several of one kind in one scope cannot all
// be there, and which one is, is not said.
func (n named) guards(several bool) []guard.Guard {
	switch {
	case n.unread != "":
		g := n.at.Unknown(report.DoubtUnread)
		g.Needs = n.unread
		return []guard.Guard{g}
	case n.absent:
		return []guard.Guard{n.at.Unknown(report.DoubtMissing)}
	case n.spec.Disabled:
		return nil
	}
	p := n.spec
	g := guard.Field(n.object, "config", p.Plugin, kongDocs+p.Plugin+"/")
	switch p.Plugin {
	case "ip-restriction", "request-termination", "redirect":
		if p.ConfigFrom != nil || len(p.ConfigPatches) > 0 {
			return []guard.Guard{g.Unknown(report.DoubtElsewhere)} // from a Secret, which is never read
		}
		if several || p.ConsumerRef != "" {
			return []guard.Guard{g.Unknown(report.DoubtNotEvaluated)}
		}
	case "opa", "forward-auth", "geoip-restriction":
		return []guard.Guard{g.Unknown(report.DoubtNotEvaluated)}
	default:
		return nil // it turns away nobody by where they come from, or authenticates users
	}
	if p.Plugin != "ip-restriction" {
		if p.Config.Trigger != "" { // only requests with that header or argument
			return []guard.Guard{g.Unknown(report.DoubtNotEvaluated)}
		}
		g.Effect = report.GuardAnswers
		return []guard.Guard{g}
	}
	var out []guard.Guard
	for _, list := range []struct {
		name  string
		items []string
		deny  bool
	}{
		{"config.deny", slices.Concat(p.Config.Deny, p.Config.Blacklist), true},
		{"config.allow", slices.Concat(p.Config.Allow, p.Config.Whitelist), false},
	} {
		if text := strings.Join(list.items, ", "); text != "" {
			out = append(out, controllerList(guard.Field(n.object, list.name, text, kongDocs+"ip-restriction/"), text, list.deny))
		}
	}
	return out
}
