package files

import (
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-netguard/netguard/pkg/kinds"
	"github.com/kubectl-netguard/netguard/pkg/settings"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
	"github.com/kubectl-netguard/netguard/pkg/source/manifest"
	"github.com/kubectl-netguard/netguard/pkg/source/objects"
)

// collection gathers what manifests declare, object by object, and completes it
// to what a cluster would hold.
type collection struct {
	defaultNamespace string

	builder  *snapshot.Builder
	services []*corev1.Service
	// managed are the Services of which some slice is its controller's own work.
	managed map[snapshot.Name]bool
	// nodes by name.
	nodes     map[string]*snapshot.Node
	endpoints []*corev1.Endpoints //nolint:staticcheck // deprecated, and still written by hand
	pods      []*snapshot.Pod
	templates []*template
	// inhabited are the namespaces that objects live in.
	inhabited map[string]bool
	declared  map[identity]*manifest.Object
	labels    manifest.Labels
	errs      []error
}

// identity is what there can be only one of.
type identity struct {
	group, kind string
	name        snapshot.Name
}

// ciliumConfig is the one ConfigMap that says something about enforcement; others only
// count as settings of controllers.
func ciliumConfig() snapshot.Name {
	return snapshot.Name{Namespace: "kube-system", Name: "cilium-config"}
}

func (c *collection) add(o *manifest.Object) {
	if c.builder == nil {
		c.builder = snapshot.NewBuilder(nil)
		c.inhabited = map[string]bool{}
		c.declared = map[identity]*manifest.Object{}
		c.managed = map[snapshot.Name]bool{}
		c.nodes = map[string]*snapshot.Node{}
	}
	if err := c.read(o); err != nil {
		c.errs = append(c.errs, err)
	}
}

// read takes one object in. Kinds that decide nothing about connections are
// passed over, Secrets among them: their content goes no further than this.
func (c *collection) read(o *manifest.Object) error {
	if o.Raw.GetAPIVersion() == "" {
		return o.Errorf("is not a Kubernetes object: apiVersion is missing")
	}
	gvk := o.Raw.GroupVersionKind()
	switch gvk.Kind {
	case "NetworkPolicy":
		if gvk.Group == networkingv1.GroupName && gvk.Version == "v1" {
			return c.policy(o)
		}
		if gvk.Group == "" || gvk.Group == "extensions" || gvk.Group == networkingv1.GroupName {
			return o.At("apiVersion", "NetworkPolicy has apiVersion %s; the one that clusters serve is networking.k8s.io/v1",
				manifest.Printable(o.Raw.GetAPIVersion()))
		}
	}
	if gvk.Group == corev1.GroupName && gvk.Kind == "Endpoints" {
		return c.handmade(o)
	}
	switch kind := o.Kind(); {
	case kind == nil && builtinGroup(gvk.Group) && gvk.Group != "extensions" && elsewhere(gvk.Kind) != "":
		// A Pod of apps/v1 is none that a cluster takes, and must not be passed over.
		return o.At("apiVersion", "%s has apiVersion %s; the one that clusters serve is %s",
			gvk.Kind, manifest.Printable(o.Raw.GetAPIVersion()), elsewhere(gvk.Kind))
	case kind == nil && gvk.Group == networkingv1.GroupName && gvk.Kind != "IPAddress" && gvk.Kind != "ServiceCIDR":
		// A policy whose kind is misspelled must not be passed over.
		return o.At("kind", "networking.k8s.io has no kind %s; it has NetworkPolicy, Ingress and IngressClass", manifest.Printable(gvk.Kind))
	case kind == nil, kind.Policy != nil:
		return c.unmodelled(o, kind)
	case kind.Only != "" && (snapshot.Name{Namespace: o.Raw.GetNamespace(), Name: o.Raw.GetName()}) != ciliumConfig() && !ofController(o):
		return nil
	default:
		return c.kept(o, kind)
	}
}

// elsewhere is the apiVersion in which Kubernetes has a kind that is read; "" for none.
func elsewhere(kind string) string {
	for _, k := range kinds.All() {
		if k.Name == kind && builtinGroup(k.Group) && k.Policy == nil {
			return strings.TrimPrefix(k.Group+"/"+k.Versions[0], "/")
		}
	}
	return ""
}

// ofController reports whether a ConfigMap says something of what a controller serves.
func ofController(o *manifest.Object) bool {
	in, err := manifest.Typed[corev1.ConfigMap](o)
	return err == nil && len(settings.KeptConfig(in.Data)) > 0
}

// kept takes in an object of a kind that is read.
func (c *collection) kept(o *manifest.Object, kind *kinds.Kind) error {
	a, err := o.API(kind)
	if err != nil {
		return err
	}
	if err := c.identify(o, a.Meta, !kind.Cluster); err != nil {
		return err
	}
	switch in := a.In.(type) {
	case *corev1.Namespace:
		defaultNamespace(in)
	case *corev1.Node:
		node := objects.Node(in)
		c.nodes[node.Name] = node
	case *corev1.Pod:
		return c.pod(o, in)
	case *corev1.Service:
		if err := checkService(&c.labels, o, in); err != nil {
			return err
		}
		defaultService(in)
		c.services = append(c.services, in)
	case *discoveryv1.EndpointSlice:
		slice := objects.EndpointSlice(in)
		switch in.Labels[discoveryv1.LabelManagedBy] {
		case "endpointslice-controller.k8s.io", "endpointslicemirroring-controller.k8s.io":
			c.managed[snapshot.Name{Namespace: slice.Namespace, Name: slice.Service}] = true
		}
		c.builder.AddEndpointSlice(slice)
		return nil
	default:
		if t := templateOf(in); t != nil {
			return c.workload(o, t)
		}
	}
	return a.AddTo(c.builder)
}

