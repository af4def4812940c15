package files

import (
	"fmt"
	"maps"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

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
	// labels that the controller adds and whose values are known beforehand.
	labels map[string]string
	// stored: the object comes from an API server, whose status says that it
	// has so many pods.
	stored   bool
	reported int
}

func isStored(m *metav1.ObjectMeta) bool { return m.UID != "" }

// templateOf is the template of an object of a kind that makes pods; nil for others.
func templateOf(in runtime.Object) *template {
	const at = "spec.template"
	switch in := in.(type) {
	case *appsv1.Deployment:
		return &template{workload: objects.Deployment(in), at: at, pod: &in.Spec.Template, replicas: replicas(in.Spec.Replicas),
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
			stored: isStored(&in.ObjectMeta), reported: int(in.Status.Replicas)}
	case *appsv1.DaemonSet:
		return &template{workload: objects.DaemonSet(in), at: at, pod: &in.Spec.Template, replicas: 1,
			stored: isStored(&in.ObjectMeta), reported: int(in.Status.CurrentNumberScheduled)}
	case *batchv1.Job:
		// A suspended Job or CronJob still says which pods it is meant to run, and that
		// is what is asked about.
		return &template{workload: objects.Job(in), at: at, pod: &in.Spec.Template, replicas: replicas(in.Spec.Parallelism),
			labels: map[string]string{batchv1.JobNameLabel: in.Name, "job-name": in.Name},
			stored: isStored(&in.ObjectMeta), reported: int(in.Status.Active)}
	case *batchv1.CronJob:
		return &template{workload: objects.CronJob(in), at: "spec.jobTemplate." + at, pod: &in.Spec.JobTemplate.Spec.Template,
			replicas: replicas(in.Spec.JobTemplate.Spec.Parallelism),
			stored:   isStored(&in.ObjectMeta), reported: len(in.Status.Active)}
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
	for _, t := range templates {
		if e.expands(t) {
			more, gap := e.expected(t)
			out.pods = append(out.pods, more...)
			if gap != nil {
				out.gaps = append(out.gaps, *gap)
			}
		}
	}
	return out
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
	if owner := e.workloads[workloadRef{w.Owner.Kind, snapshot.Name{Namespace: w.Namespace, Name: w.Owner.Name}}]; owner != nil {
		// A Deployment's ReplicaSet, a CronJob's Job: the owner speaks for it.
		return false
	}
	return !t.stored || t.reported > 0
}

func (e *expander) expected(t *template) ([]*snapshot.Pod, *snapshot.Gap) {
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

// starName ends in a star, which no real name can: it stands for the suffix that
// a controller would make up. Workloads of different kinds may share a name.
func (e *expander) starName(t *template) string {
	name := t.workload.Name.Name + "-*"
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
	out.Owner = snapshot.Owner{Kind: t.workload.Kind, Name: t.workload.Name.Name}
	out.Node = ""
	out.Phase = snapshot.PhaseExpected
	out.Ready = true
	return out
}
