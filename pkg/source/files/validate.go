package files

import (
	"errors"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/policy/networkpolicy"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
	"github.com/kubectl-netguard/netguard/pkg/source"
	"github.com/kubectl-netguard/netguard/pkg/source/manifest"
	"github.com/kubectl-netguard/netguard/pkg/source/objects"
)

// A manifest has not passed the API server. What a cluster would refuse is an
// error here as well, as far as it would change an answer, or reach a terminal.

// identify completes an object's name and namespace, and makes sure that they are
// valid and not taken.
func (c *collection) identify(o *manifest.Object, meta *metav1.ObjectMeta, namespaced bool) error {
	kind := o.Raw.GetKind()
	checked := meta.Name
	switch {
	case meta.Name != "":
	case meta.GenerateName != "":
		// The star stands for what the API server would add.
		checked = strings.TrimRight(meta.GenerateName, "-.")
		meta.Name = meta.GenerateName + "*"
	default:
		return o.At("metadata", "%s has no metadata.name", manifest.Printable(kind))
	}
	if problems := validation.IsDNS1123Subdomain(checked); len(problems) > 0 {
		return o.At("metadata.name", "%s: metadata.name %q is not a valid name", manifest.Printable(kind), meta.Name)
	}
	if !namespaced {
		meta.Namespace = ""
	} else {
		if meta.Namespace == "" {
			meta.Namespace = c.defaultNamespace
		}
		if problems := validation.IsDNS1123Label(meta.Namespace); len(problems) > 0 {
			return o.At("metadata.namespace", "%s %s: metadata.namespace %q is not a valid name", manifest.Printable(kind), meta.Name, meta.Namespace)
		}
		c.inhabited[meta.Namespace] = true
	}
	if err := c.labels.Check(o, meta.Labels, "metadata.labels"); err != nil {
		return err
	}
	file, line := o.Place()
	c.builder.AddPlace(kind, objects.NameOf(meta), snapshot.Place{File: file, Line: line, Ignore: meta.Annotations[snapshot.IgnoreAnnotation]})
	if strings.HasSuffix(meta.Name, "*") {
		return nil // each creation makes another object
	}
	id := identity{o.Raw.GroupVersionKind().Group, kind, objects.NameOf(meta)}
	if id.group == "extensions" {
		id.group = "apps"
	}
	if first := c.declared[id]; first != nil {
		return o.Errorf("%s %s is declared twice; first in %s", kind, objects.NameOf(meta), first.Errorf("").Place())
	}
	c.declared[id] = o
	return nil
}

// validatePolicy has the policy compiled, which checks what the API server does.
func validatePolicy(o *manifest.Object, p *snapshot.Policy) error {
	_, err := networkpolicy.Compile(p)
	if err == nil {
		err = portNames(p)
	}
	var problem *policy.Error
	if errors.As(err, &problem) {
		return o.At(problem.Path, "NetworkPolicy %s: %s: %s", p.Name, manifest.Printable(problem.Path), source.OneLine(problem.Err.Error()))
	}
	if err != nil {
		return o.Errorf("NetworkPolicy %s: %s", p.Name, source.OneLine(err.Error()))
	}
	return nil
}

