package frontdoor

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/test/controlplane"
	"github.com/kubectl-netguard/netguard/test/stage"
)

// nobody may do nothing that not everybody may.
const nobody = "nobody"

// cluster is what the tests share.
var cluster *stage.Stage

func TestMain(m *testing.M) {
	os.Exit(stage.Main(m, stage.Options{Tokens: []controlplane.Token{{User: nobody, Token: "nobody-token"}}, Nodes: true}, furnish))
}

// furnish applies the example and the doors, waits for their pods, and writes the status of each Ingress as its controller
// would: the address of its load balancer, or those of the nodes.
func furnish(ctx context.Context, s *stage.Stage) error {
	cluster = s
	for _, args := range [][]string{
		{"apply", "-f", "../../examples/bankapp", "-f", "testdata/shop.yaml", "-f", "testdata/host.yaml", "-f", "testdata/traefik.yaml"},
		{"wait", "--for=condition=Available", "deployments", "--all", "-A", "--timeout=120s"},
		{"rollout", "status", "-n", "host-ingress", "daemonset/controller", "--timeout=120s"},
		{"wait", "--for=condition=Ready", "pods", "--all", "-A", "--timeout=120s"},
	} {
		if _, err := cluster.Admin.Must(ctx, args...); err != nil {
			return err
		}
	}
	for ingress, service := range map[string]string{"bank/bankapp": "ingress-nginx/ingress-nginx-controller", "shop/traefik": "traefik/traefik"} {
		address, err := balancer(ctx, service)
		if err != nil {
			return err
		}
		if err := publish(ctx, "ingress", ingress, `{"status":{"loadBalancer":{"ingress":[{"ip":"`+address+`"}]}}}`); err != nil {
			return err
		}
	}
	nodes, err := cluster.Admin.Must(ctx, "get", "nodes", "-o", `jsonpath={range .items[*]}{.status.addresses[?(@.type=="InternalIP")].address}{"\n"}{end}`)
	if err != nil {
		return err
	}
	var list []string
	for _, line := range strings.Split(strings.TrimSpace(nodes), "\n") {
		list = append(list, `{"ip":"`+strings.Fields(line)[0]+`"}`)
	}
	return publish(ctx, "ingress", "shop/host", `{"status":{"loadBalancer":{"ingress":[`+strings.Join(list, ",")+`]}}}`)
}

// balancer is the address of a load balancer, as soon as it has one.
func balancer(ctx context.Context, service string) (string, error) {
	ns, name, _ := strings.Cut(service, "/")
	const path = "{.status.loadBalancer.ingress[0].ip}"
	if _, err := cluster.Admin.Must(ctx, "wait", "-n", ns, "svc/"+name, "--for=jsonpath="+path, "--timeout=60s"); err != nil {
		return "", err
	}
	return cluster.Admin.Must(ctx, "get", "-n", ns, "svc", name, "-o", "jsonpath="+path)
}

// publish writes an object's status, as controllers do.
func publish(ctx context.Context, kind, object, patch string) error {
	ns, name, _ := strings.Cut(object, "/")
	_, err := cluster.Admin.Must(ctx, "patch", kind, name, "-n", ns, "--subresource=status", "--type=merge", "-p", patch)
	return err
}

// Exit statuses, as every --help promises.
const (
	yes       = 0
	no        = 1
	failed    = 2
	undecided = 3
)

// The parts of the JSON reports that the tests look at.
type (
	object struct{ Kind, Namespace, Name string }
	end    struct {
		Kind, Namespace, Name string
		Addresses             []string
	}
	members struct {
		End          end
		Names, Nodes []string
		Count, Total int
	}
	answer struct {
		Verdict, Reason string
		Source, Target  members
		Through         *members
	}
	fix struct {
		Verdict string
		Patches []struct {
			Policy object
			Patch  string
		}
	}
	backend struct {
		Routes []struct {
			Host string
			TLS  bool
		}
		Service                     object
		Verdict, Reason, ClientSees string
		Partly                      bool
		Answers                     []answer
		Fix                         *fix
		Meant                       []struct{ End end }
		Inside                      []struct {
			Verdict string
			Ends    []members
		}
		Around []struct{ Kind, Verdict string }
	}
	door struct {
		Object           object
		Verdict, Problem string
		Partly           bool
		DataPlane        []members
		Entry            *object
		Evidence         []struct {
			Step  string
			Found bool
		}
		Outside  []answer
		Backends []backend
	}
	frontDoor struct {
		Kind  string
		Doors []door
		Gaps  []struct{ Needs string }
	}
	explanation struct {
		Verdict string
		Partly  bool
		Answers []answer
		Fix     *fix
	}
	netmap struct {
		Edges []struct {
			From, To end
			Verdict  string
		}
		Gaps []struct{ Needs string }
	}
)

// run types `kubectl netguard …` and expects an exit status.
func run(t *testing.T, k *controlplane.Kubectl, status int, args string) controlplane.Result {
	t.Helper()
	r, err := k.Run(t.Context(), append([]string{"netguard"}, strings.Fields(args)...)...)
	if err != nil {
		t.Fatal(err)
	}
	if r.ExitCode != status {
		t.Errorf("kubectl netguard %s: exit status %d, want %d\nstdout:\n%s\nstderr:\n%s", args, r.ExitCode, status, r.Stdout, r.Stderr)
	}
	return r
}

// ask is run with -o json, decoded.
func ask[T any](t *testing.T, k *controlplane.Kubectl, status int, args string) T {
	t.Helper()
	r := run(t, k, status, args+" -o json")
	var out T
	if err := json.Unmarshal([]byte(r.Stdout), &out); err != nil {
		t.Fatalf("kubectl netguard %s: %v\n%s%s", args, err, r.Stdout, r.Stderr)
	}
	return out
}

// must runs kubectl as admin.
func must(t *testing.T, args ...string) string {
	t.Helper()
	out, err := cluster.Admin.Must(t.Context(), args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// foundBy is the last step that found a door's data plane.
func (d door) foundBy() string {
	for i := len(d.Evidence) - 1; i >= 0; i-- {
		if d.Evidence[i].Found {
			return d.Evidence[i].Step
		}
	}
	return ""
}
