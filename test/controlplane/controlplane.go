package controlplane

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

const (
	// startTimeout is how long each program may take to be ready. It is generous: a start takes some seconds, but tests
	// share their machine with compilers.
	startTimeout = 3 * time.Minute

	// maxStarts bounds how often another port is tried when someone else was quicker to take the one we picked.
	maxStarts = 3
)

// Options say what control plane to start. The zero value is a good one.
type Options struct {
	// BinDir is where the programs are built; empty means .cache/bin of this module.
	BinDir string

	// Tokens are users beside AdminUser.
	Tokens []Token

	// WithoutControllers leaves kube-controller-manager out: nothing then makes EndpointSlices, pods or default
	// ServiceAccounts, and nothing removes objects that were put into etcd behind the API server's back.
	WithoutControllers bool

	// Seed, if any, is called with the endpoint of the new etcd before the API server starts, and may fill it: an API
	// server reads what is there when it starts. It may take as long as the caller's context allows.
	Seed func(ctx context.Context, etcdEndpoint string) error

	// APIServerArgs are more flags for kube-apiserver; they win over ours.
	APIServerArgs []string

	// Log is told about the steps that take long; nil is silence.
	Log io.Writer
}

// ControlPlane is a running etcd, kube-apiserver and, unless left out, kube-controller-manager.
type ControlPlane struct {
	binaries  Binaries
	tokens    []Token
	dir       string
	home      string
	url       string
	ca        []byte
	processes []*process // in the order in which they were started
}

// Start builds what is not built yet, starts a control plane, and returns when it is ready for use: the API server
// serves, and with controllers the default namespace has its ServiceAccount and its root certificate.
func Start(ctx context.Context, opts Options) (*ControlPlane, error) {
	if opts.Log == nil {
		opts.Log = io.Discard
	}
	binaries, err := Build(ctx, opts.BinDir, opts.Log)
	if err != nil {
		return nil, fmt.Errorf("build control plane: %w", err)
	}
	for attempt := 1; ; attempt++ {
		cp, err := start(ctx, binaries, opts)
		if err == nil {
			return cp, nil
		}
		if attempt == maxStarts || !strings.Contains(err.Error(), "address already in use") {
			return nil, fmt.Errorf("start control plane: %w", err)
		}
	}
}

func start(ctx context.Context, binaries Binaries, opts Options) (_ *ControlPlane, err error) {
	cp := &ControlPlane{
		binaries: binaries,
		tokens: append([]Token{{User: AdminUser, Groups: []string{"system:masters"}, Token: rand.Text()}},
			opts.Tokens...),
	}
	if cp.dir, err = os.MkdirTemp("", "netguard-"); err != nil {
		return nil, fmt.Errorf("make directory: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, cp.Stop())
		}
	}()
	cp.home = filepath.Join(cp.dir, "home")
	if err := os.Mkdir(cp.home, 0o755); err != nil {
		return nil, fmt.Errorf("make home directory for kubectl: %w", err)
	}
	if err := within(ctx, opts, cp.startEtcd); err != nil {
		return nil, err
	}
	if opts.Seed != nil {
		if err := opts.Seed(ctx, cp.EtcdEndpoint()); err != nil {
			return nil, fmt.Errorf("seed etcd: %w", err)
		}
	}
	if err := within(ctx, opts, cp.startAPIServer); err != nil {
		return nil, err
	}
	if opts.WithoutControllers {
		return cp, nil
	}
	return cp, within(ctx, opts, cp.startControllerManager)
}

// within gives a step the time that a start may take.
func within(ctx context.Context, opts Options, step func(context.Context, Options) error) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	return step(ctx, opts)
}

// Stop ends the servers, returns when they are gone, and removes their files. Calling it again does nothing.
func (cp *ControlPlane) Stop() error {
	var errs []error
	for _, p := range slices.Backward(cp.processes) {
		errs = append(errs, p.stop())
	}
	cp.processes = nil
	if err := os.RemoveAll(cp.dir); err != nil {
		errs = append(errs, fmt.Errorf("remove the control plane's files: %w", err))
	}
	return errors.Join(errs...)
}

// URL is where the API server listens.
func (cp *ControlPlane) URL() string { return cp.url }

// Dir holds the logs and kubeconfigs until Stop removes it.
func (cp *ControlPlane) Dir() string { return cp.dir }

// Binaries says which programs run and where kubectl is.
func (cp *ControlPlane) Binaries() Binaries { return cp.binaries }

// EtcdEndpoint is the etcd behind the API server, for seeding more objects than one would create through the API.
func (cp *ControlPlane) EtcdEndpoint() string { return "unix://" + cp.etcdSocket() }

// AdminConfig configures a client that may do everything, without client-side throttling, which only slows tests.
func (cp *ControlPlane) AdminConfig() *rest.Config {
	return &rest.Config{
		Host:            cp.url,
		BearerToken:     cp.tokens[0].Token,
		TLSClientConfig: rest.TLSClientConfig{CAData: cp.ca},
		QPS:             -1,
	}
}

