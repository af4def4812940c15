package live

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubectl-netguard/netguard/pkg/kinds"
)

// Names lists the names of the objects of a kind in a namespace ("" for cluster-scoped ones), at most a few thousand of them: enough to
// complete what somebody types. With an error come the names that were read before it.
//
// Only the objects' metadata is asked for, and discovery is not.
func (l *Source) Names(ctx context.Context, kind *kinds.Kind, namespace string) ([]string, error) {
	const pageSize, enough = 500, 4000
	var out []string
	for _, version := range kind.Versions {
		resource := schema.GroupVersionResource{Group: kind.Group, Version: version, Resource: kind.Resource.Plural()}
		options := metav1.ListOptions{Limit: pageSize}
		for {
			page, err := l.clients.Metadata.Resource(resource).Namespace(namespace).List(ctx, options)
			if apierrors.IsNotFound(err) {
				break // this version is not served
			}
			if err != nil {
				return out, err
			}
			for i := range page.Items {
				out = append(out, page.Items[i].Name)
			}
			options.Continue = page.Continue
			if options.Continue == "" || len(out) >= enough {
				return out, nil
			}
		}
	}
	return out, nil
}
