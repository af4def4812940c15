package conformance

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-netguard/netguard/test/controlplane"
)

// execRequests asks the API server how many commands it was asked to run in pods. The suite takes a probe that got lost
// on its way for one that the network blocked, so they must be as many as the data plane answered.
func execRequests(ctx context.Context, cp *controlplane.ControlPlane) (int, error) {
	client, err := kubernetes.NewForConfig(cp.AdminConfig())
	if err != nil {
		return 0, fmt.Errorf("make admin client: %w", err)
	}
	metrics, err := client.RESTClient().Get().AbsPath("/metrics").DoRaw(ctx)
	if err != nil {
		return 0, fmt.Errorf("read metrics of the API server: %w", err)
	}
	return countExecRequests(metrics)
}

func countExecRequests(metrics []byte) (int, error) {
	total := 0
	lines := bufio.NewScanner(bytes.NewReader(metrics))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		if !strings.HasPrefix(line, "apiserver_request_total{") || !strings.Contains(line, `subresource="exec"`) {
			continue
		}
		n, err := strconv.Atoi(line[strings.LastIndex(line, " ")+1:])
		if err != nil {
			return 0, fmt.Errorf("read metric %q: %w", line, err)
		}
		total += n
	}
	return total, lines.Err()
}

func TestCountExecRequests(t *testing.T) {
	got, err := countExecRequests([]byte(`# TYPE apiserver_request_total counter
apiserver_request_total{code="0",resource="pods",subresource="exec",verb="CONNECT"} 7
apiserver_request_total{code="101",resource="pods",subresource="exec",verb="CONNECT"} 5
apiserver_request_total{code="200",resource="pods",subresource="",verb="LIST"} 9
`))
	if err != nil || got != 12 {
		t.Errorf("got %d, %v; want 12", got, err)
	}
}
