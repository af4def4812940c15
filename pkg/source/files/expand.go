package files

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
	"github.com/kubectl-netguard/netguard/pkg/source/objects"
)

// maxOrdinals bounds the pods that a StatefulSet becomes; its pods differ only in
// their ordinal.
const maxOrdinals = 1000

// template is a workload that makes pods, whatever its kind.
type template struct {
	workload *snapshot.Workload
	pod      *corev1.PodTemplateSpec
	at       string // the field that holds pod
	// replicas is how many pods the specification asks for; one pod stands for
	// all of them, unless they have ordinals.
	replicas int
	ordinals bool
	start    int
	// indexes is how many completions of an Indexed Job there are, each with its index for
	// a label.
	indexes int
	// everywhere: a DaemonSet that nothing but taints keeps from a node.
	everywhere bool
	// labels that the controller adds; a value that it will make up is open.
	labels map[string]string
	// extra numbers the templates of one object, where it has more than one.
	extra int
	// stored: the object comes from an API server, whose status says that it
	// has so many pods.
	stored   bool
	reported int
}

func isStored(m *metav1.ObjectMeta) bool { return m.UID != "" }

// templateGeneration is a label that DaemonSets still give to their pods
// (k8s.io/kubernetes pkg/apis/apps/types.go).
const templateGeneration = "pod-template-generation"

// jobLabels are those of the pods of a Job (batch/v1 well-known labels).
func jobLabels(name string) map[string]string {
	return map[string]string{
		batchv1.JobNameLabel: name, "job-name": name,
		batchv1.ControllerUidLabel: selector.Open, "controller-uid": selector.Open,
	}
}

// indexes is how many pods of an Indexed Job run at a time; 0 for other Jobs.
func indexes(in *batchv1.JobSpec) int {
	if in.CompletionMode == nil || *in.CompletionMode != batchv1.IndexedCompletion || in.Completions == nil {
		return 0
	}
	return int(*in.Completions)
}

// templateOf is the template of an object of a kind that makes pods; nil for others.
func templateOf(in runtime.Object) *template {
	const at = "spec.template"
	switch in := in.(type) {
	case *appsv1.Deployment:
		return &template{workload: objects.Deployment(in), at: at, pod: &in.Spec.Template, replicas: replicas(in.Spec.Replicas),
			labels: map[string]string{appsv1.DefaultDeploymentUniqueLabelKey: selector.Open},
			stored: isStored(&in.ObjectMeta), reported: int(in.Status.Replicas)}
	case *appsv1.ReplicaSet:
		return &template{workload: objects.ReplicaSet(in), at: at, pod: &in.Spec.Template, replicas: replicas(in.Spec.Replicas),
			stored: isStored(&in.ObjectMeta), reported: int(in.Status.Replicas)}
	case *corev1.ReplicationController:
		pod := in.Spec.Template
		if pod == nil {
			pod = &corev1.PodTemplateSpec{}
		}
		return &template{workload: objects.ReplicationController(in), at: at, pod: pod, replicas: replicas(in.Spec.Replicas),
			stored: isStored(&in.ObjectMeta), reported: int(in.Status.Replicas)}
	case *appsv1.StatefulSet:
		return &template{workload: objects.StatefulSet(in), at: at, pod: &in.Spec.Template, replicas: replicas(in.Spec.Replicas),
			ordinals: true, start: firstOrdinal(in),
			labels: map[string]string{appsv1.ControllerRevisionHashLabelKey: in.Name + "-" + selector.Open},
			stored: isStored(&in.ObjectMeta), reported: int(in.Status.Replicas)}
	case *appsv1.DaemonSet:
		spec := &in.Spec.Template.Spec
		return &template{workload: objects.DaemonSet(in), at: at, pod: &in.Spec.Template, replicas: 1,
			everywhere: len(spec.NodeSelector) == 0 && (spec.Affinity == nil || spec.Affinity.NodeAffinity == nil) && spec.NodeName == "",
			labels: map[string]string{
				appsv1.ControllerRevisionHashLabelKey: selector.Open, templateGeneration: selector.Open,
			},
			stored: isStored(&in.ObjectMeta), reported: int(in.Status.CurrentNumberScheduled)}
	case *batchv1.Job:
		// A suspended Job or CronJob still says which pods it is meant to run, and that
		// is what is asked about.
		return &template{workload: objects.Job(in), at: at, pod: &in.Spec.Template, replicas: replicas(in.Spec.Parallelism),
			labels: jobLabels(in.Name), indexes: indexes(&in.Spec),
			stored: isStored(&in.ObjectMeta), reported: int(in.Status.Active)}
	case *batchv1.CronJob:
		return &template{workload: objects.CronJob(in), at: "spec.jobTemplate." + at, pod: &in.Spec.JobTemplate.Spec.Template,
			replicas: replicas(in.Spec.JobTemplate.Spec.Parallelism), indexes: indexes(&in.Spec.JobTemplate.Spec),
			// A Job is called after its CronJob and a time.
			labels: jobLabels(in.Name + "-" + selector.Open),
			stored: isStored(&in.ObjectMeta), reported: len(in.Status.Active)}
	default:
		return nil
	}
}

