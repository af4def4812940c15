package printer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// urls are the requests that lead to a backend, by which one sees whether the
// host has TLS.
func (t text) urls(n names, b report.DoorBackend) string {
	var out []string
	for _, r := range b.Routes {
		scheme := r.Scheme
		switch {
		case scheme != "":
		case r.TLS:
			scheme = "https"
		case r.By.Kind == string(reference.TCPRoute):
			scheme = "tcp"
		case r.By.Kind == string(reference.UDPRoute):
			scheme = "udp"
		case r.By.Kind == string(reference.TLSRoute):
			scheme = "tls"
		default:
			scheme = "http"
		}
		web := scheme == "http" || scheme == "https"
		text := scheme + "://" + n.esc(orElse(r.Host, "*"))
		if r.ListenerPort != 0 && !(scheme == "http" && r.ListenerPort == 80 || scheme == "https" && r.ListenerPort == 443) {
			text += fmt.Sprintf(":%d", r.ListenerPort)
		}
		switch {
		case !web:
		case r.Path == "":
			text += "/"
		default:
			text += n.esc(r.Path)
		}
		var also []string
		if r.PathType == "Exact" {
			also = append(also, "exactly")
		}
		if r.PathType == "RegularExpression" {
			also = append(also, "as a regular expression")
		}
		if len(r.Conditions) > 0 {
			also = append(also, "only with "+n.list(r.Conditions, 3))
		}
		if r.Weight != nil && *r.Weight != 1 {
			also = append(also, fmt.Sprintf("weight %d", *r.Weight))
		}
		text += inParens(strings.Join(also, ", "))
		if !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	limit := 3
	if t.wide() {
		limit = 0
	}
	return names{escape: same}.list(out, limit)
}

// tls says which hosts have it; a host without shows as http://. Connections of TCP,
// UDP and TLS that passes through have none that ends at the door.
func (t text) tls(p page, n names, d *report.Door) {
	var with, without, both []string
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
			if r.TLS {
				with = add(with, host)
			} else {
				without = add(without, host)
			}
		}
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
		p.fact("TLS", strings.Join(parts, "; "))
	case len(without) > 0:
		p.fact("TLS", "for no host")
	}
}
