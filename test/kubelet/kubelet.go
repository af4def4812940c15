package kubelet

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	listers "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/component-helpers/apimachinery/lease"
	"k8s.io/utils/clock"
)

const (
	// workers is how many objects are taken care of at once; more of them only compete with the API server for the CPU.
	workers = 4

	// leaseSeconds is what the kubelet's default is, too.
	leaseSeconds = 40
)

// Options say what to stand in for. The zero value is three nodes that run every pod forever.
type Options struct {
	// Nodes are the nodes to register; none means DefaultNodes.
	Nodes []Node

	// FinishJobs has the pods of Jobs succeed at once instead of running.
	FinishJobs bool

	// AssignLoadBalancers gives LoadBalancer Services an address of 203.0.113.0/24.
	AssignLoadBalancers bool

	// Exec answers `kubectl exec`, and runs the commands of ephemeral containers; nil means that nothing does.
	Exec ExecFunc

	// Log is told what could not be done and is tried again; nil is silence.
	Log io.Writer
}

// Kubelet stands in for the nodes of a cluster.
type Kubelet struct {
	client        kubernetes.Interface
	opts          Options
	hosts         []*host
	loadBalancers *addresses
	pods          listers.PodLister
	services      listers.ServiceLister
	queue         workqueue.TypedRateLimitingInterface[key]

	logs logs

	mu   sync.Mutex
	next int // the host whose turn it is to get a pod

	stop    context.CancelFunc
	closers []func()
	running sync.WaitGroup
}

// key names an object that may need something done.
type key struct {
	kind string
	cache.ObjectName
}

const (
	podKind     = "pod"
	serviceKind = "service"
)

// Start registers the nodes and returns when pods are being looked after. It works until Stop is called; ctx only bounds
// the start.
func Start(ctx context.Context, config *rest.Config, opts Options) (*Kubelet, error) {
	if len(opts.Nodes) == 0 {
		opts.Nodes = DefaultNodes()
	}
	if opts.Log == nil {
		opts.Log = io.Discard
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("make client for the simulated nodes: %w", err)
	}
	k := &Kubelet{
		client:        client,
		opts:          opts,
		loadBalancers: newAddresses(netip.MustParsePrefix(loadBalancerNetwork)),
		queue: workqueue.NewTypedRateLimitingQueue(
			workqueue.NewTypedItemExponentialFailureRateLimiter[key](20*time.Millisecond, 5*time.Second)),
	}
	if err := k.start(ctx); err != nil {
		k.Stop()
		return nil, fmt.Errorf("start the simulated nodes: %w", err)
	}
	return k, nil
}

func (k *Kubelet) start(ctx context.Context) error {
	var background context.Context
	background, k.stop = context.WithCancel(context.Background())

	execPort, err := k.startExec()
	if err != nil {
		return err
	}
	if err := k.registerHosts(ctx, background, execPort); err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactory(k.client, 0)
	k.pods = factory.Core().V1().Pods().Lister()
	k.services = factory.Core().V1().Services().Lister()
	if err := k.watch(factory.Core().V1().Pods().Informer(), podKind); err != nil {
		return err
	}
	if err := k.watch(factory.Core().V1().Services().Informer(), serviceKind); err != nil {
		return err
	}
	factory.Start(background.Done())
	k.closers = append(k.closers, factory.Shutdown)
	for kind, synced := range factory.WaitForCacheSync(ctx.Done()) {
		if !synced {
			return fmt.Errorf("list %s: %w", kind, context.Cause(ctx))
		}
	}
	if err := k.takeOver(); err != nil {
		return err
	}
	for range workers {
		k.running.Go(func() {
			for k.work(background) {
			}
		})
	}
	return nil
}

// Stop returns when nothing of it runs any more. The Node objects stay: whether they are still alive is for whoever
// looks at their leases to say, as with real nodes. Calling it again does nothing.
func (k *Kubelet) Stop() {
	k.stop()
	k.queue.ShutDown()
	for _, end := range k.closers {
		end()
	}
	k.closers = nil
	k.running.Wait()
}