type workloadRef struct {
	kind string
	name snapshot.Name
}

func refOf(w *snapshot.Workload) workloadRef { return workloadRef{w.Kind, w.Name} }

// expander turns workloads into the pods they would run, where the input does
// not hold those pods itself.
type expander struct {
	templates []*template
	pods      []*snapshot.Pod
	workloads map[workloadRef]*snapshot.Workload
	// hasPods are the workloads that own a pod of the input, directly or through
	// others.
	hasPods map[workloadRef]bool
	names   map[snapshot.Name]bool
}

// expansion is what expanding adds to the input.
type expansion struct {
	pods []*snapshot.Pod
	// workloads that the input leaves out between a pod and its owner.
	workloads []*snapshot.Workload
	gaps      []snapshot.Gap
}

func expand(templates []*template, pods []*snapshot.Pod) expansion {
	e := expander{templates: templates, pods: pods, workloads: map[workloadRef]*snapshot.Workload{},
		hasPods: map[workloadRef]bool{}, names: map[snapshot.Name]bool{}}
	for _, t := range templates {
		e.workloads[refOf(t.workload)] = t.workload
	}
	var out expansion
	out.workloads = e.missingOwners()
	for _, p := range pods {
		e.names[p.Name] = true
		e.markOwners(p.Namespace, p.Owner)
	}
	run := map[workloadRef]bool{}
	for _, t := range inTurn(templates) {
		if e.expands(t) && !run[refOf(t.workload)] && !e.ownerHasPods(t.workload) {
			more, gap := e.expected(t)
			out.pods = append(out.pods, more...)
			e.spokenFor(run, t.workload)
			if gap != nil {
				out.gaps = append(out.gaps, *gap)
			}
		}
	}
	return out
}

// ownerHasPods: the input holds pods of the owner, and so all of them.
func (e *expander) ownerHasPods(w *snapshot.Workload) bool {
	return e.hasPods[workloadRef{w.Owner.Kind, snapshot.Name{Namespace: w.Namespace, Name: w.Owner.Name}}]
}

// spokenFor notes that the pods of the owners of a workload are imagined with its own.
func (e *expander) spokenFor(run map[workloadRef]bool, w *snapshot.Workload) {
	for w != nil && w.Owner.Name != "" {
		ref := workloadRef{w.Owner.Kind, snapshot.Name{Namespace: w.Namespace, Name: w.Owner.Name}}
		run[ref] = true
		w = e.workloads[ref]
	}
}

// missingOwners restores the ReplicaSets and Jobs that a dump such as
// `kubectl get deployments,pods -o yaml` leaves out. The names are upstream's:
// a ReplicaSet is called after its Deployment and the pod-template-hash, which
// its pods carry as a label; a Job after its CronJob and a time in minutes.
func (e *expander) missingOwners() []*snapshot.Workload {
	var out []*snapshot.Workload
	for _, p := range e.pods {
		ref := workloadRef{p.Owner.Kind, snapshot.Name{Namespace: p.Namespace, Name: p.Owner.Name}}
		if e.workloads[ref] != nil {
			continue
		}
		var owner snapshot.Owner
		switch p.Owner.Kind {
		case "ReplicaSet":
			hash := p.Labels[appsv1.DefaultDeploymentUniqueLabelKey]
			name, ok := strings.CutSuffix(p.Owner.Name, "-"+hash)
			if hash == "" || !ok {
				continue
			}
			owner = snapshot.Owner{Kind: "Deployment", Name: name}
		case "Job":
			i := strings.LastIndexByte(p.Owner.Name, '-')
			if i < 0 || strings.Trim(p.Owner.Name[i+1:], "0123456789") != "" {
				continue
			}
			owner = snapshot.Owner{Kind: "CronJob", Name: p.Owner.Name[:i]}
		default:
			continue
		}
		if e.workloads[workloadRef{owner.Kind, snapshot.Name{Namespace: p.Namespace, Name: owner.Name}}] == nil {
			continue
		}
		w := &snapshot.Workload{Kind: p.Owner.Kind, Name: ref.name, Owner: owner}
		e.workloads[ref] = w
		out = append(out, w)
	}
	return out
}

func (e *expander) markOwners(namespace string, owner snapshot.Owner) {
	for owner.Name != "" {
		ref := workloadRef{owner.Kind, snapshot.Name{Namespace: namespace, Name: owner.Name}}
		if e.hasPods[ref] {
			return
		}
		e.hasPods[ref] = true
		w := e.workloads[ref]
		if w == nil {
			return
		}
		owner = w.Owner
	}
}

