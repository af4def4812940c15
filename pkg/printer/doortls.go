package printer

import (
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

// tls says which hosts have it; a host without shows as http://.
func (t text) tls(p page, n names, d *report.Door) {
	var with, without, passed []string
	by := ""
	for _, b := range d.Backends {
		for _, r := range b.Routes {
			host := orElse(r.Host, "every host")
			if r.TLSBy != "" {
				by = " (by " + n.esc(r.TLSBy) + ")"
			}
			switch {
			case r.Passthrough:
				if !slices.Contains(passed, host) {
					passed = append(passed, host)
				}
			case r.TLS && !slices.Contains(with, host):
				with = append(with, host)
			case !r.TLS && !slices.Contains(without, host):
				without = append(without, host)
			}
		}
	}
	switch {
	case len(passed) > 0:
		text := "passed through for " + n.list(passed, 3) + ", and ended by the pods" + by
		if len(with) > 0 {
			text += "; ended here for " + n.list(with, 3)
		}
		p.fact("TLS", text)
	case len(with) == 0 && len(without) == 0:
	case len(with) == 0:
		p.fact("TLS", "for no host")
	case len(without) == 0:
		p.fact("TLS", "for "+n.list(with, 3)+by)
	default:
		p.fact("TLS", "for "+n.list(with, 3)+"; not for "+n.list(without, 3)+by)
	}
}
