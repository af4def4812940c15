package live

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubectl-netguard/netguard/pkg/kinds"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
	"github.com/kubectl-netguard/netguard/pkg/source"
	"github.com/kubectl-netguard/netguard/pkg/source/objects"
)

// Getter is the part of cli-runtime's RESTClientGetter that [New] needs.
type Getter interface {
	ToRESTConfig() (*rest.Config, error)
	ToRawKubeConfigLoader() clientcmd.ClientConfig
}

// clients are what a Source talks through.
type clients struct {
	Kubernetes kubernetes.Interface
	Discovery  discovery.DiscoveryInterfaceWithContext
	Metadata   metadata.Interface
	// Raw sends requests for kinds that have no typed client, and takes JSON.
	Raw rest.Interface
	// Server is the API server's URL, for messages.
	Server string
}

// Source asks an API server.
type Source struct {
	clients clients
	// slots bound how many reads are under way at once. Each has one request, or a
	// list's page that is being read and the next one that was asked for.
	slots chan struct{}
	// answered is set by the first response of any kind: before it, a failure
	// means that the server cannot be reached at all.
	answered *atomic.Bool
	// served remembers which versions of a group the server has.
	served struct {
		sync.Mutex
		versions map[string][]string
	}
	// timeout is --request-timeout; 0 when none was given.
	timeout  time.Duration
	progress Progress
	// foreign is an answer that came from something else than an API server.
	foreign atomic.Pointer[error]
	// unconfigured: there is no kubeconfig, and Server is kubectl's guess.
	unconfigured bool
}

// maxRequests is enough to hide the latency of a round's needs, and few enough
// for one user of a shared API server.
const maxRequests = 8

// New makes the clients for the cluster that the flags and the kubeconfig
// choose. No request is sent yet.
func New(getter Getter) (*Source, error) {
	config, err := getter.ToRESTConfig()
	if err != nil {
		return nil, configError(err)
	}
	config = rest.CopyConfig(config)
	// A question is a handful of lists. The client-side limit (5 requests a
	// second by default) would only slow down the many small ones; the server
	// protects itself, by priority and fairness, and client-go obeys its 429s.
	config.QPS = -1
	config.RateLimiter = nil
	// Built-in types come several times cheaper as protobuf than as JSON. The server
	// compresses as it does for kubectl (--disable-compression, or the kubeconfig,
	// turn that off). Measured on 50,000 pods, it is an eighth of the bytes or less
	// for at most a third more work on both sides, and some of that TLS saves; a
	// loopback address is no reason against it, since tunnels end at one.
	config.ContentType = runtime.ContentTypeProtobuf
	config.AcceptContentTypes = runtime.ContentTypeProtobuf + "," + runtime.ContentTypeJSON
	// Warnings of the server are for whoever wrote the objects.
	config.WarningHandler = rest.NoWarnings{}
	answered := new(atomic.Bool)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return &genuine{next} })
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return &noticing{next, answered} })

	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, configError(err)
	}
	clients := clients{Server: serverURL(config)}
	if clients.Kubernetes, err = kubernetes.NewForConfigAndClient(config, client); err != nil {
		return nil, configError(err)
	}
	if clients.Discovery, err = discovery.NewDiscoveryClientForConfigAndClient(config, client); err != nil {
		return nil, configError(err)
	}
	if clients.Metadata, err = metadata.NewForConfigAndClient(metadata.ConfigFor(config), client); err != nil {
		return nil, configError(err)
	}
	clients.Raw = clients.Discovery.RESTClient()
	live := &Source{clients: clients, slots: make(chan struct{}, maxRequests), answered: answered}
	live.timeout = config.Timeout
	if raw, err := getter.ToRawKubeConfigLoader().RawConfig(); err == nil {
		live.unconfigured = len(raw.Clusters) == 0
	}
	return live, nil
}

// Server is the URL of the API server.
func (l *Source) Server() string { return l.clients.Server }

// noticing is a transport that notices that a server is there.
type noticing struct {
	next     http.RoundTripper
	answered *atomic.Bool
}

