package reference_test

import (
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"unicode"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/reference"
)

func TestParse(t *testing.T) {
	object := func(kind reference.Kind, namespace, name string, port reference.Port) reference.Reference {
		return reference.Reference{Kind: kind, Namespace: namespace, Name: name, Port: port}
	}
	at := func(prefix string, port reference.Port) reference.Reference {
		return reference.Reference{Form: reference.FormAddress, Prefix: netip.MustParsePrefix(prefix), Port: port}
	}
	labels := func(port reference.Port, pairs ...string) reference.Reference {
		r := reference.Reference{Form: reference.FormLabels, Namespace: "here", Labels: map[string]string{}, Port: port}
		for i := 0; i < len(pairs); i += 2 {
			r.Labels[pairs[i]] = pairs[i+1]
		}
		return r
	}
	number := func(n uint16, p connset.Protocol) reference.Port { return reference.Port{Number: n, Protocol: p} }
	none := reference.Port{}
	for _, c := range []struct {
		text  string
		want  reference.Reference
		canon string
	}{
		{"web", object(reference.Pod, "here", "web", none), "here/pod/web"},
		{"web:80", object(reference.Pod, "here", "web", number(80, "")), "here/pod/web:80"},
		{"web.example.com", object(reference.Pod, "here", "web.example.com", none), "here/pod/web.example.com"},
		{"PO/web", object(reference.Pod, "here", "web", none), "here/pod/web"},
		{"bank/deploy/frontend:80/tcp", object(reference.Deployment, "bank", "frontend", number(80, connset.TCP)), "bank/deploy/frontend:80/TCP"},
		{"deployments.apps/x", object(reference.Deployment, "here", "x", none), "here/deploy/x"},
		{"svc/dns:53/UDP", object(reference.Service, "here", "dns", number(53, connset.UDP)), "here/svc/dns:53/UDP"},
		{"svc/dns:dns", object(reference.Service, "here", "dns", reference.Port{Name: "dns"}), "here/svc/dns:dns"},
		{"svc/x:http/TCP", object(reference.Service, "here", "x", reference.Port{Name: "http", Protocol: connset.TCP}), "here/svc/x:http/TCP"},
		{"svc/x:080", object(reference.Service, "here", "x", number(80, "")), "here/svc/x:80"},
		{"svc/x:65535/sctp", object(reference.Service, "here", "x", number(65535, connset.SCTP)), "here/svc/x:65535/SCTP"},
		{"ns/bank", object(reference.Namespace, "", "bank", none), "ns/bank"},
		{"ns/bank:80", object(reference.Namespace, "", "bank", number(80, "")), "ns/bank:80"},
		{"no/worker-1.example.com", object(reference.Node, "", "worker-1.example.com", none), "node/worker-1.example.com"},
		{"pod/internet", object(reference.Pod, "here", "internet", none), "here/pod/internet"},
		{"pod/10.0.0.1", object(reference.Pod, "here", "10.0.0.1", none), "here/pod/10.0.0.1"},
		{"1234", object(reference.Pod, "here", "1234", none), "here/pod/1234"},
		{"svc/svc", object(reference.Service, "here", "svc", none), "here/svc/svc"},
		{"svc/svc/svc", object(reference.Service, "svc", "svc", none), "svc/svc/svc"},

		{"internet", reference.Reference{Form: reference.FormInternet}, "internet"},
		{"internet:443/TCP", reference.Reference{Form: reference.FormInternet, Port: number(443, connset.TCP)}, "internet:443/TCP"},

		{"10.0.0.1", at("10.0.0.1/32", none), "10.0.0.1"},
		{"10.0.0.1/32", at("10.0.0.1/32", none), "10.0.0.1"},
		{"10.0.0.1:80/TCP", at("10.0.0.1/32", number(80, connset.TCP)), "10.0.0.1:80/TCP"},
		{"10.0.0.0/8", at("10.0.0.0/8", none), "10.0.0.0/8"},
		{"10.0.0.0/8:443", at("10.0.0.0/8", number(443, "")), "10.0.0.0/8:443"},
		{"10.0.0.0/8:https/tcp", at("10.0.0.0/8", reference.Port{Name: "https", Protocol: connset.TCP}), "10.0.0.0/8:https/TCP"},
		{"0.0.0.0/0", at("0.0.0.0/0", none), "0.0.0.0/0"},
		{"fd00::1", at("fd00::1/128", none), "fd00::1"},
		{"fd00::1:80", at("fd00::1:80/128", none), "fd00::1:80"},
		{"FD00::1", at("fd00::1/128", none), "fd00::1"},
		{"[fd00::1]:80", at("fd00::1/128", number(80, "")), "[fd00::1]:80"},
		{"[fd00::1]", at("fd00::1/128", none), "fd00::1"},
		{"fd00::/8", at("fd00::/8", none), "fd00::/8"},
		{"fd00::/8:443/TCP", at("fd00::/8", number(443, connset.TCP)), "[fd00::/8]:443/TCP"},
		{"[fd00::/8]:443", at("fd00::/8", number(443, "")), "[fd00::/8]:443"},
		{"::/0", at("::/0", none), "::/0"},
		{"::", at("::/128", none), "::"},
		{"::ffff:10.0.0.1", at("10.0.0.1/32", none), "10.0.0.1"},
		{"[::ffff:10.0.0.1]:80", at("10.0.0.1/32", number(80, "")), "10.0.0.1:80"},
		{"::ffff:10.0.0.0/104", at("10.0.0.0/8", none), "10.0.0.0/8"},

		{"app=frontend", labels(none, "app", "frontend"), "here/app=frontend"},
		{"tier=web,app=frontend", labels(none, "app", "frontend", "tier", "web"), "here/app=frontend,tier=web"},
		{"app==x, tier=web", labels(none, "app", "x", "tier", "web"), "here/app=x,tier=web"},
		{"app.kubernetes.io/name=x", labels(none, "app.kubernetes.io/name", "x"), "here/app.kubernetes.io/name=x"},
		{"app=", labels(none, "app", ""), "here/app="},
		{"app=x,app=x", labels(none, "app", "x"), "here/app=x"},
		{"bank/app=x:80", inNamespace("bank", labels(number(80, ""), "app", "x")), "bank/app=x:80"},
		{"bank/app.kubernetes.io/name=x,tier=web", inNamespace("bank", labels(none, "app.kubernetes.io/name", "x", "tier", "web")), "bank/app.kubernetes.io/name=x,tier=web"},
		{"kube-apiserver", object(reference.Service, "default", "kubernetes", none), "default/svc/kubernetes"},
		{"kube-apiserver:443", object(reference.Service, "default", "kubernetes", number(443, "")), "default/svc/kubernetes:443"},
		{"pod/kube-apiserver", object(reference.Pod, "here", "kube-apiserver", none), "here/pod/kube-apiserver"},
		{"app=x:80/UDP", labels(number(80, connset.UDP), "app", "x"), "here/app=x:80/UDP"},
	} {
		got, err := reference.Parse(c.text, "here")
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("Parse(%q) = %+v, %v, want %+v", c.text, got, err, c.want)
			continue
		}
		if got.String() != c.canon {
			t.Errorf("Parse(%q).String() = %q, want %q", c.text, got, c.canon)
		}
		if back, err := reference.Parse(c.canon, "here"); err != nil || !reflect.DeepEqual(back, got) {
			t.Errorf("Parse(%q) = %+v, %v, want %+v", c.canon, back, err, got)
		}
	}
}