// portNames refuses a name that no container can have. The usual one is a number
// in quotes, which names a port instead of numbering it.
func portNames(p *snapshot.Policy) error {
	check := func(path string, port *intstr.IntOrString) error {
		if port == nil || port.Type != intstr.String || len(validation.IsValidPortName(port.StrVal)) == 0 {
			return nil
		}
		message := fmt.Errorf("%q is not a port name", port.StrVal)
		if port.StrVal != "" && strings.Trim(port.StrVal, "0123456789") == "" {
			message = fmt.Errorf("%q in quotes is a name; a port number stands without", port.StrVal)
		}
		return &policy.Error{Policy: p.Name, Path: path, Err: message}
	}
	for i := range p.Spec.Ingress {
		for j := range p.Spec.Ingress[i].Ports {
			if err := check(fmt.Sprintf("spec.ingress[%d].ports[%d].port", i, j), p.Spec.Ingress[i].Ports[j].Port); err != nil {
				return err
			}
		}
	}
	for i := range p.Spec.Egress {
		for j := range p.Spec.Egress[i].Ports {
			if err := check(fmt.Sprintf("spec.egress[%d].ports[%d].port", i, j), p.Spec.Egress[i].Ports[j].Port); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkPodSpec checks the ports: they end up in answers, and a policy's named port
// must find the port that a kubelet would open.
func checkPodSpec(o *manifest.Object, spec *corev1.PodSpec, path string) error {
	for i := range spec.Containers {
		if err := checkContainer(o, &spec.Containers[i], fmt.Sprintf("%s.containers[%d]", path, i)); err != nil {
			return err
		}
	}
	for i := range spec.InitContainers {
		if err := checkContainer(o, &spec.InitContainers[i], fmt.Sprintf("%s.initContainers[%d]", path, i)); err != nil {
			return err
		}
	}
	if spec.NodeName != "" && len(validation.IsDNS1123Subdomain(spec.NodeName)) > 0 {
		return o.At(path+".nodeName", "%s: %s.nodeName: %q is not a valid name", o.Title(), path, spec.NodeName)
	}
	return nil
}

func checkContainer(o *manifest.Object, in *corev1.Container, path string) error {
	for i := range in.Ports {
		p := &in.Ports[i]
		at := fmt.Sprintf("%s.ports[%d]", path, i)
		if err := checkProtocol(o, p.Protocol, at); err != nil {
			return err
		}
		if objects.PortNumber(p.ContainerPort) == 0 {
			return o.At(at+".containerPort", "%s: %s.containerPort: %d is out of range 1-65535", o.Title(), at, p.ContainerPort)
		}
		if p.Name != "" && len(validation.IsValidPortName(p.Name)) > 0 {
			return o.At(at+".name", "%s: %s.name: %q is not a port name", o.Title(), at, p.Name)
		}
	}
	return nil
}

func checkProtocol(o *manifest.Object, protocol corev1.Protocol, at string) error {
	switch protocol {
	case "", corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP:
		return nil
	}
	return o.At(at+".protocol", "%s: %s.protocol: %q is none of TCP, UDP, SCTP", o.Title(), at, string(protocol))
}

func checkService(labels *manifest.Labels, o *manifest.Object, in *corev1.Service) error {
	if err := labels.Check(o, in.Spec.Selector, "spec.selector"); err != nil {
		return err
	}
	switch in.Spec.Type {
	case "", corev1.ServiceTypeClusterIP, corev1.ServiceTypeNodePort, corev1.ServiceTypeLoadBalancer, corev1.ServiceTypeExternalName:
	default:
		return o.At("spec.type", "%s: spec.type: %q is no Service type", o.Title(), string(in.Spec.Type))
	}
	names := map[string]bool{}
	for i := range in.Spec.Ports {
		p := &in.Spec.Ports[i]
		at := fmt.Sprintf("spec.ports[%d]", i)
		if err := checkProtocol(o, p.Protocol, at); err != nil {
			return err
		}
		if objects.PortNumber(p.Port) == 0 {
			return o.At(at+".port", "%s: %s.port: %d is out of range 1-65535", o.Title(), at, p.Port)
		}
		if t := p.TargetPort; t.Type == intstr.Int && t.IntVal != 0 && objects.PortNumber(t.IntVal) == 0 {
			return o.At(at+".targetPort", "%s: %s.targetPort: %d is out of range 1-65535", o.Title(), at, t.IntVal)
		} else if t.Type == intstr.String && t.StrVal != "" && len(validation.IsValidPortName(t.StrVal)) > 0 {
			return o.At(at+".targetPort", "%s: %s.targetPort: %q is not a port name", o.Title(), at, t.StrVal)
		}
		if p.Name != "" && len(validation.IsDNS1123Label(p.Name)) > 0 || names[p.Name] {
			return o.At(at+".name", "%s: %s.name: %q is no valid name of its own", o.Title(), at, p.Name)
		}
		names[p.Name] = true
	}
	return nil
}
