package cmd

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubectl/pkg/util/templates"
	"k8s.io/kubectl/pkg/util/term"

	"github.com/kubectl-netguard/netguard/pkg/plan"
	"github.com/kubectl-netguard/netguard/pkg/printer"
	"github.com/kubectl-netguard/netguard/pkg/printer/findings"
	"github.com/kubectl-netguard/netguard/pkg/probe"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
	"github.com/kubectl-netguard/netguard/pkg/source/try"
	"github.com/kubectl-netguard/netguard/pkg/verify"
)

const probeExit = `

Exit status:
  0  every try agrees with the prediction
  1  one does not, with proof
  2  error: usage, not found, API or file failure, nothing could be tried
  3  undecided: none disagrees, and of some it does not tell`

// probeOptions try what is predicted.
type probeOptions struct {
	*globals
	out *output

	execIn, likePod string
	image           string
	yes, dryRun     bool
	timeout, start  time.Duration
	parallel, pods  int
	limit           int
	bundle          string
	allOf           string

	home    string
	ends    []reference.Reference
	intents []verify.Intent
	like    *reference.Reference
	around  *reference.Reference
	// trier is made from the kubeconfig, unless a test brings its own. Template and owner are what --from-pod-like makes a
	// pod of.
	trier    *try.Trier
	template *corev1.PodTemplateSpec
	owner    *metav1.OwnerReference
}

func newProbe(g *globals) *cobra.Command {
	o := &probeOptions{globals: g, out: newOutput(findings.ProbeFormats())}
	c := o.answers(&cobra.Command{
		Use:   "probe SOURCE TARGET",
		Short: "Try in the cluster what is predicted, with packets, and compare",
		Long: templates.LongDesc(`
			Predict whether SOURCE can reach TARGET, try it with packets from a pod of SOURCE, and compare.

			It is the only command that changes anything in a cluster: it adds an ephemeral container to a running
			pod (which cannot be removed from the pod again, and ends by itself), or with --exec runs a client that a
			container of the pod has, or with --from-pod-like makes a short-lived pod with the labels of a workload
			and removes it. It says what it will create, and asks; --yes does not ask, --dry-run prints the objects.
			What it takes is in docs/rbac/probe.yaml. SOURCE may be internet: then this machine tries, and nothing is made.

			Each pod also tries a connection that the prediction allows, and a port that nothing serves: without
			them, that something fails proves nothing, and the answer is inconclusive.`) + probeExit,
		Example: templates.Examples(`
			# Is what policies say what happens?
			kubectl netguard probe deploy/frontend svc/bankapp-service -n bank

			# The objects that would be made, and nothing else
			kubectl netguard probe deploy/frontend svc/bankapp-service -n bank --dry-run

			# Without a new container, by curl or nc of the pod's own
			kubectl netguard probe deploy/frontend svc/bankapp-service -n bank --exec frontend --yes

			# From a new pod with the labels of a workload that has none running
			kubectl netguard probe deploy/frontend svc/bankapp-service -n bank --from-pod-like deploy/frontend

			# What is expected, as verify reads it
			kubectl netguard probe -f intents.yaml --yes -o junit`),
	}, question{out: o.out, parse: o.parse, answer: o.answer, once: true})
	f := c.Flags()
	f.StringVar(&o.execIn, "exec", "", "Run a client in this container of the pod, instead of adding one")
	f.StringVar(&o.likePod, "from-pod-like", "", "Make a short-lived pod with the labels of this workload, and try from it")
	f.StringVar(&o.image, "image", try.DefaultImage, "Image of what is created; it needs sh, and agnhost, curl or nc")
	f.BoolVarP(&o.yes, "yes", "y", false, "Create what is needed without asking")
	f.BoolVar(&o.dryRun, "dry-run", false, "Print the objects that would be created, and create nothing")
	f.DurationVar(&o.timeout, "timeout", 3*time.Second, "How long to wait for each connection")
	f.DurationVar(&o.start, "start-timeout", time.Minute, "How long a container may take to start")
	f.IntVar(&o.parallel, "parallel", 8, "How many connections a pod tries at once")
	f.IntVar(&o.pods, "pods", 3, "From how many pods of a source to try, at most")
	f.IntVar(&o.limit, "limit", 50, "How many connections to try in all, at most")
	f.StringVar(&o.bundle, "bundle", "", "Where something disagrees, write what was read and tried to this file, for a bug report")
	f.StringVar(&o.allOf, "all-of", "", "Try the Services of this namespace (ns/NAME) from each of its workloads, instead of SOURCE and TARGET")
	cobra.CheckErr(c.MarkFlagFilename("bundle", "yaml", "yml"))
	for _, flag := range []string{"from-pod-like", "all-of"} {
		cobra.CheckErr(c.RegisterFlagCompletionFunc(flag, func(c *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return o.completeEnd(c, new(string), typed)
		}))
	}
	c.ValidArgsFunction = o.completeEnds(2, new(string))
	c.Args = func(c *cobra.Command, args []string) error {
		if o.allOf != "" || len(o.filenames) > 0 {
			return exactArgs()(c, args)
		}
		return exactArgs("SOURCE", "TARGET")(c, args)
	}
	return c
}

