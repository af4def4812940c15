package scale

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-netguard/netguard/test/controlplane"
	"github.com/kubectl-netguard/netguard/test/fleet"
)

// cluster is a seeded server, and the ways to it that are counted.
type cluster struct {
	size   fleet.Size
	server *controlplane.ControlPlane
	record *audit
	wire   *wire
	dir    string
	// kubeconfig leads through the wire.
	kubeconfig string
	// netguard asks this server through the wire.
	netguard *program
	// plain asks it through the wire as well, as netguard does as to compression.
	plain plain
}

// startCluster seeds etcd and starts an
// API server on it.
func (b *Bench) startCluster(ctx context.Context, size fleet.Size) (_ *cluster, err error) {
	c := &cluster{size: size}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.stop())
		}
	}()
	if c.dir, err = os.MkdirTemp("", "netguard-scale-"); err != nil {
		return nil, fmt.Errorf("make directory: %w", err)
	}
	if c.record, err = newAudit(c.dir); err != nil {
		return nil, err
	}
	token := controlplane.Token{User: measured, Groups: []string{"system:masters"}, Token: rand.Text()}
	c.server, err = controlplane.Start(ctx, c.record.options(controlplane.Options{
		WithoutControllers: true,
		Tokens:             []controlplane.Token{token},
		Log:                b.Log,
		Seed: func(ctx context.Context, endpoint string) error {
			done := b.step("size %s: seed %d pods", size.Name, size.Pods)
			defer done()
			return b.prepare(ctx, "seed", size.Name, endpoint)
		},
	}))
	if err != nil {
		return nil, err
	}
	if c.wire, err = newWire(strings.TrimPrefix(c.server.URL(), "https://")); err != nil {
		return nil, err
	}
	c.plain = plain{server: "https://" + c.wire.address(), token: token.Token, ca: c.server.AdminConfig().CAData}
	c.kubeconfig = filepath.Join(c.dir, "kubeconfig")
	if err := writeKubeconfig(c.kubeconfig, c.plain); err != nil {
		return nil, err
	}
	c.netguard = &program{path: b.Netguard, env: c.server.Environment(c.kubeconfig), limits: b.Limits}
	c.plain.gzip, err = b.asksForGzip(ctx)
	return c, err
}

func (c *cluster) stop() error {
	var errs []error
	if c.wire != nil {
		errs = append(errs, c.wire.close())
	}
	if c.server != nil {
		errs = append(errs, c.server.Stop())
	}
	if c.dir != "" {
		errs = append(errs, os.RemoveAll(c.dir))
	}
	return errors.Join(errs...)
}

func writeKubeconfig(path string, p plain) error {
	config := clientcmdapi.NewConfig()
	config.Clusters["scale"] = &clientcmdapi.Cluster{Server: p.server, CertificateAuthorityData: p.ca}
	config.AuthInfos["scale"] = &clientcmdapi.AuthInfo{Token: p.token}
	config.Contexts["scale"] = &clientcmdapi.Context{Cluster: "scale", AuthInfo: "scale"}
	config.CurrentContext = "scale"
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		return fmt.Errorf("write kubeconfig: %w", err)
	}
	return nil
}

// asksForGzip finds out whether netguard asks servers to compress, so that bytes
// are compared with those of a client that asks for the same.
func (b *Bench) asksForGzip(ctx context.Context) (bool, error) {
	asked := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case asked <- r.Header.Get("Accept-Encoding"):
		default: // the first request tells
		}
		http.NotFound(w, r)
	}))
	defer server.Close()
	dir, err := os.MkdirTemp("", "netguard-scale-")
	if err != nil {
		return false, fmt.Errorf("make directory: %w", err)
	}
	defer os.RemoveAll(dir)
	kubeconfig := filepath.Join(dir, "kubeconfig")
	if err := writeKubeconfig(kubeconfig, plain{server: server.URL}); err != nil {
		return false, err
	}
	p := &program{path: b.Netguard, env: []string{"HOME=" + dir, "KUBECONFIG=" + kubeconfig}, limits: b.Limits}
	if _, err := p.run(ctx, "can-reach", "a", "b"); err != nil {
		return false, err
	}
	select {
	case encoding := <-asked:
		return strings.Contains(encoding, "gzip"), nil
	default:
		return false, fmt.Errorf("%s asked a server nothing", b.Netguard)
	}
}
