package scale

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/kubectl-netguard/netguard/test/fleet"
)

// cyclonusPackage is a program that answers the same question from the same
// manifests. Its module is the one beside, which needs older libraries than this.
const cyclonusPackage = "github.com/mattfenwick/cyclonus/cmd/cyclonus"

// cyclonus compares a map of files with cyclonus' synthetic probe of all pairs: each
// pod to the first port of each. It knows pods, namespaces and policies alone.
func (b *Bench) cyclonus(ctx context.Context, size fleet.Size, ours run) error {
	dir, err := os.MkdirTemp("", "netguard-scale-")
	if err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	defer os.RemoveAll(dir)
	done := b.step("size %s: cyclonus", size.Name)
	defer done()
	path := filepath.Join(dir, "cyclonus")
	build := exec.CommandContext(ctx, "go", "build", "-o", path, cyclonusPackage)
	build.Dir = "cyclonus"
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build cyclonus (run this in the test module): %w\n%s", err, out)
	}
	if err := b.prepare(ctx, "write-for-cyclonus", size.Name, dir); err != nil {
		return err
	}
	r := Row{
		Size: size.Name, Question: "map -A -f", Figure: "time, by that of cyclonus v0.5.6 analyze --mode probe of the same manifests",
		Ended: ours.ended, Time: ours.elapsed, Peak: ours.peak,
	}
	if size.Name == "M" {
		r.Target, r.TargetText = 1.0/50, "≤ 1/50"
	}
	p := &program{path: path, env: []string{"HOME=" + dir}, limits: b.cyclonusLimits(r, memory("MemAvailable"))}
	theirs, err := p.run(ctx, "analyze", "--mode", "probe", "--policy-path", policiesOf(dir), "--probe-path", modelOf(dir))
	if err != nil {
		return err
	}
	if theirs.status != 0 {
		return fmt.Errorf("cyclonus: %s", theirs.stderr)
	}
	r.compare(ours.elapsed, theirs.elapsed)
	r.Baseline += ", " + bytesText(theirs.peak)
	r.BaselineEnded = theirs.ended
	b.add(r)
	return nil
}

// cyclonusMemory is what cyclonus may take on a machine that has it.
const cyclonusMemory = 16e9

// cyclonusLimits are those of cyclonus for a row. It need not finish: what counts is
// that it is unfinished after so many times netguard's time as the target says, with
// a margin. Of the memory that is available, some has to be left.
func (b *Bench) cyclonusLimits(r Row, available int64) Limits {
	limits := Limits{Time: 2 * b.Limits.Time, Memory: cyclonusMemory}
	if r.Target > 0 {
		const margin = 1.25
		limits.Time = min(time.Duration(margin*float64(r.Time)/r.Target), 3*b.Limits.Time)
	}
	if available > 0 {
		limits.Memory = min(limits.Memory, available*3/4)
	}
	return limits
}

func policiesOf(dir string) string { return filepath.Join(dir, "policies.yaml") }
func modelOf(dir string) string    { return filepath.Join(dir, "model.json") }

// writeForCyclonus writes the cluster of a size as cyclonus reads it: the policies
// as a NetworkPolicyList, the rest in its own format.
func writeForCyclonus(dir string, size fleet.Size) error {
	type container struct {
		Name, Protocol, PortName string
		Port                     int32
	}
	type pod struct {
		Namespace, Name, IP string
		Labels              map[string]string
		Containers          []container
	}
	var model struct {
		Resources struct {
			Namespaces map[string]map[string]string
			Pods       []pod
		}
		Probes []struct {
			Protocol string
			Port     any
		}
	}
	cluster := fleet.Make(size)
	model.Resources.Namespaces = map[string]map[string]string{}
	for _, ns := range cluster.Namespaces {
		model.Resources.Namespaces[ns.Name] = ns.Labels
	}
	for _, p := range cluster.Pods {
		if p.Spec.HostNetwork {
			continue // of these cyclonus does not know
		}
		out := pod{Namespace: p.Namespace, Name: p.Name, IP: p.Status.PodIP, Labels: p.Labels}
		for _, c := range p.Spec.Containers {
			out.Containers = append(out.Containers, container{c.Name, string(c.Ports[0].Protocol), c.Ports[0].Name, c.Ports[0].ContainerPort})
		}
		model.Resources.Pods = append(model.Resources.Pods, out)
	}
	model.Probes = append(model.Probes, struct {
		Protocol string
		Port     any
	}{string(corev1.ProtocolTCP), 8080})
	policies := networkingv1.NetworkPolicyList{}
	policies.APIVersion, policies.Kind = "networking.k8s.io/v1", "NetworkPolicyList"
	for _, p := range cluster.Policies {
		p.APIVersion, p.Kind = "networking.k8s.io/v1", "NetworkPolicy"
		policies.Items = append(policies.Items, *p)
	}
	for path, content := range map[string]any{policiesOf(dir): policies, modelOf(dir): model} {
		text, err := json.Marshal(content)
		if err != nil {
			return fmt.Errorf("encode %s: %w", filepath.Base(path), err)
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			return fmt.Errorf("write for cyclonus: %w", err)
		}
	}
	return nil
}