func (c *collection) pod(o *manifest.Object, in *corev1.Pod) error {
	if err := checkPodSpec(o, &in.Spec, "spec"); err != nil {
		return err
	}
	defaultPodSpec(&in.Spec)
	pod := objects.Pod(in)
	if pod.Expected() {
		pod.NodeSelector = in.Spec.NodeSelector // of a pod that runs, the node tells
	}
	if pod.Expected() {
		pod.Ready = true
		if pod.Node == "" {
			pod.Placement = placement(&in.Spec, false)
		}
	}
	c.pods = append(c.pods, pod)
	return nil
}

// handmade takes in Endpoints, which no source but files reads.
func (c *collection) handmade(o *manifest.Object) error {
	in, err := manifest.Typed[corev1.Endpoints](o) //nolint:staticcheck // as above
	if err == nil {
		err = c.identify(o, &in.ObjectMeta, true)
	}
	if err != nil {
		return err
	}
	c.endpoints = append(c.endpoints, in)
	return nil
}

// workload takes in an object that makes pods.
func (c *collection) workload(o *manifest.Object, t *template) error {
	if err := c.labels.Check(o, t.pod.Labels, t.at+".metadata.labels"); err != nil {
		return err
	}
	if err := checkPodSpec(o, &t.pod.Spec, t.at+".spec"); err != nil {
		return err
	}
	c.templates = append(c.templates, t)
	c.builder.AddWorkload(t.workload)
	return nil
}

func (c *collection) policy(o *manifest.Object) error {
	in, err := manifest.Strict[networkingv1.NetworkPolicy](o)
	if err == nil {
		err = c.identify(o, &in.ObjectMeta, true)
	}
	if err != nil {
		return err
	}
	from, repeated := o.Origin()
	for _, path := range repeated {
		if strings.HasPrefix(path, "spec") {
			return o.At(path, "NetworkPolicy %s: %s appears twice", objects.NameOf(&in.ObjectMeta), manifest.Printable(path))
		}
	}
	defaultPolicy(in)
	p := objects.Policy(in)
	p.Origin = from
	if err := validatePolicy(o, p); err != nil {
		return err
	}
	c.builder.AddPolicy(p)
	return nil
}

// unmodelled notes objects of policy kinds that are known and not evaluated, and
// of kinds that call themselves a NetworkPolicy and are not even known.
func (c *collection) unmodelled(o *manifest.Object, kind *kinds.Kind) error {
	if kind == nil {
		gvk := o.Raw.GroupVersionKind()
		if builtinGroup(gvk.Group) {
			return nil
		}
		if !strings.HasSuffix(gvk.Kind, "NetworkPolicy") || strings.HasPrefix(gvk.Kind, "Staged") {
			return c.templatesOf(o, gvk.Kind)
		}
		kind = &kinds.Kind{Group: gvk.Group, Name: gvk.Kind, Cluster: o.Raw.GetNamespace() == "", Policy: &kinds.Policy{}}
	}
	meta := &metav1.ObjectMeta{
		Namespace: o.Raw.GetNamespace(), Name: o.Raw.GetName(), GenerateName: o.Raw.GetGenerateName(),
	}
	if err := c.identify(o, meta, !kind.Cluster); err != nil {
		return err
	}
	if kind.Policy.Evaluated {
		return c.policyObject(o, kind, meta)
	}
	if !kind.Mirrored(meta.Name) {
		c.builder.AddUnmodelled(snapshot.UnmodelledOf(kind, objects.NameOf(meta)))
	}
	return nil
}

// policyObject takes in a policy of a kind besides NetworkPolicy that is evaluated.
func (c *collection) policyObject(o *manifest.Object, kind *kinds.Kind, meta *metav1.ObjectMeta) error {
	if kind.Mirrored(meta.Name) {
		return nil
	}
	from, repeated := o.Origin()
	for _, path := range repeated {
		if strings.HasPrefix(path, "spec") {
			return o.At(path, "%s %s: %s appears twice in one document", kind.Name, meta.Name, manifest.Printable(path))
		}
	}
	spec, ok := o.Raw.Object["spec"].(map[string]any)
	if !ok && o.Raw.Object["spec"] != nil {
		return o.At("spec", "%s %s: spec is no mapping of fields", kind.Name, meta.Name)
	}
	meta.Labels = o.Raw.GetLabels()
	p := objects.PolicyObject(kind, meta, spec)
	p.Origin = from
	c.builder.Add(p)
	return nil
}

// builtinGroup: in these groups, Kubernetes itself says what kinds there are.
func builtinGroup(group string) bool {
	switch group {
	case corev1.GroupName, appsv1.GroupName, "extensions", batchv1.GroupName, networkingv1.GroupName, kinds.GatewayAPI:
		return true
	}
	return false
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
	for _, s := range endpointSlices(c.services, pods, c.managed, c.nodes) {
		b.AddEndpointSlice(s)
	}
	for _, s := range mirrored(c.endpoints, c.services, c.managed) {
		b.AddEndpointSlice(s)
	}
	for name := range c.inhabited {
		if !b.HasNamespace(name) {
			b.AddNamespace(&snapshot.Namespace{Name: name, Labels: map[string]string{corev1.LabelMetadataName: name}, Undeclared: true})
		}
	}
	b.ReadEverything()
	return b.Snapshot()
}
