package kubelet

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"k8s.io/client-go/util/cert"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
	"k8s.io/utils/exec"
)

// ExecFunc runs a command in a container, or does as if, and returns its exit status.
type ExecFunc func(ctx context.Context, namespace, pod, container string, command []string, stdout, stderr io.Writer) (exitCode int)

// streamTimeout bounds how long a `kubectl exec` may be silent, and how long it may take to set up.
const streamTimeout = time.Minute

// execServer answers the API server where a real kubelet would, for all nodes at once: the request says which pod it
// is about.
type execServer struct {
	server   *http.Server
	listener net.Listener
}

func newExecServer(run ExecFunc, logs http.HandlerFunc) (*execServer, error) {
	certPEM, keyPEM, err := cert.GenerateSelfSignedCertKey("127.0.0.1", nil, nil)
	if err != nil {
		return nil, fmt.Errorf("make the kubelet's certificate: %w", err)
	}
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		return nil, fmt.Errorf("read the kubelet's certificate: %w", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for exec requests: %w", err)
	}
	mux := http.NewServeMux()
	handler := serveExec(run)
	mux.Handle("/exec/{namespace}/{pod}/{container}", handler)
	mux.Handle("/exec/{namespace}/{pod}/{uid}/{container}", handler)
	mux.Handle("/containerLogs/{namespace}/{pod}/{container}", logs)
	return &execServer{
		listener: listener,
		// HTTP/1 only: the connection is taken over for the streams.
		server: &http.Server{
			Handler:           mux,
			TLSConfig:         &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{"http/1.1"}},
			ReadHeaderTimeout: streamTimeout,
		},
	}, nil
}

func (s *execServer) port() int { return s.listener.Addr().(*net.TCPAddr).Port }

func (s *execServer) serve() error {
	if err := s.server.ServeTLS(s.listener, "", ""); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve exec requests: %w", err)
	}
	return nil
}

func serveExec(run ExecFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		options, err := remotecommand.NewOptions(req)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		remotecommand.ServeExec(w, req, executor{run: run, namespace: req.PathValue("namespace")},
			req.PathValue("pod"), req.PathValue("uid"), req.PathValue("container"), req.URL.Query()["command"],
			options, streamTimeout, streamTimeout, remotecommand.SupportedStreamingProtocols)
	}
}

// executor fits an ExecFunc to what the streaming library calls.
type executor struct {
	run       ExecFunc
	namespace string
}

func (e executor) ExecInContainer(ctx context.Context, pod string, _ string, container string, command []string,
	_ io.Reader, stdout, stderr io.WriteCloser, _ bool, _ <-chan remotecommand.TerminalSize, _ time.Duration,
) error {
	if code := e.run(ctx, e.namespace, pod, container, command, orDiscard(stdout), orDiscard(stderr)); code != 0 {
		return exec.CodeExitError{Err: fmt.Errorf("exit status %d", code), Code: code}
	}
	return nil
}

// orDiscard stands in for a stream that the client did not ask for.
func orDiscard(w io.Writer) io.Writer {
	if w == nil {
		return io.Discard
	}
	return w
}
