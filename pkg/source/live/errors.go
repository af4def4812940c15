package live

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubectl-netguard/netguard/pkg/snapshot"
	"github.com/kubectl-netguard/netguard/pkg/source"
)

// judge sorts a failed request: into a gap, which leaves other questions
// answerable, or into an error that ends everything.
func (l *Source) judge(ctx context.Context, need snapshot.Need, err error) (snapshot.Gap, error) {
	gap := snapshot.Gap{Need: need, Reason: snapshot.GapFailed, Message: source.OneLine(innermost(err).Error())}
	var status apierrors.APIStatus
	switch {
	case ctx.Err() != nil || apierrors.IsUnauthorized(err):
		return gap, l.fatal(ctx, err)
	case apierrors.IsForbidden(err):
		gap.Reason = snapshot.GapForbidden
		return gap, nil
	case errors.As(err, &status):
		return gap, nil
	case isForeign(err):
		// Whether there is an API server behind it, the other answers tell.
		l.foreign.Store(&err)
		return gap, nil
	case !l.answered.Load(), errors.Is(err, syscall.ECONNREFUSED), isTLS(err), isDNS(err):
		return gap, l.fatal(ctx, err)
	}
	if isTimeout(err) {
		gap.Message = "the API server took too long to answer (--request-timeout)"
	}
	return gap, nil
}

// fatal is the one line for a failure that leaves nothing to answer from.
func (l *Source) fatal(ctx context.Context, err error) error {
	server := source.OneLine(l.clients.Server)
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("gave up reading from %s: the time given for it is over", server)
	case ctx.Err() != nil:
		return fmt.Errorf("interrupted while reading from %s: %w", server, ctx.Err())
	case apierrors.IsUnauthorized(err):
		return fmt.Errorf("the API server at %s rejected the credentials (401 Unauthorized): log in again", server)
	case l.unconfigured && errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("no cluster is configured, and none answers at %s: %s", server, configure())
	case isCredentials(err):
		return fmt.Errorf("cannot log in to the API server at %s: %s", server, source.OneLine(innermost(err).Error()))
	case isTLS(err):
		return fmt.Errorf("cannot reach the API server at %s: %s; check the certificate-authority of the cluster in the kubeconfig", server, cause(err))
	}
	return fmt.Errorf("cannot reach the API server at %s: %s; check --context and that the cluster is up", server, cause(err))
}

// cause is the root of a network error in a few words.
func cause(err error) string {
	var dns *net.DNSError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.As(err, &dns) && dns.IsNotFound:
		return fmt.Sprintf("no such host %q", dns.Name)
	case isTimeout(err):
		return "no answer in time"
	}
	return source.OneLine(innermost(err).Error())
}

// innermost drops the request that net/http repeats in front of its errors, and
// the addresses that net does: they differ each time, and say nothing.
func innermost(err error) error {
	var (
		request   *url.Error
		operation *net.OpError
	)
	switch {
	case errors.As(err, &operation):
		return operation.Err
	case errors.As(err, &request):
		return request.Err
	}
	return err
}

func isForeign(err error) bool {
	var foreign *foreignError
	return errors.As(err, &foreign)
}

func isTimeout(err error) bool {
	var network net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &network) && network.Timeout()
}

func isDNS(err error) bool {
	var dns *net.DNSError
	return errors.As(err, &dns)
}

func isTLS(err error) bool {
	var (
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
		verify    *tls.CertificateVerificationError
		record    tls.RecordHeaderError
		alert     tls.AlertError
	)
	return errors.As(err, &authority) || errors.As(err, &host) || errors.As(err, &invalid) ||
		errors.As(err, &verify) || errors.As(err, &record) || errors.As(err, &alert) ||
		strings.Contains(err.Error(), "server gave HTTP response to HTTPS client")
}

// isCredentials: client-go's exec plugins and token sources have no error type.
func isCredentials(err error) bool {
	text := err.Error()
	return strings.Contains(text, "getting credentials:") || strings.Contains(text, "failed to refresh token")
}

// configure says how to get at a cluster. KUBECONFIG may be set and lead nowhere.
func configure() string {
	const how = "set KUBECONFIG or --kubeconfig, or read manifests with -f"
	files := filepath.SplitList(os.Getenv(clientcmd.RecommendedConfigPathEnvVar))
	there := func(file string) bool { _, err := os.Stat(file); return err == nil }
	if len(files) == 0 || slices.ContainsFunc(files, there) {
		return how
	}
	return fmt.Sprintf("KUBECONFIG names %s, which cannot be read; %s", source.OneLine(strings.Join(files, ", ")), how)
}

// configError is a kubeconfig that names no server to talk to.
func configError(err error) error {
	if clientcmd.IsEmptyConfig(err) {
		return errors.New("no cluster is configured: " + configure())
	}
	text := source.OneLine(err.Error())
	// IsContextNotFound does not know the error of an override, --context.
	if clientcmd.IsContextNotFound(err) || strings.HasPrefix(text, "context ") && strings.HasSuffix(text, " does not exist") {
		return fmt.Errorf("%s; kubectl config get-contexts lists those there are", text)
	}
	return fmt.Errorf("cannot use the kubeconfig: %s", text)
}
