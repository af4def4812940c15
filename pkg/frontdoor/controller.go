package frontdoor

import (
	"path"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/guard"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/settings"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// controller is what is known of a well-known Ingress or Gateway controller; each is
// described in a file of its own. Its labels are the last evidence that is consulted
// for pods: installations rename things.
type controller struct {
	// name as people know it.
	name string
	// ids are values of IngressClass spec.controller or GatewayClass
	// spec.controllerName; one that ends in "/" is a prefix.
	ids []string
	// class is the class name by which the controller goes where it does not
	// check spec.controller, or where there is no IngressClass.
	class []string
	// byName: it goes by the class's name, and needs no IngressClass object.
	byName bool
	// pods of the data plane as the projects' own manifests and charts label them;
	// control are those of the control plane where that is apart.
	pods, control []podLabels
	// apart: the pods that are told which class to serve are a control plane, and
	// others carry the traffic.
	apart bool
	// perGateway are labels that carry a Gateway's name and namespace; perClass
	// is one that carries the class's name, for pods that all its Gateways share.
	perGateway []ownerLabels
	perClass   string
	// outside says that no pods carry the traffic.
	outside *outside
	// timeout and refused are the status codes that clients see when the
	// backend does not answer, or refuses.
	timeout, refused string
	// images and commands by which its program is known: the end of an image's
	// name, and the program's own.
	images, commands []string
	// options are arguments that no other controller has.
	options []string
	// ingress is how it reads Ingresses; nil for one that reads none.
	ingress *reader
	// source of what is said here.
	source string
}

// reader is how a controller reads Ingresses.
type reader struct {
	// serves tells whether it serves an Ingress, by what it was told.
	serves func(q *asked) claim
	// refuses finds what it does not take of an Ingress that it serves; nil for one
	// that takes all.
	refuses func(q *asked) claim
	// backends is how it finds a backend's endpoints.
	backends backends
	// guards are what decides who gets to the door, as it is said to this controller
	// alone; nil: nothing does.
	guards func(q *asked) []guard.Guard
	// tls are the hosts of the door that have TLS; nil: those of spec.tls.
	tls func(q *asked) tlsHosts
	// together is what becomes of Ingresses that claim the same; nil: each is served
	// for itself.
	together *together
	// answers is what the door answers itself, without a backend, by a path.
	answers func(q *asked, b snapshot.IngressBackend) bool
	// forwards are the Services behind a backend that stands for several; nil: it is
	// the Service.
	forwards func(ing *snapshot.Ingress, b snapshot.IngressBackend) []snapshot.IngressBackend
	// The status codes that clients see where a Service has no endpoints, where there
	// is no such Service, and where the controller does not know the host or path.
	noEndpoints, noService, notFound string
	// throughNodes tells how a load balancer outside the cluster reaches a Service,
	// where the way depends on it.
	throughNodes func(q *asked, s *snapshot.Service) nodesOrPods
}

// ownerLabels are labels by which a vendor marks a Gateway's pods.
type ownerLabels struct{ name, namespace string }

// podLabels select pods; namespace "" is any. Labels that anyone might use only
// count in the namespace that the project installs into.
type podLabels struct {
	namespace string
	labels    map[string]string
}

func (l podLabels) match(p *snapshot.Pod) bool {
	return (l.namespace == "" || l.namespace == p.Namespace) && carries(p.Labels, l.labels)
}

// asked is an Ingress and one installation of a controller, of which it is asked how
// it reads it.
type asked struct {
	f   *finder
	ing *snapshot.Ingress
	// class is the name that the Ingress has in spec.ingressClassName, or the default
	// class that the API server wrote there when it was made.
	class string
	// told is what the installation was told. The zero value stands for one whose
	// program was not found: it then has the defaults.
	told settings.Told
	// pod is the installation's own, or nil.
	pod *snapshot.Pod
	// image is the repository of the program's.
	image string
	// filed: settings besides the arguments were read; unread is which could not be.
	filed  bool
	unread string
}

// claim is an answer of a controller about an Ingress.
type claim struct {
	answer selector.Result
	// reason it is not served, or not all of it, with what decides that: the option
	// and its value, or a name.
	reason report.Reason
	detail string
	option string
	// takes is the permission to read what would tell, where the answer is open.
	takes string
}

func served() claim { return claim{answer: selector.Yes} }

func refused(reason report.Reason, option, detail string) claim {
	return claim{answer: selector.No, reason: reason, option: option, detail: detail}
}

func undecided(takes string) claim {
	return claim{answer: selector.Undetermined, reason: report.NotRead, takes: takes}
}

// both is the answer of two conditions that must hold.
func both(a, b claim) claim {
	switch {
	case a.answer == selector.No:
		return a
	case b.answer == selector.No, a.answer == selector.Yes:
		return b
	default:
		return a
	}
}

// recognise finds out which controller a program is: by its image or command, else by
// arguments that only one has, else by the labels of its pod. What is known to be
// something else that only takes the same arguments is none.
func recognise(all []controller, pod *snapshot.Pod, p *snapshot.Program, told *settings.Told) *controller {
	name := told.Name()
	for i := range all {
		c := &all[i]
		if slices.Contains(c.commands, name) && name != "" || slices.ContainsFunc(c.images, func(end string) bool { return isImage(p.Image, end) }) {
			return c
		}
	}
	if bystander(p.Image) {
		return nil
	}
	for i := range all {
		c := &all[i]
		if slices.ContainsFunc(c.options, func(o string) bool {
			return slices.ContainsFunc(told.Names(), func(n string) bool { return n == o || strings.HasSuffix(o, ".") && strings.HasPrefix(n, o) })
		}) {
			return c
		}
	}
	if id := told.Value("controller-class", ""); id != "" {
		if c := byController(id); c != nil {
			return c
		}
	}
	for i := range all {
		c := &all[i]
		of := c.control
		if !c.apart {
			of = slices.Concat(c.pods, c.control)
		}
		if slices.ContainsFunc(of, func(l podLabels) bool { return l.match(pod) }) {
			return c
		}
	}
	return nil
}

// isImage: a repository is the one that is meant, or a mirror of it.
func isImage(repository, end string) bool {
	return repository == end || strings.HasSuffix(repository, "/"+end)
}

// bystander reports whether an image is of a program that is told a class, and
// carries nothing: external-dns makes DNS records of a class's Ingresses
// (kubernetes-sigs/external-dns docs/flags.md), Flagger writes them
// (https://docs.flagger.app/usage/how-it-works), cert-manager has them solve challenges.
func bystander(image string) bool {
	base := path.Base(image)
	return slices.ContainsFunc([]string{"external-dns", "externaldns", "flagger", "cert-manager", "kube-cert-acme", "argo-rollouts", "keda", "kyverno"},
		func(word string) bool { return strings.HasPrefix(base, word) })
}

// custom is a controller of which nothing is known: it says by its own name, or by that of
// a class, what it serves.
func custom(q *asked) claim {
	id := q.f.id
	given := q.told.Value("controller-class", q.told.Value("gateway-ctlr-name", ""))
	switch {
	case given != "" && id != "":
		if given == id || q.f.isSuffix(given) {
			return q.watched(namespaces{only: []string{"watch-namespace"}})
		}
		return refused(report.OtherClass, "controller-class", given)
	case listensForClients(q.pod) && slices.ContainsFunc(q.told.Names(), func(option string) bool {
		return strings.Contains(option, "class") && q.told.Value(option, "") != "" &&
			(q.told.Value(option, "") == q.f.class || q.told.Value(option, "") == id)
	}):
		return q.watched(namespaces{only: []string{"watch-namespace"}})
	default:
		return refused(report.OtherClass, "", "")
	}
}

// listensForClients: a pod declares a port by which clients come, or declares none.
func listensForClients(p *snapshot.Pod) bool {
	if p == nil || len(p.Ports) == 0 {
		return true
	}
	return slices.ContainsFunc(p.Ports, func(c snapshot.ContainerPort) bool {
		switch c.Port {
		case 80, 443, 8000, 8080, 8443:
			return true
		default:
			return c.HostPort == 80 || c.HostPort == 443
		}
	})
}

func match(labels ...string) podLabels { return matchIn("", labels...) }

func matchIn(namespace string, labels ...string) podLabels {
	out := podLabels{namespace: namespace, labels: map[string]string{}}
	for i := 0; i+1 < len(labels); i += 2 {
		out.labels[labels[i]] = labels[i+1]
	}
	return out
}

const appName, appComponent = "app.kubernetes.io/name", "app.kubernetes.io/component"
