package printer

import (
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

// tls says which hosts have it; a host without shows as http://. Connections of TCP,
// UDP and TLS that passes through a Gateway have none that ends at the door.
func (t text) tls(p page, n names, d *report.Door) {
	var with, without, both, passed []string
	by := ""
	add := func(list []string, host string) []string {
		if slices.Contains(list, host) {
			return list
		}
		return append(list, host)
	}
	for _, b := range d.Backends {
		if connections(b) != "" {
			continue
		}
		for _, r := range b.Routes {
			host := orElse(r.Host, "every host")
			if r.TLSBy != "" {
				by = " (by " + n.esc(r.TLSBy) + ")"
			}
			switch {
			case r.Passthrough:
				passed = add(passed, host)
			case r.TLS:
				with = add(with, host)
			default:
				without = add(without, host)
			}
		}
	}
	if len(passed) > 0 {
		text := "passed through for " + n.list(passed, 3) + ", and ended by the pods" + by
		if len(with) > 0 {
			text += "; ended here for " + n.list(with, 3)
		}
		p.fact("TLS", text)
		return
	}
	for _, host := range with {
		if i := slices.Index(without, host); i >= 0 {
			without, both = slices.Delete(without, i, i+1), append(both, host)
		}
	}
	var parts []string
	if len(with) > 0 {
		parts = append(parts, "for "+n.list(with, 3))
	}
	if len(without) > 0 && len(with) > 0 {
		parts = append(parts, "not for "+n.list(without, 3))
	}
	if len(both) > 0 {
		parts = append(parts, n.list(both, 3)+" also without")
	}
	switch {
	case len(parts) > 0:
		p.fact("TLS", strings.Join(parts, "; ")+by)
	case len(without) > 0:
		p.fact("TLS", "none")
	}
}