func (o *probeOptions) parse(args []string) error {
	switch {
	case o.kustomize != "":
		return errors.New("probe tries in a cluster; -k reads manifests, of which nothing runs")
	case o.execIn != "" && o.likePod != "":
		return errors.New("--exec and --from-pod-like are two ways of trying: name one")
	case o.timeout < time.Second || o.timeout > time.Minute:
		return errors.New("--timeout is from 1s to 1m")
	case o.parallel < 1 || o.pods < 1 || o.limit < 1:
		return errors.New("--parallel, --pods and --limit are at least 1")
	case o.allOf != "" && len(o.filenames) > 0:
		return errors.New("--all-of and -f both say what to try: name one")
	}
	var err error
	if o.home, o.ends, err = o.references(args...); err != nil {
		return err
	}
	if o.likePod != "" {
		r, err := reference.Parse(o.likePod, o.home)
		switch {
		case err != nil:
			return fmt.Errorf("--from-pod-like: %w", err)
		case !r.Kind.IsWorkload() && r.Kind != reference.Pod:
			return fmt.Errorf("--from-pod-like: %s is neither a workload nor a pod", r)
		}
		o.like = &r
	}
	if o.allOf != "" {
		r, err := reference.Parse(o.allOf, o.home)
		if err != nil || r.Kind != reference.Namespace {
			return fmt.Errorf("--all-of: %q is no namespace: write ns/NAME", o.allOf)
		}
		o.around = &r
	}
	o.intents = nil
	for _, file := range o.filenames {
		text, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("-f: %w", err)
		}
		if !verify.Recognise(text) {
			return fmt.Errorf("-f %s: of files, probe reads intents (netguard.dev/v1alpha1 kind Intents); of manifests nothing runs", file)
		}
		more, err := verify.Read(file, text, o.home)
		if err != nil {
			return errors.New(strings.ReplaceAll(err.Error(), "\n", "; "))
		}
		o.intents = append(o.intents, more...)
	}
	return nil
}

func (o *probeOptions) question() plan.Question {
	switch {
	case o.around != nil:
		return plan.Question{Home: o.around.Name, Services: true}
	case len(o.intents) > 0:
		return verify.Question(o.intents, o.home)
	}
	q := plan.Question{Source: &o.ends[0], Target: &o.ends[1], Home: o.home}
	if o.like != nil {
		q.More = append(q.More, *o.like)
	}
	// The neighbours of both ends, among which the controls are found.
	for _, ns := range []string{o.ends[0].Namespace, o.ends[1].Namespace} {
		if ns != "" {
			q.More = append(q.More, reference.Reference{Form: reference.FormObject, Kind: reference.Namespace, Name: ns})
		}
	}
	return q
}

func (o *probeOptions) answer(ctx context.Context) (*reply, error) {
	files := o.filenames
	o.filenames = nil // intents, not manifests
	defer func() { o.filenames = files }()
	var read *snapshot.Snapshot
	before := o.taken
	o.taken = func(s *snapshot.Snapshot) { read = s }
	m, err := o.load(ctx, o.question())
	o.taken = before
	if err != nil {
		return nil, err
	}
	if err := o.prepare(ctx); err != nil {
		return nil, err
	}
	planner := &probe.Planner{Model: m, Options: query.Options{Strict: o.strict}, Limits: probe.Limits{Pods: o.pods, Targets: o.limit}}
	tries, err := o.tries(planner)
	if err != nil {
		return nil, err
	}
	jobs := o.jobs(tries)
	if o.dryRun {
		return &reply{print: func(w io.Writer, _ printer.Options) error { return o.printObjects(w, jobs) }}, nil
	}
	if err := o.confirm(jobs); err != nil {
		return nil, err
	}
	r := &report.Probe{Header: report.NewHeader("Probe"), Enforcement: *query.Enforcement(m), Tries: tries}
	for _, g := range m.Gaps() {
		r.Gaps = append(r.Gaps, report.Gap{Needs: g.Permission(), Reason: string(g.Reason), Message: g.Message})
	}
	if len(o.ends) == 2 {
		if x, err := query.CanReach(m, o.ends[0], o.ends[1], planner.Options); err == nil {
			r.Source, r.Target = &x.Source, &x.Target
		}
	}
	if err := o.run(ctx, jobs, r); err != nil {
		return nil, err
	}
	probe.Judge(r.Tries, planner.Mesh)
	r.Agreement = probe.Overall(r.Tries)
	if r.Agreement == report.Disagree && o.bundle != "" {
		if err := o.writeBundle(read, r); err != nil {
			return nil, err
		}
	}
	return &reply{
		enforcement: &r.Enforcement, cluster: true, gaps: r.Gaps, status: probed(r.Agreement),
		print: func(w io.Writer, options printer.Options) error { return findings.Probe(w, r, options) },
	}, nil
}

