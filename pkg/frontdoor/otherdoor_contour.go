package frontdoor

import (
	"fmt"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// httpProxy follows a proxy and those that it includes.
func (o *other) httpProxy(p *snapshot.HTTPProxy) {
	if s := p.Status.CurrentStatus; s == "invalid" || s == "orphaned" {
		o.broken("status.currentStatus", nil, "", report.RouteNotAccepted, s)
		return
	}
	var hosts []string
	tls := false
	if h := p.Spec.VirtualHost; h != nil {
		hosts, tls = []string{h.FQDN}, h.TLS != nil
		o.door.Guards = append(o.door.Guards, contourGuards(o.by, "spec.virtualhost", h.HTTPProxyFilter)...)
		if h.Authorization != nil {
			o.door.Guards = append(o.door.Guards, field(o.by, "spec.virtualhost.authorization.extensionRef", h.Authorization.ExtensionRef.Name, contourDocs).
				unknown(report.DoubtNotEvaluated))
		}
	}
	o.includes(p, hosts, tls, 0)
}

const contourDocs = "https://projectcontour.io/docs/main/config/ip-filtering/"

// contourGuards are a proxy's lists. "Source: Remote" is the client that a header tells.
func contourGuards(o report.Object, at string, f snapshot.HTTPProxyFilter) []Guard {
	var out []Guard
	for _, list := range []struct {
		name   string
		ranges []snapshot.HTTPProxyRange
		deny   bool
	}{{"ipAllowPolicy", f.Allow, false}, {"ipDenyPolicy", f.Deny, true}} {
		if len(list.ranges) == 0 {
			continue
		}
		var items []string
		for _, r := range list.ranges {
			items = append(items, r.CIDR)
		}
		out = append(out, controllerList(field(o, at+"."+list.name, strings.Join(items, ", "), contourDocs), strings.Join(items, ","), list.deny))
	}
	return out
}

func (o *other) includes(p *snapshot.HTTPProxy, hosts []string, tls bool, depth int) {
	at := ""
	if depth > 0 {
		at = "httpproxy " + p.ID().String() + " "
	}
	for i, r := range p.Spec.Routes {
		path := "/"
		for _, c := range r.Conditions {
			if c.Prefix+c.Exact != "" {
				path = c.Prefix + c.Exact
			}
		}
		// A route's own list takes the place of the host's.
		o.guards(contourGuards(o.by, fmt.Sprintf("%sspec.routes[%d]", at, i), r.HTTPProxyFilter), len(p.Spec.Routes)+len(p.Spec.Includes)+depth == 1)
		if r.Redirect != nil || r.Response != nil {
			o.broken(fmt.Sprintf("%sspec.routes[%d]", at, i), hosts, path, report.AnsweredByDoor, "")
			continue
		}
		o.proxied(fmt.Sprintf("%sspec.routes[%d].services", at, i), hosts, path, tls, p.ID().Namespace, r.Services)
	}
	if t := p.Spec.TCPProxy; t != nil {
		o.proxied(at+"spec.tcpproxy.services", hosts, "", tls, p.ID().Namespace, t.Services)
	}
	for i, in := range p.Spec.Includes {
		name := snapshot.Name{Namespace: in.Namespace, Name: in.Name}
		if name.Namespace == "" {
			name.Namespace = p.ID().Namespace
		}
		const deepest = 8
		next := snapshot.One[*snapshot.HTTPProxy](o.m.Snapshot, snapshot.HTTPProxies, name)
		switch {
		case next != nil && depth < deepest:
			o.includes(next, hosts, tls, depth+1)
		case next == nil:
			need := snapshot.Need{Resource: snapshot.HTTPProxies, Namespace: name.Namespace, Name: name.Name}
			why, detail := report.BackendMissing, "HTTPProxy "+name.String()
			if gap := o.m.GapFor(need); gap != nil {
				why, detail = report.NotRead, gap.Permission()
			}
			o.broken(fmt.Sprintf("%sspec.includes[%d]", at, i), hosts, "", why, detail)
		}
	}
}

func (o *other) proxied(field string, hosts []string, path string, tls bool, namespace string, services []snapshot.HTTPProxyService) {
	for i, s := range services {
		if s.Mirror {
			continue // its answers are thrown away
		}
		o.route(fmt.Sprintf("%s[%d]", field, i), hosts, path, tls, snapshot.Name{Namespace: namespace, Name: s.Name}, reference.Port{Number: s.Port})
	}
}