func (n *noticing) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := n.next.RoundTrip(request)
	// A redirect may lead to anybody.
	if err == nil && response.StatusCode/100 != 3 {
		n.answered.Store(true)
	}
	return response, err
}

// WrappedRoundTripper lets client-go look through, as its own wrappers do.
func (n *noticing) WrappedRoundTripper() http.RoundTripper { return n.next }

func serverURL(config *rest.Config) string {
	u, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return config.Host
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// maxRounds bounds how often a planner may ask for more: a question takes about
// five rounds.
const maxRounds = 20

// Load reads what the planner asks for until it asks for nothing more. The needs
// of one round are read side by side.
func (l *Source) Load(ctx context.Context, next source.Planner) (*snapshot.Snapshot, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	builder := snapshot.NewBuilder(nil)
	asked := map[snapshot.Need]bool{}
	for range maxRounds {
		have := builder.Snapshot()
		wanted := next(have)
		if len(wanted) == 0 {
			return have, nil
		}
		var needs []snapshot.Need
		for _, n := range wanted {
			if !asked[n] {
				asked[n] = true
				needs = append(needs, n)
			}
		}
		if len(needs) == 0 {
			return nil, fmt.Errorf("internal error: the plan asks again to %s", wanted[0].Permission())
		}
		if err := l.round(ctx, builder, needs); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("internal error: the plan is not done after %d rounds", maxRounds)
}

// reading is what came of one need: what to add, and what could not be read.
type reading struct {
	fill func(*snapshot.Builder)
	gaps []snapshot.Gap
	err  error
}

func (l *Source) round(ctx context.Context, builder *snapshot.Builder, needs []snapshot.Need) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	readings := make([]reading, len(needs))
	// cause is the first fatal error: it cancels the others, whose own errors
	// then say nothing.
	var (
		cause error
		once  sync.Once
		group sync.WaitGroup
	)
	for i, need := range needs {
		group.Go(func() {
			readings[i] = l.read(ctx, need)
			if err := readings[i].err; err != nil {
				once.Do(func() { cause = err; cancel() })
			}
		})
	}
	group.Wait()
	if cause != nil {
		return cause
	}
	if err := l.foreign.Load(); err != nil && !l.answered.Load() {
		return l.fatal(ctx, *err)
	}
	for i, r := range readings {
		if r.fill != nil {
			r.fill(builder)
		}
		for _, g := range r.gaps {
			builder.AddGap(g)
		}
		if len(r.gaps) == 0 {
			builder.Read(needs[i])
		}
	}
	return nil
}

// acquire waits for a free slot; the caller gives it back with release.
func (l *Source) acquire(ctx context.Context) error {
	select {
	case l.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *Source) release() { <-l.slots }

func (l *Source) read(ctx context.Context, need snapshot.Need) reading {
	ctx = withPatience(ctx, l.timeout)
	ctx, done := l.counting(ctx, need.Resource)
	defer done()
	if need.Resource == snapshot.PolicyKinds {
		return l.readPolicyKinds(ctx, need)
	}
	kind, codec := kinds.Of(need.Resource), objects.Of(need.Resource)
	if kind == nil || codec == nil {
		return reading{err: fmt.Errorf("internal error: the plan asks for %q, which no client reads", need.Resource)}
	}
	if err := l.acquire(ctx); err != nil {
		return reading{err: l.fatal(ctx, err)}
	}
	defer l.release()
	var (
		fill func(*snapshot.Builder)
		err  error
	)
	if codec.New() == nil {
		fill, err = l.readJSON(ctx, need, kind, codec)
	} else {
		r := typedReader{client: clientOf(l.clients.Kubernetes, kind.Group), kind: kind, codec: codec}
		fill, err = r.read(ctx, need)
	}
	if err == nil {
		return reading{fill: fill}
	}
	gap, fatal := l.judge(ctx, need, err)
	if fatal != nil {
		return reading{err: fatal}
	}
	return reading{gaps: []snapshot.Gap{gap}}
}
