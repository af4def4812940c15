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
