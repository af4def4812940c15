package frontdoor

import (
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Configs are the ConfigMaps, class parameters, plugins and policies from which the controllers of the doors that were read
// take their settings, as far as they are yet to be read: each by its name.
func Configs(m *model.Model) []snapshot.Need {
	var doors []*Door
	for _, ing := range m.Ingresses() {
		doors = append(doors, ingressDoor(m, ing, nil))
	}
	out := securityNeeds(m)
	for _, d := range doors {
		for _, n := range Unread([]*Door{d}) {
			switch n.Resource {
			case snapshot.ConfigMaps, snapshot.IngressClassParams, snapshot.KongPlugins, snapshot.KongClusterPlugins:
			default:
				continue
			}
			if !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	return out
}

// Forwards are the Services that an Ingress names by annotation as backends.
func Forwards(ing *snapshot.Ingress) []snapshot.IngressBackend {
	var out []snapshot.IngressBackend
	for _, r := range ing.Rules {
		for _, p := range r.Paths {
			out = append(out, albForward(ing, p.Backend)...)
		}
	}
	return out
}