func (cp *ControlPlane) file(name string) string { return filepath.Join(cp.dir, name) }

func (cp *ControlPlane) etcdSocket() string { return cp.file("etcd.sock") }

func (cp *ControlPlane) run(path string, args ...string) (*process, error) {
	p, err := startProcess(cp.dir, path, args...)
	if err == nil {
		cp.processes = append(cp.processes, p)
	}
	return p, err
}

// startEtcd has clients connect through a socket in our directory, which needs no port.
func (cp *ControlPlane) startEtcd(ctx context.Context, _ Options) error {
	etcd, err := cp.run(cp.binaries.Etcd,
		"--data-dir="+cp.file("etcd"),
		"--listen-client-urls="+cp.EtcdEndpoint(),
		"--listen-peer-urls=http://127.0.0.1:0",
		// Nobody follows what is advertised, but etcd insists on something of the form host:port.
		"--advertise-client-urls=http://127.0.0.1:0",
		"--unsafe-no-fsync",
		"--quota-backend-bytes=8589934592",
		"--log-level=warn",
	)
	if err != nil {
		return err
	}
	return etcd.waitUntil(ctx, "etcd listens", func(ctx context.Context) error {
		conn, err := new(net.Dialer).DialContext(ctx, "unix", cp.etcdSocket())
		if err != nil {
			return err
		}
		return conn.Close()
	})
}

func (cp *ControlPlane) startAPIServer(ctx context.Context, opts Options) error {
	port, err := freePort()
	if err != nil {
		return err
	}
	if err := writeTokens(cp.file("tokens.csv"), cp.tokens); err != nil {
		return err
	}
	if err := writeSigningKey(cp.file("service-account.key")); err != nil {
		return err
	}
	args := []string{
		"--etcd-servers=" + cp.EtcdEndpoint(),
		"--bind-address=127.0.0.1",
		fmt.Sprintf("--secure-port=%d", port),
		"--cert-dir=" + cp.file("certs"),
		// No server but this one, and a loopback address is not allowed in an EndpointSlice.
		"--advertise-address=127.0.0.1",
		"--endpoint-reconciler-type=none",
		"--authorization-mode=RBAC",
		"--token-auth-file=" + cp.file("tokens.csv"),
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + cp.file("service-account.key"),
		"--service-account-signing-key-file=" + cp.file("service-account.key"),
		"--service-cluster-ip-range=10.96.0.0/16,fd00:10:96::/108",
		// The simulated kubelets (package kubelet) have made-up addresses, and say under Hostname where they really listen.
		"--kubelet-preferred-address-types=Hostname",
		"--allow-privileged=true",
	}
	apiServer, err := cp.run(cp.binaries.APIServer, append(args, opts.APIServerArgs...)...)
	if err != nil {
		return err
	}
	cp.url = fmt.Sprintf("https://127.0.0.1:%d", port)
	return apiServer.waitUntil(ctx, "the API server is ready", func(ctx context.Context) error {
		// The server makes its certificate at start; the file holds the authority that signed it, too.
		if cp.ca, err = os.ReadFile(cp.file("certs/apiserver.crt")); err != nil {
			return err
		}
		client, err := kubernetes.NewForConfig(cp.AdminConfig())
		if err != nil {
			return err
		}
		return client.RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
	})
}

// startControllerManager leaves out the controllers that delete pods which no real kubelet vouches for.
func (cp *ControlPlane) startControllerManager(ctx context.Context, _ Options) error {
	kubeconfig, err := cp.Kubeconfig(AdminUser)
	if err != nil {
		return err
	}
	controllers := []string{
		"*",
		"-node-lifecycle-controller",
		"-pod-garbage-collector-controller",
		"-taint-eviction-controller",
		"-device-taint-eviction-controller",
		"-node-ipam-controller",
		"-persistentvolume-attach-detach-controller",
	}
	manager, err := cp.run(cp.binaries.ControllerManager,
		"--kubeconfig="+kubeconfig,
		"--controllers="+strings.Join(controllers, ","),
		"--leader-elect=false",
		"--secure-port=0",
		"--service-account-private-key-file="+cp.file("service-account.key"),
		"--root-ca-file="+cp.file("certs/apiserver.crt"),
		"--kube-api-qps=500",
		"--kube-api-burst=1000",
	)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(cp.AdminConfig())
	if err != nil {
		return fmt.Errorf("make admin client: %w", err)
	}
	return manager.waitUntil(ctx, "the default namespace is furnished", func(ctx context.Context) error {
		_, err := client.CoreV1().ServiceAccounts(metav1.NamespaceDefault).Get(ctx, "default", metav1.GetOptions{})
		if err != nil {
			return err
		}
		_, err = client.CoreV1().ConfigMaps(metav1.NamespaceDefault).Get(ctx, "kube-root-ca.crt", metav1.GetOptions{})
		return err
	})
}
