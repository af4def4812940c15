package scale

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-netguard/netguard/pkg/source"
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
		if _, ok := o.(*corev1.Namespace); ok {
			ns = o.GetName()
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
	_, err := load(ctx, source.ManifestOptions{Filenames: []string{dir}})
	return err
}

var _ = bytes.NewReader

func (b *Bench) files(ctx context.Context) error { return nil }
