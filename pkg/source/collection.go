package source

import (
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-netguard/netguard/pkg/settings"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// collection gathers what manifests declare, object by object, and completes it
// to what a cluster would hold.
type collection struct {
	defaultNamespace string

	builder   *snapshot.Builder
	services  []*corev1.Service
	slices    []*snapshot.EndpointSlice
	endpoints []*corev1.Endpoints //nolint:staticcheck // deprecated, and still written by hand
	pods      []*snapshot.Pod
	templates []*template
	// inhabited are the namespaces that objects live in.
	inhabited map[string]bool
	declared  map[identity]*object
	checks    checker
	errs      []error
}

// identity is what there can be only one of.
type identity struct {
	group, kind string
	name        snapshot.Name
}

// ciliumConfig is the one ConfigMap that says something about enforcement.
func ciliumConfig() snapshot.Name {
	return snapshot.Name{Namespace: "kube-system", Name: "cilium-config"}
}

func (c *collection) add(o *object) {
	if c.builder == nil {
		c.builder = snapshot.NewBuilder(nil)
		c.inhabited = map[string]bool{}
		c.declared = map[identity]*object{}
	}
	if err := c.read(o); err != nil {
		c.errs = append(c.errs, err)
	}
}

// read takes one object in. Kinds that decide nothing about connections are
// passed over, Secrets among them: their content goes no further than this.
func (c *collection) read(o *object) error {
	if o.raw.GetAPIVersion() == "" {
		return o.errorf("is not a Kubernetes object: apiVersion is missing")
	}
	gvk := o.raw.GroupVersionKind()
	switch gvk.Kind {
	case "NetworkPolicy":
		if gvk.Group == networkingv1.GroupName && gvk.Version == "v1" {
			return c.policy(o)
		}
		if gvk.Group == "" || gvk.Group == "extensions" || gvk.Group == networkingv1.GroupName {
			return o.at("apiVersion", "NetworkPolicy has apiVersion %s; the one that clusters serve is networking.k8s.io/v1",
				printable(o.raw.GetAPIVersion()))
		}
	case "EndpointSlice":
		if gvk.Group == discoveryv1.GroupName {
			return c.endpointSlice(o)
		}
	}
	switch gvk.Group {
	case corev1.GroupName:
		return c.core(o, gvk.Kind)
	case appsv1.GroupName, "extensions":
		return c.apps(o, gvk.Kind)
	case batchv1.GroupName:
		return c.batch(o, gvk.Kind)
	case networkingv1.GroupName:
		return c.networking(o, gvk.Kind)
	case gatewayGroup:
		return c.gatewayAPI(o, gvk.Kind)
	default:
		return c.unmodelled(o, gvk.Group, gvk.Kind)
	}
}

func (c *collection) networking(o *object, kind string) error {
	switch kind {
	case "Ingress":
		in, err := typed[networkingv1.Ingress](o)
		if err == nil {
			err = c.identify(o, &in.ObjectMeta, true)
		}
		if err != nil {
			return err
		}
		c.builder.AddIngress(convertIngress(in))
	case "IngressClass":
		in, err := typed[networkingv1.IngressClass](o)
		if err == nil {
			err = c.identify(o, &in.ObjectMeta, false)
		}
		if err != nil {
			return err
		}
		c.builder.AddIngressClass(convertIngressClass(in))
	case "IPAddress", "ServiceCIDR":
	default:
		// A policy whose kind is misspelled must not be passed over.
		return o.at("kind", "networking.k8s.io has no kind %s; it has NetworkPolicy, Ingress and IngressClass", printable(kind))
	}
	return nil
}

func (c *collection) gatewayAPI(o *object, kind string) error {
	meta, err := typed[metav1.PartialObjectMetadata](o)
	if err == nil {
		err = c.identify(o, &meta.ObjectMeta, kind != "GatewayClass")
	}
	if err != nil {
		return err
	}
	o.raw.SetNamespace(meta.Namespace)
	raw, err := o.raw.MarshalJSON()
	if err != nil {
		return o.errorf("%v", err)
	}
	if _, err := addGatewayObject(c.builder, kind, raw); err != nil {
		return o.errorf("%v", err)
	}
	return nil
}

func (c *collection) core(o *object, kind string) error {
	switch kind {
	case "Namespace":
		in, err := typed[corev1.Namespace](o)
		if err == nil {
			err = c.identify(o, &in.ObjectMeta, false)
		}
		if err != nil {
			return err
		}
		defaultNamespace(in)
		c.builder.AddNamespace(convertNamespace(in))
	case "Node":
		in, err := typed[corev1.Node](o)
		if err == nil {
			err = c.identify(o, &in.ObjectMeta, false)
		}
		if err != nil {
			return err
		}
		c.builder.AddNode(convertNode(in))
	case "Pod":
		in, err := typed[corev1.Pod](o)
		if err == nil {
			err = c.identify(o, &in.ObjectMeta, true)
		}
		if err == nil {
			err = c.checks.podSpec(o, &in.Spec, "spec")
		}
		if err != nil {
			return err
		}
		defaultPodSpec(&in.Spec)
		pod := convertPod(in)
		if pod.Expected() {
			pod.Ready = true
		}
		c.pods = append(c.pods, pod)
	case "Service":
		in, err := typed[corev1.Service](o)
		if err == nil {
			err = c.identify(o, &in.ObjectMeta, true)
		}
		if err == nil {
			err = c.checks.service(o, in)
		}
		if err != nil {
			return err
		}
		defaultService(in)
		c.builder.AddService(convertService(in))
		c.services = append(c.services, in)
	case "Endpoints":
		in, err := typed[corev1.Endpoints](o) //nolint:staticcheck // as above
		if err == nil {
			err = c.identify(o, &in.ObjectMeta, true)
		}
		if err != nil {
			return err
		}
		c.endpoints = append(c.endpoints, in)
	case "ReplicationController":
		in, err := typed[corev1.ReplicationController](o)
		if err != nil {
			return err
		}
		return c.workload(o, &in.ObjectMeta, "spec.template", func() *template { return replicationControllerTemplate(in) })
	case "ConfigMap":
		in, err := typed[corev1.ConfigMap](o)
		data := map[string]string{}
		if (snapshot.Name{Namespace: o.raw.GetNamespace(), Name: o.raw.GetName()}) != ciliumConfig() {
			if err != nil {
				return nil // it says nothing about connections
			}
			if data = settings.KeptConfig(in.Data); len(data) == 0 {
				return nil
			}
		} else if err == nil {
			data = in.Data
		}
		if err == nil {
			err = c.identify(o, &in.ObjectMeta, true)
		}
		if err != nil {
			return err
		}
		c.builder.AddConfigMap(nameOf(&in.ObjectMeta), data)
	}
	return nil
}

func (c *collection) apps(o *object, kind string) error {
	const at = "spec.template"
	switch kind {
	case "Deployment":
		in, err := typed[appsv1.Deployment](o)
		if err != nil {
			return err
		}
		return c.workload(o, &in.ObjectMeta, at, func() *template { return deploymentTemplate(in) })
	case "ReplicaSet":
		in, err := typed[appsv1.ReplicaSet](o)
		if err != nil {
			return err
		}
		return c.workload(o, &in.ObjectMeta, at, func() *template { return replicaSetTemplate(in) })
	case "StatefulSet":
		in, err := typed[appsv1.StatefulSet](o)
		if err != nil {
			return err
		}
		return c.workload(o, &in.ObjectMeta, at, func() *template { return statefulSetTemplate(in) })
	case "DaemonSet":
		in, err := typed[appsv1.DaemonSet](o)
		if err != nil {
			return err
		}
		return c.workload(o, &in.ObjectMeta, at, func() *template { return daemonSetTemplate(in) })
	}
	return nil
}

func (c *collection) batch(o *object, kind string) error {
	switch kind {
	case "Job":
		in, err := typed[batchv1.Job](o)
		if err != nil {
			return err
		}
		return c.workload(o, &in.ObjectMeta, "spec.template", func() *template { return jobTemplate(in) })
	case "CronJob":
		in, err := typed[batchv1.CronJob](o)
		if err != nil {
			return err
		}
		return c.workload(o, &in.ObjectMeta, "spec.jobTemplate.spec.template", func() *template { return cronJobTemplate(in) })
	}
	return nil
}

// workload takes in an object that makes pods. The template is made once the
// object has its full name.
func (c *collection) workload(o *object, meta *metav1.ObjectMeta, at string, make func() *template) error {
	if err := c.identify(o, meta, true); err != nil {
		return err
	}
	t := make()
	if err := c.checks.labels(o, t.pod.Labels, at+".metadata.labels"); err != nil {
		return err
	}
	if err := c.checks.podSpec(o, &t.pod.Spec, at+".spec"); err != nil {
		return err
	}
	c.templates = append(c.templates, t)
	c.builder.AddWorkload(t.workload)
	return nil
}

func (c *collection) endpointSlice(o *object) error {
	in, err := typed[discoveryv1.EndpointSlice](o)
	if err == nil {
		err = c.identify(o, &in.ObjectMeta, true)
	}
	if err != nil {
		return err
	}
	slice := convertEndpointSlice(in)
	c.slices = append(c.slices, slice)
	c.builder.AddEndpointSlice(slice)
	return nil
}

func (c *collection) policy(o *object) error {
	in, err := strict[networkingv1.NetworkPolicy](o)
	if err == nil {
		err = c.identify(o, &in.ObjectMeta, true)
	}
	if err != nil {
		return err
	}
	from, repeated := o.origin()
	for _, path := range repeated {
		if strings.HasPrefix(path, "spec") {
			return o.at(path, "NetworkPolicy %s: %s stands there twice", nameOf(&in.ObjectMeta), printable(path))
		}
	}
	defaultPolicy(in)
	p := convertPolicy(in)
	p.Origin = from
	if err := validatePolicy(o, p); err != nil {
		return err
	}
	c.builder.AddPolicy(p)
	return nil
}

// unmodelled notes objects of policy kinds that are known and not evaluated, and
// of kinds that call themselves a NetworkPolicy and are not even known.
func (c *collection) unmodelled(o *object, group, kind string) error {
	row := policyKind{Group: group, Kind: kind, Namespaced: o.raw.GetNamespace() != ""}
	known := strings.HasSuffix(kind, "NetworkPolicy") && !strings.HasPrefix(kind, "Staged")
	for _, k := range policyKinds() {
		if k.Group == group && k.Kind == kind {
			row, known = k, true
		}
	}
	if !known {
		return nil
	}
	meta := &metav1.ObjectMeta{
		Namespace: o.raw.GetNamespace(), Name: o.raw.GetName(), GenerateName: o.raw.GetGenerateName(),
	}
	if err := c.identify(o, meta, row.Namespaced); err != nil {
		return err
	}
	if !row.mirrored(meta.Name) {
		c.builder.AddUnmodelled(row.object(nameOf(meta)))
	}
	return nil
}

// snapshot completes what was declared: pods of workloads, endpoints of Services,
// namespaces that are used but not declared.
func (c *collection) snapshot() *snapshot.Snapshot {
	b := c.builder
	if b == nil {
		b = snapshot.NewBuilder(nil)
	}
	expanded := expand(c.templates, c.pods)
	pods := append(c.pods, expanded.pods...)
	for _, p := range pods {
		b.AddPod(p)
	}
	for _, w := range expanded.workloads {
		b.AddWorkload(w)
	}
	for _, g := range expanded.gaps {
		b.AddGap(g)
	}
	for _, s := range endpointSlices(c.services, pods, c.slices) {
		b.AddEndpointSlice(s)
	}
	for _, s := range mirrored(c.endpoints, c.services, c.slices) {
		b.AddEndpointSlice(s)
	}
	for name := range c.inhabited {
		if !b.HasNamespace(name) {
			b.AddNamespace(&snapshot.Namespace{Name: name, Labels: map[string]string{corev1.LabelMetadataName: name}})
		}
	}
	b.ReadEverything()
	return b.Snapshot()
}
