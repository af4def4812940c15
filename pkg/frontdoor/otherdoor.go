package frontdoor

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/guard"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Doors of the kinds that a single controller has: whose they are goes without a class. What
// carries their traffic is found as it is for an Ingress of the same controller.

// IsOther reports whether an object of the kind is such a door.
func IsOther(k reference.Kind) bool {
	return slices.Contains(snapshot.OtherDoors(), snapshot.Resource(k.Resource()))
}

// OtherRefs are the references of all such doors that were read.
func OtherRefs(s *snapshot.Snapshot) []reference.Reference {
	var out []reference.Reference
	for _, r := range snapshot.OtherDoors() {
		for _, o := range s.Objects(r) {
			if kind := kindOf(o); kind != "" && ownDoor(o) {
				out = append(out, reference.Reference{Kind: kind, Namespace: o.ID().Namespace, Name: o.ID().Name})
			}
		}
	}
	return out
}

// ownDoor tells a way in from what only another one leads to, and from what is for the
// sidecars of a mesh.
func ownDoor(o snapshot.Object) bool {
	switch o := o.(type) {
	case *snapshot.HTTPProxy:
		return o.Spec.VirtualHost != nil
	case *snapshot.VirtualService:
		return slices.ContainsFunc(o.Spec.Gateways, func(g string) bool { return g != "mesh" })
	default:
		return true
	}
}

func kindOf(o snapshot.Object) reference.Kind {
	switch o.(type) {
	case *snapshot.OpenShiftRoute:
		return "Route"
	case *snapshot.HTTPProxy:
		return "HTTPProxy"
	case *snapshot.IngressRoute:
		return "IngressRoute"
	case *snapshot.VirtualService:
		return "VirtualService"
	case *snapshot.Mapping:
		return "Mapping"
	default:
		return ""
	}
}

// other is such a door in the making.
type other struct {
	m    *model.Model
	door *Door
	home string
	by   report.Object
}

// openOther opens one of these doors; nil where it does not exist.
func openOther(m *model.Model, r reference.Reference, controllers []reference.Reference) []*Door {
	name := snapshot.Name{Namespace: r.Namespace, Name: r.Name}
	by := report.Object{Kind: string(r.Kind), Namespace: r.Namespace, Name: r.Name}
	o := &other{m: m, door: &Door{Object: by}, home: r.Namespace, by: by}
	resource := snapshot.Resource(r.Kind.Resource())
	var controller string
	var addresses []string
	var gateway *snapshot.IstioGateway
	switch found := snapshot.One[snapshot.Object](m.Snapshot, resource, name).(type) {
	case *snapshot.OpenShiftRoute:
		controller = "openshift.io/ingress-to-route"
		o.openShift(found)
	case *snapshot.HTTPProxy:
		controller = "projectcontour.io/ingress-controller"
		for _, at := range found.Status.LoadBalancer.Ingress {
			addresses = append(addresses, at.IP+at.Hostname)
		}
		o.httpProxy(found)
	case *snapshot.IngressRoute:
		controller = "traefik.io/ingress-controller"
		o.ingressRoute(found)
	case *snapshot.VirtualService:
		controller = "istio.io/ingress-controller"
		if gateway = o.virtualService(found); o.door.DataPlane.Problem != "" {
			return []*Door{o.door}
		}
	case *snapshot.Mapping:
		controller = emissary
		o.mapping(found)
	default:
		return nil
	}
	o.door.Controller, o.door.DataPlane.Addresses = controller, addresses
	f := &finder{m: m, plane: &o.door.DataPlane, id: controller}
	if f.known = byController(controller); controller == emissary {
		f.known = emissaryIngress()
	}
	if gateway != nil && len(controllers) == 0 {
		f.selected(gateway)
		if f.stopped() {
			f.wait()
		}
		return []*Door{o.door}
	}
	f.find(addresses, nil, controllers)
	return []*Door{o.door}
}

const emissary = "getambassador.io/ingress-controller"

// emissaryIngress is what is known of Emissary-ingress (emissary-ingress/emissary charts/emissary-ingress).
func emissaryIngress() *controller {
	return &controller{
		name: "Emissary-ingress", ids: []string{emissary},
		pods:    []podLabels{match(appName, "emissary-ingress"), match("service", "ambassador")},
		timeout: "504", refused: "503", source: "https://emissary-ingress.dev/docs/3.10/topics/using/intro-mappings/",
	}
}