func inNamespace(name string, r reference.Reference) reference.Reference {
	r.Namespace = name
	return r
}

func TestParseErrors(t *testing.T) {
	long := strings.Repeat("x", 300)
	for text, want := range map[string]string{
		"":                  `"" names nothing: write [NAMESPACE/]TYPE/NAME[:PORT[/PROTOCOL]], an address, a CIDR, internet, kube-apiserver, or labels such as [NAMESPACE/]app=web`,
		"ingres/x":          `unknown type "ingres" in "ingres/x": did you mean "ingress"?`,
		"bank/dpeloy/x":     `unknown type "dpeloy" in "bank/dpeloy/x": did you mean "deploy"?`,
		"bank/frontend":     `unknown type "bank" in "bank/frontend": for a pod in namespace bank write bank/pod/frontend`,
		"pods.apps/x":       `unknown type "pods.apps" in "pods.apps/x": use a type such as pod, svc, deploy, sts, ds, job, ing, ns, node, gtw or httproute`,
		"/x":                `unknown type "" in "/x": use a type such as pod, svc, deploy, sts, ds, job, ing, ns, node, gtw or httproute`,
		"x/ns/y":            `namespaces have no namespace in "x/ns/y": write ns/y`,
		"x/no/\x1b":         `nodes have no namespace in "x/no/\x1b": write node/NAME`,
		"svc/x:70000":       `port 70000 in "svc/x:70000" is out of range 1-65535`,
		"svc/x:0":           `port 0 in "svc/x:0" is out of range 1-65535`,
		"svc/x:":            `missing port after the colon in "svc/x:": write a number or a port name, for instance :80 or :http`,
		"svc/x:/TCP":        `missing port after the colon in "svc/x:/TCP": write a number or a port name, for instance :80 or :http`,
		"svc/x:HTTP":        `"HTTP" in "svc/x:HTTP" is neither a port number nor a port name: did you mean "http"?`,
		"svc/x:-80":         `"-80" in "svc/x:-80" is neither a port number nor a port name: use 1-65535, or a name of at most 15 lower case letters, digits and single inner '-'`,
		"svc/x:80/ICMP":     `unknown protocol "ICMP" in "svc/x:80/ICMP": use TCP, UDP or SCTP`,
		"svc/x:80/":         `unknown protocol "" in "svc/x:80/": use TCP, UDP or SCTP`,
		"Web":               `"Web" in "Web" is not a name that a Pod can have: did you mean "web"?`,
		"svc/a.b":           `"a.b" in "svc/a.b" is not a name that a Service can have: a name is at most 63 lower case letters, digits and '-', with a letter or digit at both ends`,
		"deploy/":           `missing name in "deploy/": write [NAMESPACE/]TYPE/NAME[:PORT[/PROTOCOL]], an address, a CIDR, internet, kube-apiserver, or labels such as [NAMESPACE/]app=web`,
		"a.b/deploy/x":      `"a.b" in "a.b/deploy/x" is not a namespace name: a namespace is at most 63 lower case letters, digits and '-', with a letter or digit at both ends`,
		"a/b/c/d":           `"a/b/c/d" has too many parts: write [NAMESPACE/]TYPE/NAME[:PORT[/PROTOCOL]], an address, a CIDR, internet, kube-apiserver, or labels such as [NAMESPACE/]app=web`,
		"10.1.2.3/8":        `"10.1.2.3/8" has host bits set: did you mean 10.0.0.0/8?`,
		"fd00::1/8":         `"fd00::1/8" has host bits set: did you mean fd00::/8?`,
		"10.0.0.0/33":       `"33" in "10.0.0.0/33" is not a prefix length: use 0-32`,
		"fd00::/129":        `"129" in "fd00::/129" is not a prefix length: use 0-128`,
		"10.0.0.300":        `"10.0.0.300" in "10.0.0.300" is not an IP address: an address is for instance 10.0.0.1 or fd00::1; a pod of that name is pod/10.0.0.300`,
		"fe80::1%eth0":      `"fe80::1%eth0" has a zone: leave out the % and what follows; policies know no zones`,
		"fe80::1%eth0/64":   `"fe80::1%eth0/64" has a zone: leave out the % and what follows; policies know no zones`,
		"[fd00::1":          `"[fd00::1" has a bracket without its partner: write [fd00::1]:80 or [fd00::/8]:80`,
		"[fd00::1]80":       `"[fd00::1]80" has a bracket without its partner: write [fd00::1]:80 or [fd00::/8]:80`,
		"[]:80":             `"" in "[]:80" is not an IP address: an address is for instance 10.0.0.1 or fd00::1`,
		"[fd00::1]:":        `missing port after the colon in "[fd00::1]:": write a number or a port name, for instance :80 or :http`,
		"app=x,web":         `"web" in "app=x,web" is not KEY=VALUE: write labels as app=frontend,tier=web`,
		"app!=x":            `"app!=x" in "app!=x" describes no pod: only KEY=VALUE says which labels a pod has`,
		"app=x,app=y":       `label "app" has two values in "app=x,app=y": a pod has one value for each key`,
		"a b=x":             `"a b" in "a b=x" is not a label key: a key is at most 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends, after an optional DOMAIN/`,
		"=x":                `"" in "=x" is not a label key: a key is at most 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends, after an optional DOMAIN/`,
		"app=-":             `"-" in "app=-" is not a label value: a value is empty or at most 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends`,
		"\x1b[31mred\n/x":   `unknown type "\x1b[31mred\n" in "\x1b[31mred\n/x": use a type such as pod, svc, deploy, sts, ds, job, ing, ns, node, gtw or httproute`,
		"svc/x:" + long[:9]: ``,
		"svc/" + long:       `"` + long[:80] + `…" in "svc/` + long[:76] + `…" is not a name that a Service can have: a name is at most 63 lower case letters, digits and '-', with a letter or digit at both ends`,
	} {
		got, err := reference.Parse(text, "here")
		if want == "" {
			if err != nil {
				t.Errorf("Parse(%q): %v", text, err)
			}
			continue
		}
		var parse *reference.ParseError
		if !errors.As(err, &parse) || err.Error() != want {
			t.Errorf("Parse(%q) = %+v\n got: %v\nwant: %s", text, got, err, want)
		} else if parse.Text != text {
			t.Errorf("Parse(%q): the error is about %q", text, parse.Text)
		}
	}
}

