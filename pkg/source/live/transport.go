package live

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"
)

// genuine is a transport that lets pass what an API server may have said, and
// nothing else. What stands in front of one (a login page, a load balancer, a
// captive portal) may answer 200 with a page of its own, or with JSON that lacks
// all that makes an object, which decoders take for an empty list: from that,
// wrong verdicts would follow. Likewise its 404 does not say that an object is
// absent.
type genuine struct{ next http.RoundTripper }

func (g *genuine) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := g.next.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	limitWait(request.Context(), response)
	if response.StatusCode != http.StatusOK && response.StatusCode != http.StatusNotFound {
		return response, nil // a redirect, or an error whatever it says
	}
	if foreign := foreign(response); foreign != nil {
		response.Body.Close()
		return nil, foreign
	}
	return response, nil
}

// WrappedRoundTripper lets client-go look through, as its own wrappers do.
func (g *genuine) WrappedRoundTripper() http.RoundTripper { return g.next }

// foreignError is an answer of something that is no API server.
type foreignError struct{ what string }

func (e *foreignError) Error() string {
	return "what answers is no Kubernetes API server, it says " + e.what
}

// headSize is how far an answer is looked into: API servers begin with the kind
// or the version of what they say.
const headSize = 512

func foreign(response *http.Response) error {
	kind, _, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	switch {
	case err != nil:
		return &foreignError{fmt.Sprintf("%d without a content type", response.StatusCode)}
	case kind == "text/plain" && response.StatusCode == http.StatusNotFound:
		return nil // for a path that is not served
	case kind != "application/json":
		if kind == "text/html" || kind == "text/plain" {
			return &foreignError{fmt.Sprintf("%d with %s", response.StatusCode, kind)}
		}
		return nil // an encoding that decoders know, or complain about
	case response.Header.Get("Content-Encoding") != "":
		return nil // the reader unpacks it
	}
	body := bufio.NewReaderSize(response.Body, headSize)
	head, _ := body.Peek(headSize) // the reader meets the error, too
	response.Body = struct {
		io.Reader
		io.Closer
	}{body, response.Body}
	if !bytes.Contains(head, []byte(`"apiVersion"`)) && !bytes.Contains(head, []byte(`"kind"`)) {
		return &foreignError{fmt.Sprintf("%d with JSON that is no Kubernetes object", response.StatusCode)}
	}
	return nil
}

// waitWithoutTimeout is how long the server may have us wait where no
// --request-timeout says it.
const waitWithoutTimeout = time.Minute

// patience is how many seconds a server may still have us wait, in all, before
// it answers one need.
type patience struct{ seconds atomic.Int64 }

type patienceKey struct{}

// withPatience lets requests of ctx wait as the server asks (Retry-After), for
// no longer than timeout in all: client-go alone obeys ten times in a row,
// whatever the time.
func withPatience(ctx context.Context, timeout time.Duration) context.Context {
	if timeout <= 0 {
		timeout = waitWithoutTimeout
	}
	p := &patience{}
	p.seconds.Store(int64(timeout / time.Second))
	return context.WithValue(ctx, patienceKey{}, p)
}

// limitWait takes the request to wait out of an answer where there is no
// patience left for it; client-go then returns the answer as it is.
func limitWait(ctx context.Context, response *http.Response) {
	text := response.Header.Get("Retry-After")
	p, ok := ctx.Value(patienceKey{}).(*patience)
	if text == "" || !ok {
		return
	}
	// A try costs something, even where the server asks for no wait at all.
	seconds, err := strconv.Atoi(text)
	if err == nil && p.seconds.Add(-int64(max(seconds, 1))) < 0 {
		response.Header.Del("Retry-After")
	}
}
