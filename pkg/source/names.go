package source

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Names lists the names of the objects of a resource ("deployments" of "apps") in a
// namespace ("" for cluster-scoped ones), at most a few thousand of them: enough to
// complete what somebody types. With an error come the names that were read before it.
//
// Only the objects' metadata is asked for, and discovery is not.
func (l *Live) Names(ctx context.Context, kind schema.GroupResource, namespace string) ([]string, error) {
	const pageSize, enough = 500, 4000
	var out []string
	for _, version := range versionsOf(kind.Group) {
		resource := kind.WithVersion(version)
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

// versionsOf are the versions in which a group may be served, newest first.
func versionsOf(group string) []string {
	if group == "gateway.networking.k8s.io" {
		return []string{"v1", "v1beta1", "v1alpha2"}
	}
	return []string{"v1"}
}