func TestParseKind(t *testing.T) {
	for want, names := range map[reference.Kind]string{
		reference.Pod:                   "po pod pods POD Pods",
		reference.Service:               "svc service services",
		reference.Deployment:            "deploy deployment deployments deployment.apps deployments.apps deployments.v1.apps Deployment",
		reference.ReplicaSet:            "rs replicaset replicasets.apps",
		reference.StatefulSet:           "sts statefulset statefulsets",
		reference.DaemonSet:             "ds daemonset daemonsets",
		reference.ReplicationController: "rc replicationcontroller replicationcontrollers",
		reference.Job:                   "job jobs jobs.batch",
		reference.CronJob:               "cj cronjob cronjobs cronjobs.v1beta1.batch",
		reference.Ingress:               "ing ingress ingresses ingresses.networking.k8s.io ing.networking.k8s.io",
		reference.Namespace:             "ns namespace namespaces",
		reference.Node:                  "no node nodes",
		reference.Gateway:               "gtw gateway gateways gateways.gateway.networking.k8s.io",
		reference.HTTPRoute:             "httproute httproutes HTTPRoute httproutes.v1.gateway.networking.k8s.io",
		reference.GRPCRoute:             "grpcroute grpcroutes",
		reference.TLSRoute:              "tlsroute tlsroutes",
		reference.TCPRoute:              "tcproute tcproutes",
	} {
		for _, name := range strings.Fields(names) {
			if got, ok := reference.ParseKind(name); got != want || !ok {
				t.Errorf("ParseKind(%q) = %q, %v, want %q", name, got, ok, want)
			}
		}
	}
	for _, name := range []string{"", ".", "pods.", "pods.v1", "deployments.", "deployments.extensions", "deployments.x.apps", "secret", "internet"} {
		if got, ok := reference.ParseKind(name); ok {
			t.Errorf("ParseKind(%q) = %q", name, got)
		}
	}
}

