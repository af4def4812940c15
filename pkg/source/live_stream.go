package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"

	"github.com/kubectl-netguard/netguard/pkg/protolist"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// message is an API type as its generated code decodes it.
type message[T any] interface {
	*T
	Reset()
	Unmarshal([]byte) error
}

// decoder reads one item of a list. The item is the caller's again afterwards.
type decoder[S any] func(item []byte) (*S, error)

func decoderOf[T, S any, P message[T]](resource snapshot.Resource, convert func(*T) *S) (decoder[S], error) {
	if resource == snapshot.Pods {
		pods, err := podDecoder()
		if own, ok := any(pods).(decoder[S]); ok || err != nil {
			return own, err
		}
	}
	return cutting[T, S, P](fieldsOf(resource), convert)
}

// cutting cuts an item down to the fields that the conversion looks at, and has
// the API type's own code decode those. Where an item cannot be cut, that code
// gets all of it, and decides whether it is an object.
func cutting[T, S any, P message[T]](paths []string, convert func(*T) *S) (decoder[S], error) {
	fields, err := protolist.FieldsOf(*new(T), paths...)
	if err != nil {
		return nil, fmt.Errorf("internal error: %w", err)
	}
	var (
		kept []byte
		in   T
	)
	return func(item []byte) (*S, error) {
		kept = keep(fields, kept[:0], item)
		P(&in).Reset()
		if err := P(&in).Unmarshal(kept); err != nil {
			return nil, undecodable(err)
		}
		return convert(&in), nil
	}, nil
}

func keep(fields *protolist.Fields, dst, item []byte) []byte {
	kept, err := fields.Keep(dst, item)
	if err != nil {
		return append(kept[:0], item...)
	}
	return kept
}

func undecodable(err error) error {
	return fmt.Errorf("an item of the list cannot be decoded: %w", err)
}

// restClient is the client whose answers can be read as they come; nil for
// clients that have none, such as fakes.
func restClient(c kubernetes.Interface, r snapshot.Resource) rest.Interface {
	client, ok := groupClient(c, r).(*rest.RESTClient)
	if !ok || client == nil {
		return nil
	}
	return client
}

func groupClient(c kubernetes.Interface, r snapshot.Resource) rest.Interface {
	switch r {
	case snapshot.EndpointSlices:
		return c.DiscoveryV1().RESTClient()
	case snapshot.NetworkPolicies, snapshot.Ingresses, snapshot.IngressClasses:
		return c.NetworkingV1().RESTClient()
	case snapshot.Deployments, snapshot.ReplicaSets, snapshot.StatefulSets, snapshot.DaemonSets:
		return c.AppsV1().RESTClient()
	case snapshot.Jobs, snapshot.CronJobs:
		return c.BatchV1().RESTClient()
	default:
		return c.CoreV1().RESTClient()
	}
}

// streamed lists objects of type T, and hands on each item as it arrives. A
// server that answers with JSON, as some proxies do, is taken at its word: whole
// then gets each page.
func streamed[T, L any](
	ctx context.Context,
	client rest.Interface,
	need snapshot.Need,
	options metav1.ListOptions,
	one func(item []byte) error,
	whole func(*L),
	restart func(),
) error {
	open := func(ctx context.Context, options metav1.ListOptions) (io.ReadCloser, error) {
		return stream(ctx, client.Get().NamespaceIfScoped(need.Namespace, need.Namespace != "").
			Resource(string(need.Resource)).VersionedParams(&options, scheme.ParameterCodec))
	}
	kind := reflect.TypeFor[T]().Name() + "List"
	return pages(ctx, open, options, func(body io.ReadCloser, next func(string)) error {
		defer body.Close()
		in := protolist.NewBuffer(body)
		if !protolist.IsProtobuf(in) {
			page, err := decodeList[L](in)
			if err != nil {
				return err
			}
			next(continueOf(page))
			whole(page)
			return nil
		}
		list := protolist.NewList(in, kind)
		item, err := list.Next()
		if err == nil || errors.Is(err, io.EOF) {
			next(list.Continue())
		}
		for ; err == nil; item, err = list.Next() {
			if err := one(item); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		return err
	}, restart)
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

// decodeList decodes a list in any encoding that the API types have.
func decodeList[L any](in io.Reader) (*L, error) {
	data, err := io.ReadAll(in)
	if err != nil {
		return nil, err
	}
	if len(data) == 0 {
		// The decoder would take it for a list without items.
		return nil, errors.New("the answer is empty")
	}
	// Without a type to decode into, an answer has to say itself what it is.
	object, _, err := scheme.Codecs.UniversalDeserializer().Decode(data, nil, nil)
	if err != nil {
		return nil, fmt.Errorf("the answer cannot be decoded: %w", err)
	}
	page, ok := any(object).(*L)
	if !ok {
		return nil, fmt.Errorf("the answer is a %s instead of a list", object.GetObjectKind().GroupVersionKind().Kind)
	}
	return page, nil
}