// expands decides whether a workload's pods have to be imagined.
func (e *expander) expands(t *template) bool {
	w := t.workload
	if e.hasPods[refOf(w)] || t.replicas == 0 {
		return false
	}
	if owner := e.workloads[workloadRef{w.Owner.Kind, snapshot.Name{Namespace: w.Namespace, Name: w.Owner.Name}}]; owner != nil && !t.stored {
		// A Deployment's ReplicaSet, a CronJob's Job, of which nobody says that it has pods.
		return false
	}
	return !t.stored || t.reported > 0
}

// inTurn puts the templates of those that others own first: ReplicaSets in the middle of
// a rollout, and Jobs that run, say themselves what their pods are, and where none does,
// their owner speaks for them.
func inTurn(templates []*template) []*template {
	out := slices.Clone(templates)
	slices.SortStableFunc(out, func(a, b *template) int {
		return boolRank(a.workload.Owner.Name == "") - boolRank(b.workload.Owner.Name == "")
	})
	return out
}

func boolRank(last bool) int {
	if last {
		return 1
	}
	return 0
}

func (e *expander) expected(t *template) ([]*snapshot.Pod, *snapshot.Gap) {
	if t.indexes > 0 {
		return e.indexed(t), nil
	}
	if !t.ordinals {
		return []*snapshot.Pod{e.pod(t, e.starName(t), nil)}, nil
	}
	var gap *snapshot.Gap
	count := t.replicas
	if count > maxOrdinals {
		count = maxOrdinals
		gap = &snapshot.Gap{
			Need:   snapshot.Need{Resource: snapshot.StatefulSets, Namespace: t.workload.Namespace, Name: t.workload.Name.Name},
			Reason: snapshot.GapInvalid,
			Message: fmt.Sprintf("StatefulSet %s has %d replicas; only the first %d pods are considered",
				t.workload.Name, t.replicas, maxOrdinals),
		}
	}
	var out []*snapshot.Pod
	for i := range count {
		ordinal := strconv.Itoa(t.start + i)
		name := t.workload.Name.Name + "-" + ordinal
		if e.names[snapshot.Name{Namespace: t.workload.Namespace, Name: name}] {
			continue // a pod of the input has the name, so this one could not be
		}
		out = append(out, e.pod(t, name, map[string]string{
			appsv1.StatefulSetPodNameLabel: name,
			appsv1.PodIndexLabel:           ordinal,
		}))
	}
	return out, gap
}

// indexed are the pods of an Indexed Job: one for each completion (Job docs, "Completion
// mode"), whose names end in what the controller makes up.
func (e *expander) indexed(t *template) []*snapshot.Pod {
	var out []*snapshot.Pod
	for i := range min(t.indexes, maxOrdinals) {
		index := strconv.Itoa(i)
		name := t.workload.Name.Name + "-" + index + "-*"
		out = append(out, e.pod(t, name, map[string]string{batchv1.JobCompletionIndexAnnotation: index}))
	}
	return out
}

// starName ends in a star, which no real name can: it stands for the suffix that
// a controller would make up. Workloads of different kinds may share a name.
func (e *expander) starName(t *template) string {
	name := t.workload.Name.Name + "-*"
	if t.extra > 0 {
		name = fmt.Sprintf("%s-%d-*", t.workload.Name.Name, t.extra+1)
	}
	if e.names[snapshot.Name{Namespace: t.workload.Namespace, Name: name}] {
		name += "-" + strings.ToLower(t.workload.Kind)
	}
	e.names[snapshot.Name{Namespace: t.workload.Namespace, Name: name}] = true
	return name
}

func (e *expander) pod(t *template, name string, labels map[string]string) *snapshot.Pod {
	var in corev1.Pod
	t.pod.Spec.DeepCopyInto(&in.Spec)
	defaultPodSpec(&in.Spec)
	in.Namespace, in.Name = t.workload.Namespace, name
	in.Labels = t.pod.Labels
	if len(t.labels)+len(labels) > 0 {
		in.Labels = maps.Clone(t.pod.Labels)
		if in.Labels == nil {
			in.Labels = map[string]string{}
		}
		maps.Copy(in.Labels, t.labels)
		maps.Copy(in.Labels, labels)
	}
	out := objects.Pod(&in)
	out.NodeSelector = in.Spec.NodeSelector
	out.Owner = snapshot.Owner{Kind: t.workload.Kind, Name: t.workload.Name.Name}
	out.Phase = snapshot.PhaseExpected
	out.Ready = true
	out.Placement = placement(&in.Spec, t.everywhere)
	return out
}

// placement is nil for pods that may run on any node without taints, and need not.
func placement(spec *corev1.PodSpec, everywhere bool) *snapshot.Placement {
	out := &snapshot.Placement{Everywhere: everywhere, Tolerates: tolerated(spec)}
	if !everywhere && len(out.Tolerates) == 0 {
		return nil
	}
	return out
}

// tolerated are the taints that a pod tolerates, in order.
func tolerated(spec *corev1.PodSpec) []string {
	var out []string
	for _, t := range spec.Tolerations {
		out = append(out, fmt.Sprintf("%s=%s:%s", t.Key, t.Value, t.Effect))
	}
	slices.Sort(out)
	return slices.Compact(out)
}