func TestKinds(t *testing.T) {
	if len(reference.Kinds()) != 23 {
		t.Errorf("%d kinds", len(reference.Kinds()))
	}
	for _, k := range reference.Kinds() {
		for _, name := range []string{string(k), k.Short(), k.Resource()} {
			if got, ok := reference.ParseKind(name); got != k || !ok {
				t.Errorf("ParseKind(%q) = %q, %v, want %q", name, got, ok, k)
			}
		}
		if qualified := k.Resource() + "." + k.Group(); k.Group() != "" {
			if got, ok := reference.ParseKind(qualified); got != k || !ok {
				t.Errorf("ParseKind(%q) = %q, %v, want %q", qualified, got, ok, k)
			}
		}
		if k.IsWorkload() && !k.Namespaced() {
			t.Errorf("%s owns pods and has no namespace", k)
		}
	}
	unknown := reference.Kind("Secret")
	if unknown.Resource()+unknown.Group()+unknown.Short() != "" || unknown.Namespaced() || unknown.IsWorkload() {
		t.Error("an unknown kind has properties")
	}
	if reference.Pod.IsWorkload() || !reference.Pod.Namespaced() || reference.Node.Namespaced() || !reference.CronJob.IsWorkload() {
		t.Error("wrong scope")
	}
}

func TestZeroReferencePrints(t *testing.T) {
	_ = reference.Reference{}.String()
	_ = reference.Reference{Form: reference.FormAddress, Port: reference.Port{Number: 80}}.String()
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"web", "bank/deploy/frontend:80/TCP", "svc/dns:dns", "ns/bank", "x/ns/y", "internet:443", "10.0.0.1:80/TCP",
		"10.0.0.0/8:443", "[fd00::1]:80", "fd00::/8:443/UDP", "::ffff:10.0.0.0/104", "fe80::1%eth0", "app=x,tier=web:80",
		"10.1.2.3/8", "ingres/x", "\x1b[31m", "svc/x:70000", "[]:", "a==b", "1.2", "::", "::ffff:0:0/96", "\u202eabc/x",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := reference.Parse(text, "here")
		if err != nil {
			var parse *reference.ParseError
			if !errors.As(err, &parse) || parse.Text != text {
				t.Errorf("Parse(%q): %#v", text, err)
			}
			if message := err.Error(); strings.IndexFunc(message, func(r rune) bool { return !unicode.IsPrint(r) }) >= 0 || len(message) > 3000 {
				t.Errorf("Parse(%q): unfit for a terminal: %q", text, message)
			}
			return
		}
		for _, namespace := range []string{"here", "elsewhere"} {
			if r.Form == reference.FormLabels && namespace != "here" {
				continue
			}
			back, err := reference.Parse(r.String(), namespace)
			if err != nil || !reflect.DeepEqual(back, r) {
				t.Errorf("Parse(%q) = %+v; Parse(%q) = %+v, %v", text, r, r, back, err)
			}
		}
		if r.Form == reference.FormObject && r.Kind.Namespaced() != (r.Namespace != "") {
			t.Errorf("Parse(%q) has namespace %q", text, r.Namespace)
		}
		if r.Form == reference.FormAddress && (r.Prefix.Masked() != r.Prefix || r.Prefix.Addr().Is4In6()) {
			t.Errorf("Parse(%q) has prefix %v", text, r.Prefix)
		}
	})
}
