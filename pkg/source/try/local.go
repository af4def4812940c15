package try

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

// Local tries from this machine, which stands for whoever is outside of the cluster. It makes nothing.
func Local(ctx context.Context, attempts []Attempt, o Options) map[int]Result {
	out := map[int]Result{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	slots := make(chan struct{}, max(1, o.Parallel))
	for _, a := range attempts {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			r := local(ctx, a, o.Timeout)
			mu.Lock()
			defer mu.Unlock()
			out[a.ID] = r
		})
	}
	wg.Wait()
	return out
}

func local(ctx context.Context, a Attempt, timeout time.Duration) Result {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	dialer := &net.Dialer{}
	switch {
	case a.URL != "":
		client := &http.Client{
			Transport: &http.Transport{
				DisableKeepAlives: true,
				DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
					return dialer.DialContext(ctx, network, a.Address())
				},
				// Whether the path works is asked, not whether the certificate is good.
				TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // as above
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, a.URL, nil)
		if err != nil {
			return Result{report.TryFailed, err.Error()}
		}
		answer, err := client.Do(request)
		if err != nil {
			return why(err)
		}
		_ = answer.Body.Close()
		return Result{report.TryOpen, "HTTP " + strconv.Itoa(answer.StatusCode)}
	case a.Protocol == "TCP":
		c, err := dialer.DialContext(ctx, "tcp", a.Address())
		if err != nil {
			return why(err)
		}
		_ = c.Close()
		return Result{Outcome: report.TryOpen}
	case a.Protocol == "UDP":
		c, err := dialer.DialContext(ctx, "udp", a.Address())
		if err != nil {
			return why(err)
		}
		defer c.Close() //nolint:errcheck // a socket that was read
		if end, ok := ctx.Deadline(); ok {
			_ = c.SetDeadline(end)
		}
		if _, err = c.Write([]byte("hostname\n")); err == nil {
			_, err = c.Read(make([]byte, 1500))
		}
		if err != nil {
			return why(err)
		}
		return Result{Outcome: report.TryOpen}
	default:
		return Result{report.TryUntestable, a.Protocol + " cannot be tried from this machine"}
	}
}

func why(err error) Result {
	var dns *net.DNSError
	var timeout net.Error
	switch {
	case errors.As(err, &dns):
		return Result{report.TryDNS, err.Error()}
	case errors.Is(err, syscall.ECONNREFUSED):
		return Result{report.TryRefused, err.Error()}
	case errors.Is(err, syscall.ECONNRESET):
		return Result{report.TryReset, err.Error()}
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return Result{report.TryTimeout, err.Error()}
	default:
		return Result{report.TryFailed, err.Error()}
	}
}