// selected finds the pods that a Gateway of Istio selects, in whatever namespace they are
// (istio.io/docs/reference/config/networking/gateway, "selector").
func (f *finder) selected(g *snapshot.IstioGateway) {
	f.plane.Name, f.plane.Source = f.known.name, f.known.source
	f.plane.Timeout, f.plane.Refused = f.known.timeout, f.known.refused
	if !f.look(labelled("", g.Spec.Selector)...) {
		return
	}
	var found []model.Party
	for _, p := range f.m.Pods() {
		if !p.Finished() && len(g.Spec.Selector) > 0 && carries(p.Labels, g.Spec.Selector) {
			found = append(found, model.Party{Pod: p})
		}
	}
	f.note(report.StepGatewayLabel, len(found) > 0, "pods with the labels that Gateway "+g.ID().String()+" selects: "+text(g.Spec.Selector))
	switch {
	case len(found) > 0:
		f.settle(found)
	case f.unseen != nil:
		f.plane.Problem, f.plane.Detail = report.NotRead, f.unseen.Permission()
	default:
		f.plane.Problem, f.plane.Detail = report.ControllerUnknown, f.tried()
	}
}

// route is a way to a Service of a namespace.
func (o *other) route(field string, hosts []string, path string, tls bool, service snapshot.Name, port reference.Port) {
	r := o.base(field, hosts, path, tls)
	port.Protocol = connset.TCP
	if r.Port = port.Name; port.Number != 0 {
		r.Port = strconv.Itoa(int(port.Number))
	}
	follow(o.m, &r, service, port)
	o.door.Routes = append(o.door.Routes, r)
}

func (o *other) base(field string, hosts []string, path string, tls bool) Route {
	r := Route{By: o.by, Field: field, Hosts: hosts, Path: path, Weight: -1}
	if len(hosts) == 0 || len(hosts) == 1 && hosts[0] == "" {
		r.Hosts = nil
	}
	if tls {
		if r.TLS = hosts; len(hosts) == 0 {
			r.TLS = []string{""}
		}
	}
	return r
}

// broken is a way that leads nowhere, or is not followed.
func (o *other) broken(field string, hosts []string, path string, why report.Reason, detail string) {
	r := o.base(field, hosts, path, false)
	r.Broken, r.Detail = why, detail
	o.door.Routes = append(o.door.Routes, r)
}

// openShift follows a Route: its port is one of the endpoints', by name or number, and all of
// them where it names none (docs.openshift.com, "Route configuration").
func (o *other) openShift(r *snapshot.OpenShiftRoute) {
	hosts := []string{r.Spec.Host}
	for _, in := range r.Status.Ingress {
		for _, c := range in.Conditions {
			if c.Type == "Admitted" && c.Status == "False" {
				o.broken("status.ingress", hosts, r.Spec.Path, report.RouteNotAccepted, c.Reason)
				return
			}
		}
	}
	for i, to := range append([]snapshot.OpenShiftTarget{r.Spec.To}, r.Spec.AlternateBackends...) {
		field := "spec.to"
		if i > 0 {
			field = fmt.Sprintf("spec.alternateBackends[%d]", i-1)
		}
		if to.Weight != nil && *to.Weight == 0 {
			continue
		}
		if to.Kind != "" && to.Kind != "Service" {
			o.broken(field, hosts, r.Spec.Path, report.ResourceBackend, to.Kind+"/"+to.Name)
			continue
		}
		name := snapshot.Name{Namespace: o.home, Name: to.Name}
		port := reference.Port{}
		if r.Spec.Port != nil {
			port = o.servicePort(name, r.Spec.Port.TargetPort)
		}
		o.route(field, hosts, r.Spec.Path, r.Spec.TLS != nil, name, port)
	}
}

// servicePort is the Service's port whose target a port is.
func (o *other) servicePort(name snapshot.Name, target intstr.IntOrString) reference.Port {
	if target.Type == intstr.String {
		return reference.Port{Name: target.StrVal}
	}
	if s := o.m.Service(name); s != nil {
		for _, p := range s.Ports {
			if int(p.TargetPort) == target.IntValue() {
				return reference.Port{Number: p.Port}
			}
		}
	}
	return reference.Port{Number: uint16(target.IntValue())}
}

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
			o.door.Guards = append(o.door.Guards, guard.Field(o.by, "spec.virtualhost.authorization.extensionRef", h.Authorization.ExtensionRef.Name, contourDocs).
				Unknown(report.DoubtNotEvaluated))
		}
	}
	o.includes(p, hosts, tls, 0)
}

const contourDocs = "https://projectcontour.io/docs/main/config/ip-filtering/"