func (k *Kubelet) startExec() (port int, err error) {
	if k.opts.Exec == nil {
		return 0, nil
	}
	server, err := newExecServer(k.opts.Exec, k.logs.serve)
	if err != nil {
		return 0, err
	}
	k.closers = append(k.closers, func() { _ = server.server.Close() })
	k.running.Go(func() {
		if err := server.serve(); err != nil {
			fmt.Fprintln(k.opts.Log, err)
		}
	})
	return server.port(), nil
}

func (k *Kubelet) registerHosts(ctx, background context.Context, execPort int) error {
	version, err := k.client.Discovery().ServerVersion()
	if err != nil {
		return fmt.Errorf("ask for the server's version: %w", err)
	}
	for _, node := range k.opts.Nodes {
		h, err := newHost(node, version.GitVersion, execPort)
		if err != nil {
			return err
		}
		if err := h.register(ctx, k.client); err != nil {
			return err
		}
		k.hosts = append(k.hosts, h)
		heartbeat := lease.NewController(clock.RealClock{}, k.client, h.Name, leaseSeconds, nil,
			leaseSeconds*time.Second/4, h.Name, corev1.NamespaceNodeLease, nil)
		k.running.Go(func() { heartbeat.Run(background) })
	}
	return nil
}

// watch queues each change of a kind and frees the addresses of what is gone.
func (k *Kubelet) watch(informer cache.SharedIndexInformer, kind string) error {
	add := func(obj any) {
		if name, err := cache.ObjectToName(obj); err == nil {
			k.queue.Add(key{kind, name})
		}
	}
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    add,
		UpdateFunc: func(_, obj any) { add(obj) },
		DeleteFunc: func(obj any) {
			if last, ok := obj.(cache.DeletedFinalStateUnknown); ok {
				obj = last.Obj
			}
			switch obj := obj.(type) {
			case *corev1.Pod:
				if h := k.hostNamed(obj.Spec.NodeName); h != nil {
					h.releasePodIPs(obj)
				}
			case *corev1.Service:
				k.loadBalancers.release(obj.UID)
			}
		},
	})
	if err != nil {
		return fmt.Errorf("watch %ss: %w", kind, err)
	}
	return nil
}

// takeOver notes which addresses are in use before any is given away.
func (k *Kubelet) takeOver() error {
	pods, err := k.pods.List(labels.Everything())
	if err != nil {
		return fmt.Errorf("list pods: %w", err)
	}
	for _, pod := range pods {
		if h := k.hostNamed(pod.Spec.NodeName); h != nil {
			h.reservePodIPs(pod)
		}
	}
	services, err := k.services.List(labels.Everything())
	if err != nil {
		return fmt.Errorf("list Services: %w", err)
	}
	for _, service := range services {
		k.reserveLoadBalancer(service)
	}
	return nil
}

// work does what the next object in the queue needs, and says whether there may be more. What fails is tried again.
func (k *Kubelet) work(ctx context.Context) bool {
	item, shutdown := k.queue.Get()
	if shutdown {
		return false
	}
	defer k.queue.Done(item)
	if err := k.sync(ctx, item); err != nil && ctx.Err() == nil {
		fmt.Fprintf(k.opts.Log, "%s %s: %v; trying again\n", item.kind, item.ObjectName, err)
		k.queue.AddRateLimited(item)
		return true
	}
	k.queue.Forget(item)
	return true
}

func (k *Kubelet) sync(ctx context.Context, item key) error {
	if item.kind == podKind {
		pod, err := k.pods.Pods(item.Namespace).Get(item.Name)
		if err != nil {
			return nil //nolint:nilerr // the only error of a lister: it is gone
		}
		return k.syncPod(ctx, pod)
	}
	if !k.opts.AssignLoadBalancers {
		return nil
	}
	service, err := k.services.Services(item.Namespace).Get(item.Name)
	if err != nil {
		return nil //nolint:nilerr // gone, as above
	}
	return k.syncService(ctx, service)
}
