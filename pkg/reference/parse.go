package reference

import (
	"fmt"
	"strings"
)

// internet is the word for every public address. A pod of that name is pod/internet.
const internet = "internet"

// apiServer is the word for the Kubernetes API server: the Service that each cluster has for it, whose EndpointSlices
// hold its addresses (kube-apiserver writes them itself). A pod of that name is pod/kube-apiserver.
const apiServer = "kube-apiserver"

// Parse reads a reference. Namespaced objects and labels without a namespace get the default one, which is taken as it
// is. The error is always a *[ParseError].
//
// Where a text could be two things, the rarer one has a longer spelling: 10.0.0.1 is an address and pod/10.0.0.1 a pod;
// fd00::1:80 is an address and [fd00::1]:80 has a port.
func Parse(text, defaultNamespace string) (Reference, error) {
	t := typed(text)
	switch {
	case text == "":
		return Reference{}, t.wrong(`"" names nothing`, usage)
	case strings.Contains(text, "="):
		return t.labels(defaultNamespace)
	case looksLikeAddress(text):
		return t.address()
	}
	object, portText, hasPort := strings.Cut(text, ":")
	port, err := t.port(portText, hasPort)
	if err != nil {
		return Reference{}, err
	}
	if object == internet {
		return Reference{Form: FormInternet, Port: port}, nil
	}
	if object == apiServer {
		return Reference{Form: FormObject, Kind: Service, Namespace: "default", Name: "kubernetes", Port: port}, nil
	}
	r, err := t.object(object, defaultNamespace)
	if err != nil {
		return Reference{}, err
	}
	r.Port = port
	return r, nil
}

const usage = "write [NAMESPACE/]TYPE/NAME[:PORT[/PROTOCOL]], an address, a CIDR, internet, kube-apiserver, or labels such as [NAMESPACE/]app=web"

// object reads [[NAMESPACE/]TYPE/]NAME.
func (t typed) object(text, namespace string) (Reference, error) {
	var r Reference
	var ok bool
	switch parts := strings.Split(text, "/"); len(parts) {
	case 1:
		r = Reference{Kind: Pod, Namespace: namespace, Name: parts[0]}
	case 2:
		if r.Kind, ok = ParseKind(parts[0]); !ok {
			return Reference{}, t.unknownType(parts[0], parts[1])
		}
		r.Name = parts[1]
		if r.Kind.Namespaced() {
			r.Namespace = namespace
		}
	case 3:
		if r.Kind, ok = ParseKind(parts[1]); !ok {
			return Reference{}, t.unknownType(parts[1], "")
		}
		r.Namespace, r.Name = parts[0], parts[2]
		if !r.Kind.Namespaced() {
			return Reference{}, t.wrong(fmt.Sprintf("%s have no namespace in %s", r.Kind.Resource(), t.quoted()),
				fmt.Sprintf("write %s/%s", r.Kind.Short(), printable(r.Name, "NAME")))
		}
		if !isLabel(r.Namespace) {
			return Reference{}, t.wrong(fmt.Sprintf("%s in %s is not a namespace name", quote(r.Namespace), t.quoted()),
				"a namespace is "+labelRule)
		}
	default:
		return Reference{}, t.wrong(fmt.Sprintf("%s has too many parts", t.quoted()), usage)
	}
	return r, t.checkName(r)
}

func (t typed) unknownType(text, name string) error {
	hint := "use a type such as pod, svc, deploy, sts, ds, job, ing, ns, node, gtw or httproute"
	if near := nearestType(text); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	} else if isLabel(text) && isSubdomain(name) {
		hint = fmt.Sprintf("for a pod in namespace %[1]s write %[1]s/pod/%[2]s", text, name)
	}
	return t.wrong(fmt.Sprintf("unknown type %s in %s", quote(text), t.quoted()), hint)
}

func (t typed) checkName(r Reference) error {
	if r.Name == "" {
		return t.wrong(fmt.Sprintf("missing name in %s", t.quoted()), usage)
	}
	valid, rule := isSubdomain, subdomainRule
	if r.Kind == Service || r.Kind == Namespace {
		valid, rule = isLabel, labelRule
	}
	if valid(r.Name) {
		return nil
	}
	hint := "a name is " + rule
	if lower := strings.ToLower(r.Name); valid(lower) {
		hint = fmt.Sprintf("did you mean %q?", lower)
	}
	return t.wrong(fmt.Sprintf("%s in %s is not a name that a %s can have", quote(r.Name), t.quoted(), r.Kind), hint)
}
