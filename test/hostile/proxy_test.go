package hostile

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-netguard/netguard/test/controlplane"
)

// pageSize is what the proxy makes of every limit, so that lists of a small cluster have pages, too.
const pageSize = "2"

// proxy stands between netguard and the API server. It speaks HTTP/2, as API servers do.
type proxy struct {
	*httptest.Server
	kubeconfig string

	mu    sync.Mutex
	seen  []request
	hits  int
	given fault
	on    func(request) bool
}

// request is what a request is about.
type request struct {
	// resource is the plural name of what is read; "discovery" or "group NAME" for what describes the API.
	resource string
	// one object, not a list.
	one bool
	// continued: a page of a list that is not the first.
	continued bool
}

func about(r *http.Request) request {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	continued := r.URL.Query().Get("continue") != ""
	switch {
	case parts[0] == "apis" && len(parts) == 2:
		return request{resource: "group " + parts[1]}
	case parts[0] == "apis" && len(parts) > 3:
		parts = parts[3:]
	case parts[0] == "api" && len(parts) > 2:
		parts = parts[2:]
	default:
		return request{resource: "discovery"}
	}
	if parts[0] == "namespaces" && len(parts) > 2 {
		parts = parts[2:]
	}
	return request{resource: parts[0], one: len(parts) > 1, continued: continued}
}

// fault answers in the place of the API server. hit counts the requests that it was asked about, from 1; next is the API
// server. What it does not want to answer it passes on to next.
type fault func(w http.ResponseWriter, r *http.Request, hit int, next http.Handler)

// startProxy starts a proxy that misbehaves with the requests that on picks; nil is all of them, and no fault is none.
func startProxy(t *testing.T, given fault, on func(request) bool) *proxy {
	t.Helper()
	p := &proxy{given: given, on: on}
	p.Server = httptest.NewUnstartedServer(http.HandlerFunc(p.serve))
	p.EnableHTTP2 = true
	p.Config.ErrorLog = log.New(io.Discard, "", 0) // cut connections are the point
	p.StartTLS()
	t.Cleanup(func() {
		p.CloseClientConnections() // hung ones end here
		p.Close()
	})
	p.kubeconfig = p.configure(t, cluster.AdminConfig().BearerToken)
	return p
}

// configure writes a kubeconfig that leads to the proxy.
func (p *proxy) configure(t *testing.T, token string) string {
	t.Helper()
	config := clientcmdapi.NewConfig()
	config.Clusters["proxy"] = &clientcmdapi.Cluster{
		Server:                   p.URL,
		CertificateAuthorityData: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.Certificate().Raw}),
	}
	config.AuthInfos["admin"] = &clientcmdapi.AuthInfo{Token: token}
	config.Contexts["proxy"] = &clientcmdapi.Context{Cluster: "proxy", AuthInfo: "admin"}
	config.CurrentContext = "proxy"
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// kubectl is the real one, which talks through the proxy.
func (p *proxy) kubectl() *controlplane.Kubectl {
	return cluster.ControlPlane.Kubectl(p.kubeconfig, cluster.PluginDir)
}

func (p *proxy) serve(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/login" { // where redirects lead
		page(http.StatusOK, "<html>Please log in</html>")(w, r)
		return
	}
	what := about(r)
	p.mu.Lock()
	if !slices.Contains(p.seen, what) {
		p.seen = append(p.seen, what)
	}
	given, hit := p.given, 0
	if given != nil && (p.on == nil || p.on(what)) {
		p.hits++
		hit = p.hits
	}
	p.mu.Unlock()
	if query := r.URL.Query(); query.Get("limit") != "" {
		query.Set("limit", pageSize)
		r.URL.RawQuery = query.Encode()
	}
	if hit > 0 {
		given(w, r, hit, upstream())
		return
	}
	upstream().ServeHTTP(w, r)
}

// set has it misbehave in another way from now on.
func (p *proxy) set(given fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.given = given
}

// requests are the different ones that came, in the order of their first.
func (p *proxy) requests() []request {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.seen)
}

// misbehaved reports whether there was occasion to.
func (p *proxy) misbehaved() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.hits > 0
}

// upstream is the API server.
var upstream = sync.OnceValue(func() http.Handler {
	config := cluster.AdminConfig()
	target, err := url.Parse(config.Host)
	if err != nil {
		panic(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(config.CAData)
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport: &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true,
			// Bodies are looked at and cut.
			DisableCompression: true,
		},
		ErrorLog: log.New(io.Discard, "", 0),
	}
})
