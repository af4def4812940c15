package frontdoor_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/frontdoor"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/source/files"
)

// object is a manifest; rest is everything below metadata in YAML's flow style,
// and meta what metadata has beside the names.
func object(apiVersion, kind, name, meta, rest string) string {
	ns, n, _ := strings.Cut(name, "/")
	if n == "" {
		ns, n = "", ns
	}
	names := "name: " + n
	if ns != "" {
		names += ", namespace: " + ns
	}
	if meta != "" {
		names += ", " + meta
	}
	return fmt.Sprintf("---\n{apiVersion: %s, kind: %s, metadata: {%s}, %s}\n", apiVersion, kind, names, rest)
}

// pod is a running pod on a node of the same number as its address; args are
// arguments of its container, ports in YAML's flow style.
func pod(name, labels, ip, args, ports, spec string) string {
	_, host, _ := strings.Cut(ip, "@")
	ip, _, _ = strings.Cut(ip, "@")
	status := "phase: Running, conditions: [{type: Ready, status: 'True'}], podIPs: [{ip: '" + ip + "'}]"
	if host != "" {
		status += ", hostIPs: [{ip: '" + host + "'}]"
		spec += "nodeName: n" + host[strings.LastIndexByte(host, '.')+1:] + ", "
	}
	return object("v1", "Pod", name, "labels: {"+labels+"}",
		fmt.Sprintf("spec: {%scontainers: [{name: c, image: c, args: [%s], ports: [%s]}]}, status: {%s}", spec, args, ports, status))
}

const webPorts = "{name: http, containerPort: 80}, {name: https, containerPort: 443}"

func service(name, spec, status string) string {
	return object("v1", "Service", name, "", "spec: {"+spec+"}, status: {loadBalancer: {ingress: ["+status+"]}}")
}

func webService(name, selector, spec, status string) string {
	return service(name, "selector: {"+selector+"}, ports: [{name: http, port: 80}, {name: https, port: 443}], "+spec, status)
}

// backend is the application behind every door.
const backend = `
---
{apiVersion: v1, kind: Service, metadata: {namespace: bank, name: app}, spec: {selector: {app: app}, ports: [{name: web, port: 80, targetPort: http}]}}
---
{apiVersion: v1, kind: Pod, metadata: {namespace: bank, name: app, labels: {app: app}}, spec: {containers: [{name: c, image: c, ports: [{name: http, containerPort: 8080}]}]}, status: {phase: Running, podIPs: [{ip: 10.0.0.1}], conditions: [{type: Ready, status: 'True'}]}}
`

// ingress sends everything to the application.
func ingress(meta, class, status string) string {
	spec := "defaultBackend: {service: {name: app, port: {number: 80}}}"
	if class != "" {
		spec = "ingressClassName: " + class + ", " + spec
	}
	return object("networking.k8s.io/v1", "Ingress", "bank/app", meta, "spec: {"+spec+"}, status: {loadBalancer: {ingress: ["+status+"]}}")
}

func class(name, controller string) string {
	return object("networking.k8s.io/v1", "IngressClass", name, "", "spec: {controller: "+controller+"}")
}

func defaultClass(name, controller string) string {
	return object("networking.k8s.io/v1", "IngressClass", name, "annotations: {ingressclass.kubernetes.io/is-default-class: 'true'}", "spec: {controller: "+controller+"}")
}

func gatewayClass(name, controller string) string {
	return object("gateway.networking.k8s.io/v1", "GatewayClass", name, "", "spec: {controllerName: "+controller+"}")
}

func gateway(name, class, listeners, status string) string {
	return object("gateway.networking.k8s.io/v1", "Gateway", name, "",
		"spec: {gatewayClassName: "+class+", listeners: ["+listeners+"]}, status: {addresses: ["+status+"]}")
}

const anyHTTP = "{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}"

func httpRoute(name, parents, rest string) string {
	return object("gateway.networking.k8s.io/v1", "HTTPRoute", name, "", "spec: {parentRefs: ["+parents+"], "+rest+"}")
}

func toApp(more string) string { return "rules: [{backendRefs: [{name: app, port: 80" + more + "}]}]" }

func modelOf(t *testing.T, manifests ...string) *model.Model {
	t.Helper()
	m, err := files.New(files.Options{Filenames: []string{"-"}, In: strings.NewReader(strings.Join(manifests, ""))})
	if err != nil {
		t.Fatal(err)
	}
	s, err := m.Load(context.Background(), nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, strings.Join(manifests, ""))
	}
	return model.New(s)
}

func parse(t *testing.T, text string) reference.Reference {
	t.Helper()
	r, err := reference.Parse(text, "bank")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// open opens the only door that a reference stands for.
func open(t *testing.T, m *model.Model, text string, controllers ...string) *frontdoor.Door {
	t.Helper()
	doors := openAll(t, m, text, controllers...)
	if len(doors) != 1 {
		t.Fatalf("%s: %d doors", text, len(doors))
	}
	return doors[0]
}

func openAll(t *testing.T, m *model.Model, text string, controllers ...string) []*frontdoor.Door {
	t.Helper()
	var refs []reference.Reference
	for _, c := range controllers {
		refs = append(refs, parse(t, c))
	}
	doors, err := frontdoor.Open(m, parse(t, text), refs)
	if err != nil {
		t.Fatal(err)
	}
	return doors
}

// behind names what is behind a door: pods, address ranges, or what else.
func behind(d *frontdoor.Door) string {
	var out []string
	for _, p := range d.DataPlane.Parties {
		switch {
		case p.Pod != nil:
			out = append(out, p.Pod.Name.String())
		case p.Block.Prefix.IsValid():
			out = append(out, p.Block.String())
		default:
			out = append(out, p.External)
		}
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}
