package mcp

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// Runner runs a command line, as the program itself would, and returns its exit status.
type Runner func(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) int

// MaxText bounds the text of an answer: what a model can take in, and no more.
const MaxText = 24_000

// Answer is what a tool says.
type Answer struct {
	Status string `json:"status" jsonschema:"yes, no, undecided or error; a report that is complete is yes"`
	Text   string `json:"text" jsonschema:"the answer, as the command prints it"`
	Notes  string `json:"notes,omitempty" jsonschema:"what could not be read, and other notes"`
	// More says how to ask for what was left out.
	More string `json:"more,omitempty" jsonschema:"how to ask for what was left out, where the answer was too long"`
}

// Form is how an answer is wanted.
type Form struct {
	Namespace string `json:"namespace,omitempty" jsonschema:"namespace of names without one"`
	Format    string `json:"format,omitempty" jsonschema:"text (the default) or json"`
}

// Pair asks about one connection.
type Pair struct {
	Source string `json:"source" jsonschema:"[NAMESPACE/]TYPE/NAME, an address, a CIDR, internet, or labels such as app=web"`
	Target string `json:"target" jsonschema:"[NAMESPACE/]TYPE/NAME[:PORT[/PROTOCOL]], or an address"`
	Form
}

// One asks about one end.
type One struct {
	Target string `json:"target" jsonschema:"[NAMESPACE/]TYPE/NAME[:PORT[/PROTOCOL]]; a Service, workload, pod, Ingress, Gateway or route"`
	Form
}

// Whole asks about a namespace, or everything.
type Whole struct {
	AllNamespaces bool `json:"allNamespaces,omitempty" jsonschema:"ask about all namespaces"`
	Form
}

// Intents are verified.
type Intents struct {
	Intents string `json:"intents" jsonschema:"YAML of kind Intents, netguard.dev/v1alpha1: the text itself, not a file"`
	Form
}

// Proposal asks for a policy.
type Proposal struct {
	Target    string   `json:"target" jsonschema:"what the policy protects: an Ingress, Service, workload or namespace"`
	AllowFrom []string `json:"allowFrom,omitempty" jsonschema:"further clients to let in"`
	Egress    bool     `json:"egress,omitempty" jsonschema:"restrict egress, too"`
	Form
}

// NewServer has the tools. What a tool asks is run by run; global are flags that the server
// itself was started with.
func NewServer(version string, run Runner, global []string) *sdk.Server {
	s := sdk.NewServer(&sdk.Implementation{Name: "kubectl-netguard", Version: version}, &sdk.ServerOptions{
		Instructions: "Who can reach a workload in Kubernetes, and why. Everything is read-only. Verdicts are allowed, denied or unknown; unknown is never to be taken for allowed or denied.",
	})
	t := tools{run: run, global: global}
	add(s, t, "explain", "Explain one connection, hop by hop: what decides it, near misses, and a change that lets it through", func(in Pair) request {
		return request{form: in.Form, args: []string{"explain"}, ends: []string{in.Source, in.Target}}
	})
	add(s, t, "can_reach", "Say yes, no or unknown: can the source reach the target?", func(in Pair) request {
		return request{form: in.Form, args: []string{"can-reach"}, ends: []string{in.Source, in.Target}}
	})
	add(s, t, "who_can_reach", "List every source of a target with its verdict; for an Ingress, Gateway or route, whether it works", func(in One) request {
		return request{form: in.Form, args: []string{"who-can-reach"}, ends: []string{in.Target}, more: "ask with explain about one source, or about one port (svc/x:80)"}
	})
	add(s, t, "map", "List all allowed connections of a namespace", func(in Whole) request {
		return request{form: in.Form, args: whole("map", in), more: "ask for one namespace, or with who_can_reach about one workload"}
	})
	add(s, t, "audit", "Find what is wrong with policies, with a fix where there is one", func(in Whole) request {
		return request{form: in.Form, args: whole("audit", in), more: "ask for one namespace"}
	})
	add(s, t, "verify", "Hold connectivity against intents", func(in Intents) request {
		return request{form: in.Form, args: []string{"verify", "--intents=-"}, stdin: in.Intents, more: "send fewer intents"}
	})
	add(s, t, "scaffold", "Write a policy, checked before it is printed; it is not applied", func(in Proposal) request {
		args := []string{"scaffold"}
		for _, c := range in.AllowFrom {
			args = append(args, "--allow-from="+c)
		}
		if in.Egress {
			args = append(args, "--egress")
		}
		return request{form: Form{Namespace: in.Namespace, Format: "yaml"}, args: args, ends: []string{in.Target}}
	})
	return s
}

func whole(command string, in Whole) []string {
	if in.AllNamespaces {
		return []string{command, "--all-namespaces"}
	}
	return []string{command}
}

// request is a command line before it is run.
type request struct {
	form  Form
	args  []string
	ends  []string
	stdin string
	// more is how to ask for less.
	more string
}

type tools struct {
	run    Runner
	global []string
}

func add[In any](s *sdk.Server, t tools, name, about string, ask func(In) request) {
	no := false
	tool := &sdk.Tool{Name: name, Description: about, Annotations: &sdk.ToolAnnotations{ReadOnlyHint: true, DestructiveHint: &no, IdempotentHint: true}}
	sdk.AddTool(s, tool, func(ctx context.Context, _ *sdk.CallToolRequest, in In) (*sdk.CallToolResult, Answer, error) {
		out, err := t.answer(ctx, ask(in))
		if err != nil {
			return nil, Answer{}, err
		}
		return nil, out, nil
	})
}

func (t tools) answer(ctx context.Context, r request) (Answer, error) {
	args := append(append([]string{}, t.global...), r.args...)
	switch r.form.Format {
	case "", "text":
	case "json", "yaml":
		args = append(args, "--output="+r.form.Format)
	default:
		return Answer{}, fmt.Errorf("format %.20q is neither text nor json", r.form.Format)
	}
	if r.form.Namespace != "" {
		args = append(args, "--namespace="+r.form.Namespace)
	}
	// What stands behind the dashes is an end, whatever it begins with.
	args = append(append(args, "--"), r.ends...)
	var out, errs bytes.Buffer
	status := t.run(ctx, args, strings.NewReader(r.stdin), &out, &errs)
	answer := Answer{Status: statusText(status), Notes: cut(errs.String(), MaxText/8)}
	switch text := out.String(); {
	case len(text) <= MaxText:
		answer.Text = text
	case r.form.Format == "json":
		answer.More = fmt.Sprintf("the report has %d bytes, and %d at most are sent: %s, or leave out format for a summary", len(text), MaxText, cmp.Or(r.more, "ask about less"))
	default:
		answer.Text = cut(text, MaxText)
		answer.More = fmt.Sprintf("the first %d of %d bytes: %s", MaxText, len(text), cmp.Or(r.more, "ask about less"))
	}
	if status == 2 {
		return Answer{}, fmt.Errorf("%s", strings.TrimSpace(answer.Notes))
	}
	return answer, nil
}

func statusText(status int) string {
	switch status {
	case 0:
		return "yes"
	case 1:
		return "no"
	case 3:
		return "undecided"
	default:
		return "error"
	}
}

// cut is the first bytes of a text, whole lines and whole letters.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	text = text[:most]
	if i := strings.LastIndexByte(text, '\n'); i > 0 {
		return text[:i+1]
	}
	for !utf8.ValidString(text) && text != "" {
		text = text[:len(text)-1]
	}
	return text
}
