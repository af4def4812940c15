package scale

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"
)

// plain is a client that asks what it is told to and throws the answers away, as
// `curl -o /dev/null` does: what the server and the way to it cost.
type plain struct {
	server string // https://HOST:PORT
	token  string
	ca     []byte
	// gzip asks for compressed answers.
	gzip bool
}

// accept is protobuf; what has none comes as JSON.
const accept = "application/vnd.kubernetes.protobuf,application/json"

// get asks for all URIs, so many at a time, on a connection of its own, and
// returns how long that took.
func (p *plain) get(ctx context.Context, atOnce int, uris ...string) (time.Duration, error) {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(p.ca)
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true, DisableCompression: true,
	}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	began := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for _, uri := range uris {
		group.Go(func() error { return p.discard(ctx, client, uri) })
	}
	err := group.Wait()
	return time.Since(began), err
}

func (p *plain) discard(ctx context.Context, client *http.Client, uri string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.server+uri, nil)
	if err != nil {
		return fmt.Errorf("GET %s: %w", uri, err)
	}
	request.Header.Set("Accept", accept)
	request.Header.Set("Authorization", "Bearer "+p.token)
	if p.gzip {
		request.Header.Set("Accept-Encoding", "gzip")
	}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("GET %s: %w", uri, err)
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return fmt.Errorf("GET %s: %w", uri, err)
	}
	// That an object is not there is an answer, too.
	if response.StatusCode != http.StatusOK && response.StatusCode != http.StatusNotFound {
		return fmt.Errorf("GET %s: %s", uri, response.Status)
	}
	return nil
}
