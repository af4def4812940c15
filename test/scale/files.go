package scale

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-netguard/netguard/pkg/source/files"
	"github.com/kubectl-netguard/netguard/test/fleet"
)

// jsonList is objects as `kubectl get -o json` prints them: without managedFields.
func jsonList(objects []fleet.Object) ([]byte, error) {
	list := &metav1.List{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "List"}}
	for _, o := range objects {
		kinds, _, err := scheme.Scheme.ObjectKinds(o)
		if err != nil {
			return nil, fmt.Errorf("find the kind of a %T: %w", o, err)
		}
		o.GetObjectKind().SetGroupVersionKind(kinds[0])
		o.SetManagedFields(nil)
		text, err := json.Marshal(o)
		if err != nil {
			return nil, fmt.Errorf("encode %s %s/%s: %w", kinds[0].Kind, o.GetNamespace(), o.GetName(), err)
		}
		list.Items = append(list.Items, runtime.RawExtension{Raw: text})
	}
	return json.Marshal(list)
}

// writeFiles writes the cluster of a size into a directory as a dump of it would
// be: a YAML file for each namespace, and one for the nodes.
func writeFiles(dir string, size fleet.Size) error {
	byNamespace := map[string][]fleet.Object{}
	for o := range fleet.Objects(size) {
		ns := o.GetNamespace()
		switch o.(type) {
		case *corev1.Namespace:
			ns = o.GetName()
		case *networkingv1.IPAddress:
			continue // nobody dumps these
		}
		byNamespace[ns] = append(byNamespace[ns], o)
	}
	for ns, objects := range byNamespace {
		text, err := jsonList(objects)
		if err != nil {
			return err
		}
		if text, err = yaml.JSONToYAML(text); err != nil {
			return fmt.Errorf("write namespace %s as YAML: %w", ns, err)
		}
		if ns == "" {
			ns = "cluster"
		}
		if err := os.WriteFile(filepath.Join(dir, ns+".yaml"), text, 0o600); err != nil {
			return fmt.Errorf("write manifests: %w", err)
		}
	}
	return nil
}

// decodeFiles has netguard read the files of a directory and does nothing with them.
func decodeFiles(ctx context.Context, dir string) error {
	_, err := load(ctx, files.Options{Filenames: []string{dir}})
	return err
}

// files asks about files instead of a cluster. Reading them is most of the work, so
// that reading them and nothing else is the baseline: by the same code of netguard,
// package source, in a process that has to start as well.
func (b *Bench) files(ctx context.Context) error {
	for _, size := range b.Sizes {
		if size.Name == "XL" {
			continue // nobody keeps 150,000 pods in files, and one file may have 50 MB
		}
		if err := b.filesAt(ctx, size); err != nil {
			return fmt.Errorf("files of size %s: %w", size.Name, err)
		}
	}
	return nil
}

func (b *Bench) filesAt(ctx context.Context, size fleet.Size) error {
	b.section = sectionFiles
	dir, err := os.MkdirTemp("", "netguard-scale-")
	if err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	defer os.RemoveAll(dir)
	done := b.step("size %s: write files", size.Name)
	err = b.prepare(ctx, "write", size.Name, dir)
	done()
	if err != nil {
		return err
	}
	decode, err := usual(func() (run, error) { return b.self(b.Limits).run(ctx, "decode", size.Name, dir) }, run.took)
	if err != nil {
		return err
	}
	if decode.status != 0 {
		return fmt.Errorf("decode: %s", decode.stderr)
	}
	netguard := &program{path: b.Netguard, env: []string{"HOME=" + dir}, limits: b.Limits}
	for _, q := range []struct {
		question string
		args     []string
		target   float64
	}{
		{"who-can-reach -f", []string{"who-can-reach", "svc/database-2", "-n", fleet.Ordinary, "-f", dir}, 1.3},
		{"map -A -f", []string{"map", "-A", "-f", dir}, 1.7},
	} {
		a, err := usual(func() (run, error) { return netguard.run(ctx, q.args...) }, run.took)
		if err != nil {
			return err
		}
		if a.status == statusError {
			return fmt.Errorf("netguard %v: %s", q.args, a.stderr)
		}
		r := Row{Size: size.Name, Question: q.question, Figure: "time, by that of decoding the files", Ended: a.ended, Time: a.elapsed, Peak: a.peak}
		if decode.ended != "" {
			r.Figure += " (" + decode.ended + ")"
		}
		r.compare(a.elapsed, decode.elapsed)
		if size.Name == "L" {
			r.atMost(q.target)
		}
		b.add(r)
		if b.Cyclonus && size.Pods <= 3_000 && q.args[0] == "map" {
			if err := b.cyclonus(ctx, size, a); err != nil {
				return err
			}
		}
	}
	return nil
}