func probed(a report.Agreement) error {
	switch a {
	case report.Disagree:
		return statusError(ExitNo)
	case report.Inconclusive:
		return statusError(ExitUndecided)
	case report.Agree:
	}
	return nil
}

// tries are what is to be tried, numbered.
func (o *probeOptions) tries(p *probe.Planner) ([]report.Try, error) {
	var pairs []verify.Pair
	var err error
	switch {
	case o.around != nil:
		pairs = p.Within(o.around.Name)
	case len(o.intents) > 0:
		pairs, err = verify.Pairs(p.Model, o.intents, p.Options)
	default:
		source := o.ends[0]
		if o.like != nil {
			source = reference.Reference{Form: reference.FormLabels, Namespace: o.like.Namespace, Labels: o.template.Labels}
		}
		pairs = []verify.Pair{{From: source, To: o.ends[1]}}
	}
	if err != nil {
		return nil, err
	}
	var out []report.Try
	seen := map[string]bool{}
	for _, pair := range pairs {
		more, err := p.Plan(pair.From, pair.To)
		if err != nil && len(pairs) == 1 {
			return nil, err
		}
		if err != nil {
			fmt.Fprintf(o.ErrOut, "note: not tried: %s\n", oneLine(err.Error())) //nolint:errcheck // as note
			continue
		}
		for _, t := range more {
			key := fmt.Sprint(t.Role, t.Source, t.Protocol, t.Host, t.Port, t.URL)
			if t.Role != report.RoleTarget {
				key = fmt.Sprint(t.Role, t.Source) // one control of a kind is enough
			}
			if seen[key] {
				continue
			}
			seen[key] = true
			t.Intent = pair.Intent
			out = append(out, t)
		}
	}
	if len(out) == 0 {
		return nil, errors.New("there is nothing to try")
	}
	targets := 0
	kept := out[:0]
	for _, t := range out {
		if t.Role == report.RoleTarget {
			if targets++; targets > o.limit {
				continue
			}
		}
		kept = append(kept, t)
	}
	if targets > o.limit {
		fmt.Fprintf(o.ErrOut, "note: %d connections of %d are tried; more with --limit\n", o.limit, targets) //nolint:errcheck // as note
	}
	for i := range kept {
		kept[i].ID = i + 1
	}
	return kept, nil
}

// confirm says what will be created, and asks on a terminal.
func (o *probeOptions) confirm(jobs []*try.Job) error {
	var lines []string
	for _, j := range jobs {
		switch j.Way {
		case try.Ephemeral:
			lines = append(lines, fmt.Sprintf("add ephemeral container %s (%s) to pod %s/%s; it cannot be removed from the pod, and ends by itself", j.Container, o.image, j.Namespace, j.Pod))
		case try.LikePod:
			lines = append(lines, fmt.Sprintf("create pod %s/%s (%s), and remove it", j.Namespace, j.Pod, o.image))
		case try.Exec:
			lines = append(lines, fmt.Sprintf("run sh in container %s of pod %s/%s", j.Container, j.Namespace, j.Pod))
		}
	}
	switch {
	case len(lines) == 0:
		return nil
	case o.yes:
		fmt.Fprintf(o.ErrOut, "note: this will %s\n", strings.Join(lines, "; ")) //nolint:errcheck // as note
		return nil
	}
	if !(term.TTY{In: o.In}).IsTerminalIn() {
		return fmt.Errorf("this would %s: pass --yes to do it, or --dry-run to see the objects", strings.Join(lines, "; "))
	}
	fmt.Fprintf(o.ErrOut, "This will\n  %s\nGo on? [y/N] ", strings.Join(lines, "\n  ")) //nolint:errcheck // as note
	answer, err := bufio.NewReader(o.In).ReadString('\n')
	if answer = strings.ToLower(strings.TrimSpace(answer)); err != nil && answer == "" || answer != "y" && answer != "yes" {
		return errors.New("nothing was created")
	}
	return nil
}
