package live

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"

	"github.com/kubectl-netguard/netguard/pkg/kinds"
	"github.com/kubectl-netguard/netguard/pkg/protolist"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
	"github.com/kubectl-netguard/netguard/pkg/source/objects"
)

// typedReader reads kinds that have API types. Items are converted as they come, so that no
// more than one of them (with protobuf) or one page of them (with JSON) is held as an
// API object.
type typedReader struct {
	client rest.Interface
	kind   *kinds.Kind
	codec  objects.Codec
}

// clientOf is the client for a group that has API types; nil for others.
func clientOf(c kubernetes.Interface, group string) rest.Interface {
	switch group {
	case "":
		return c.CoreV1().RESTClient()
	case "apps":
		return c.AppsV1().RESTClient()
	case "batch":
		return c.BatchV1().RESTClient()
	case "discovery.k8s.io":
		return c.DiscoveryV1().RESTClient()
	case "networking.k8s.io":
		return c.NetworkingV1().RESTClient()
	default:
		return nil
	}
}

func (r *typedReader) request(need snapshot.Need) *rest.Request {
	return r.client.Get().NamespaceIfScoped(need.Namespace, need.Namespace != "").Resource(r.kind.Resource.Plural())
}

// read reads one need, and returns what to add to the snapshot; nothing for an object
// that does not exist.
func (r *typedReader) read(ctx context.Context, need snapshot.Need) (func(*snapshot.Builder), error) {
	list, err := r.codec.List()
	if err != nil {
		return nil, err
	}
	if need.Name == "" {
		return list.Fill, r.list(ctx, need, list)
	}
	in := r.codec.New()
	err = r.request(need).Name(need.Name).VersionedParams(&metav1.GetOptions{}, scheme.ParameterCodec).Do(ctx).Into(in)
	switch {
	case apierrors.IsNotFound(err) && !apierrors.IsUnexpectedServerError(err):
		return nil, nil // read, and absent, as an API server says it
	case err != nil:
		return nil, err
	}
	return list.Fill, list.Object(in)
}

// list hands on each item of a list as it arrives. A server that answers with JSON, as
// some proxies do, is taken at its word.
func (r *typedReader) list(ctx context.Context, need snapshot.Need, into objects.List) error {
	open := func(ctx context.Context, options metav1.ListOptions) (io.ReadCloser, error) {
		return stream(ctx, r.request(need).VersionedParams(&options, scheme.ParameterCodec))
	}
	kind := r.kind.Name + "List"
	options := metav1.ListOptions{LabelSelector: need.Labels, FieldSelector: need.Fields}
	return pages(ctx, open, options, func(body io.ReadCloser, next func(string)) error {
		defer body.Close()
		in := protolist.NewBuffer(body)
		if !protolist.IsProtobuf(in) {
			page, err := decodeList(in, kind)
			if err != nil {
				return err
			}
			next(continueOf(page))
			counted(ctx, meta.LenList(page))
			return meta.EachListItem(page, into.Object)
		}
		list := protolist.NewList(in, kind)
		item, err := list.Next()
		if err == nil || errors.Is(err, io.EOF) {
			next(list.Continue())
		}
		for ; err == nil; item, err = list.Next() {
			if err := into.Item(item); err != nil {
				return err
			}
			counted(ctx, 1)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		return err
	}, into.Reset)
}

// maxTries and betweenTries are client-go's, for the requests that it reads itself.
const (
	maxTries     = 10
	betweenTries = time.Second
)

// stream sends the request. client-go obeys a Retry-After here as elsewhere; what
// it leaves to us is to try again when the connection breaks before the answer, as
// with an API server that is just being replaced.
func stream(ctx context.Context, request *rest.Request) (io.ReadCloser, error) {
	for try := 1; ; try++ {
		body, err := request.Stream(ctx)
		lost := utilnet.IsConnectionReset(err) || utilnet.IsProbableEOF(err) || utilnet.IsHTTP2ConnectionLost(err)
		if !lost || try == maxTries {
			return body, err
		}
		select {
		case <-time.After(betweenTries):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// decodeList decodes a list of a kind in any encoding that the API types have.
func decodeList(in io.Reader, kind string) (runtime.Object, error) {
	data, err := io.ReadAll(in)
	if err != nil {
		return nil, err
	}
	if len(data) == 0 {
		// The decoder would take it for a list without items.
		return nil, errors.New("the answer is empty")
	}
	// Without a type to decode into, an answer has to say itself what it is.
	page, gvk, err := scheme.Codecs.UniversalDeserializer().Decode(data, nil, nil)
	if err != nil {
		return nil, fmt.Errorf("the answer cannot be decoded: %w", err)
	}
	if gvk.Kind != kind {
		return nil, fmt.Errorf("the answer is a %s instead of a list", gvk.Kind)
	}
	return page, nil
}
