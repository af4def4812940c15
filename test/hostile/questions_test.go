package hostile

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-netguard/netguard/pkg/cmd"
)

// questions are what users ask, one for each way through the code; in JSON, which is compared whole, and some as text.
func questions() []string {
	return []string{
		"can-reach deploy/frontend svc/bankapp-service -n bank -o json",
		"can-reach deploy/frontend deploy/other:8080 -n bank -o json",
		"can-reach deploy/frontend deploy/other:8080 -n bank",
		"explain deploy/frontend svc/bankapp-service -n bank -o json",
		"explain deploy/frontend svc/bankapp-service -n bank",
		"explain ns/infra shop/svc/web -o json",
		"explain internet ingress/bankapp -n bank -o json",
		"can-reach internet ingress/odd -n shop -o json",
		"explain app=frontend 10.96.0.1:443 -n bank -o json",
		"who-can-reach svc/bankapp-service -n bank -o json",
		"who-can-reach svc/bankapp-service -n bank",
		"who-can-reach ingress/bankapp -n bank -o json",
		"who-can-reach ingress/bankapp -n bank",
		"who-can-reach gateway/edge -n infra -o json",
		"who-can-reach httproute/web -n shop -o json",
		"who-can-reach ns/shop -o json",
		"reachable-from deploy/frontend -n bank -o json",
		"map -n shop -o json",
		"map -A -o json",
		"map -A",
		"map -A -o name",
		"scaffold ingress/bankapp -n bank --allow-from deploy/frontend",
		"scaffold svc/web -n shop -o json",
		"diff --delete bank/netpol/bankapp-restrict-access -o json",
		"diff --delete bank/netpol/bankapp-restrict-access",
		"version --cluster -o json",
	}
}

// mainQuestions are those of questions that read all kinds of things. They are asked with every fault.
func mainQuestions() []string {
	return []string{
		"can-reach deploy/frontend svc/bankapp-service -n bank -o json",
		"explain ns/infra shop/svc/web -o json",
		"can-reach internet ingress/odd -n shop -o json",
		"who-can-reach ingress/bankapp -n bank -o json",
		"who-can-reach httproute/web -n shop -o json",
		"map -A -o json",
		"scaffold svc/web -n shop -o json",
	}
}

// result is what a command left behind.
type result struct {
	status         int
	stdout, stderr string
}

// run runs a command as the plugin does, in this process: there are too many of them to start one for each.
func run(t *testing.T, p *proxy, patience time.Duration, line string) result {
	t.Helper()
	// What is not over after this long hangs.
	ctx, cancel := context.WithTimeout(t.Context(), 20*patience+time.Minute)
	defer cancel()
	var stdout, stderr bytes.Buffer
	args := append(strings.Fields(line), "--kubeconfig="+p.kubeconfig, "--request-timeout="+patience.String())
	status := cmd.Main(ctx, args,
		genericiooptions.IOStreams{In: strings.NewReader(""), Out: &stdout, ErrOut: &stderr},
		cmd.Environment{Getenv: func(string) string { return "" }})
	if ctx.Err() != nil && t.Context().Err() == nil {
		t.Errorf("%s: it hangs", line)
	}
	return result{status, stdout.String(), stderr.String()}
}