// contourGuards are a proxy's lists. "Source: Remote" is the client that a header tells.
func contourGuards(o report.Object, at string, f snapshot.HTTPProxyFilter) []guard.Guard {
	var out []guard.Guard
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
		out = append(out, controllerList(guard.Field(o, at+"."+list.name, strings.Join(items, ", "), contourDocs), strings.Join(items, ","), list.deny))
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

// quotedIn are the texts in backquotes that calls of a function in a rule of Traefik have.
func quotedIn(rule, function string) []string {
	var out []string
	for _, call := range regexp.MustCompile(function+"\\(([^)]*)\\)").FindAllStringSubmatch(rule, -1) {
		for i, part := range strings.Split(call[1], "`") {
			if i%2 == 1 {
				out = append(out, part)
			}
		}
	}
	return out
}

// ingressRoute follows a route of Traefik.
func (o *other) ingressRoute(r *snapshot.IngressRoute) {
	tls := r.Spec.TLS != nil
	for i, rule := range r.Spec.Routes {
		hosts, path := quotedIn(rule.Match, "\\bHost(?:SNI)?"), "/"
		if paths := quotedIn(rule.Match, "\\bPath(?:Prefix)?"); len(paths) > 0 {
			path = paths[0]
		}
		guards := middlewareGuards(o.m, rule.Middlewares, o.home, o.by, fmt.Sprintf("spec.routes[%d].middlewares", i))
		o.guards(guards, len(r.Spec.Routes) == 1)
		for j, s := range rule.Services {
			field := fmt.Sprintf("spec.routes[%d].services[%d]", i, j)
			name := snapshot.Name{Namespace: s.Namespace, Name: s.Name}
			if name.Namespace == "" {
				name.Namespace = o.home
			}
			switch {
			case s.Kind == "TraefikService":
				o.broken(field, hosts, path, report.ResourceBackend, s.Kind+"/"+s.Name)
			case name.Namespace != o.home:
				o.broken(field, hosts, path, report.GuardOpen, "a Service of another namespace needs providers.kubernetescrd.allowCrossNamespace")
			case s.Port.Type == intstr.String:
				o.route(field, hosts, path, tls, name, reference.Port{Name: s.Port.StrVal})
			default:
				o.route(field, hosts, path, tls, name, reference.Port{Number: uint16(s.Port.IntValue())})
			}
		}
	}
}

// virtualService follows a VirtualService from the Gateway that it names.
func (o *other) virtualService(v *snapshot.VirtualService) *snapshot.IstioGateway {
	var gateway *snapshot.IstioGateway
	tls := false
	for i, text := range v.Spec.Gateways {
		if text == "mesh" {
			continue
		}
		name := snapshot.Name{Namespace: o.home, Name: text}
		if namespace, bare, ok := strings.Cut(text, "/"); ok {
			name = snapshot.Name{Namespace: namespace, Name: bare}
		}
		found := snapshot.One[*snapshot.IstioGateway](o.m.Snapshot, snapshot.IstioGateways, name)
		if found == nil {
			why, detail := report.ParentMissing, "Gateway "+name.String()
			if gap := o.m.GapFor(snapshot.Need{Resource: snapshot.IstioGateways, Namespace: name.Namespace, Name: name.Name}); gap != nil {
				why, detail = report.NotRead, gap.Permission()
			}
			o.door.DataPlane.Problem, o.door.DataPlane.Detail = why, detail
			o.broken(fmt.Sprintf("spec.gateways[%d]", i), v.Spec.Hosts, "", why, detail)
			return nil
		}
		for _, s := range found.Spec.Servers {
			tls = tls || s.TLS != nil && !s.TLS.HTTPSRedirect
		}
		gateway = found
		break
	}
	if gateway == nil {
		// "mesh" alone, which is the default: it is for the sidecars, and no way in.
		o.door.DataPlane.Problem, o.door.DataPlane.Detail = report.ParentMissing, ""
		o.broken("spec.gateways", v.Spec.Hosts, "", report.ParentMissing, "")
		return nil
	}
	o.door.Class = gateway.ID().String()
	for _, part := range []struct {
		name  string
		rules []snapshot.VirtualServiceRule
	}{{"http", v.Spec.HTTP}, {"tls", v.Spec.TLS}, {"tcp", v.Spec.TCP}} {
		for i, rule := range part.rules {
			if rule.Redirect != nil || rule.Response != nil {
				o.broken(fmt.Sprintf("spec.%s[%d]", part.name, i), v.Spec.Hosts, "/", report.AnsweredByDoor, "")
				continue
			}
			for j, to := range rule.Route {
				field := fmt.Sprintf("spec.%s[%d].route[%d]", part.name, i, j)
				name, ok := serviceHost(to.Destination.Host, o.home)
				if !ok {
					o.broken(field, v.Spec.Hosts, "/", report.ResourceBackend, "host "+to.Destination.Host)
					continue
				}
				port := reference.Port{}
				if p := to.Destination.Port; p != nil {
					port.Number = p.Number
				}
				o.route(field, v.Spec.Hosts, "/", tls, name, port)
			}
		}
	}
	return gateway
}

// guards adds guards of one route. Of those that are not for all requests of the door it is not
// said which clients they keep from what.
func (o *other) guards(found []guard.Guard, whole bool) {
	for _, g := range found {
		if !whole {
			g = g.Unknown(report.DoubtNotEvaluated)
			g.Only, g.Except, g.Allow, g.Deny, g.Asks, g.Asked = nil, nil, nil, nil, nil, nil
		}
		o.door.Guards = append(o.door.Guards, g)
	}
}
