package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/kubectl-netguard/netguard/pkg/anonymous"
	"github.com/kubectl-netguard/netguard/pkg/kinds"
	"github.com/kubectl-netguard/netguard/pkg/plan"
	"github.com/kubectl-netguard/netguard/pkg/printer"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
	"github.com/kubectl-netguard/netguard/pkg/source"
	"github.com/kubectl-netguard/netguard/pkg/source/manifest"
	"github.com/kubectl-netguard/netguard/pkg/source/record"
)

const snapshotExit = `

Exit status:
  0  the state is recorded, whatever the question's answer is
  2  error: usage, API or file failure`

// snapshotOptions record what a question reads.
type snapshotOptions struct {
	*globals
	file          string
	anonymize     bool
	allNamespaces bool
}

func newSnapshot(g *globals) *cobra.Command {
	o := &snapshotOptions{globals: g}
	c := &cobra.Command{
		Use:   "snapshot [QUESTION]",
		Short: "Record what a question reads, to be asked again with -f and no cluster",
		Long: templates.LongDesc(`
			Record the objects that a question reads, with the fields that netguard looks at and no others: no
			environment, no volumes, no Secrets, of ConfigMaps the switches of Cilium alone. Asked again with -f, the
			question has the same answer, byte for byte: what could not be read, or was not asked for, stays unknown.
			It is what to attach to a bug report.

			QUESTION is another command with its arguments, as it would be typed. Recording takes no more
			permissions than the question. Without one, everything that any question may need is read, as far as
			it is permitted.

			--anonymize replaces the names of namespaces, objects and nodes, the values of labels, host names, paths
			and messages, each by the same new one wherever it stands, so that the verdicts stay. It keeps: IP
			addresses and CIDRs, ports and their names, keys of labels, classes of Ingresses and Gateways with their
			controllers, names of listeners, what Kubernetes itself names (default, kube-system), and the labels,
			DaemonSets, images and arguments by which controllers and network plugins are recognised.`) + snapshotExit,
		Example: templates.Examples(`
			# Attach this to a bug report
			kubectl netguard snapshot explain deploy/frontend svc/bankapp-service -n bank -o bug.yaml

			# What the answer is, elsewhere and later
			kubectl netguard explain deploy/frontend svc/bankapp-service -n bank -f bug.yaml

			# The same for strangers
			kubectl netguard snapshot explain deploy/frontend svc/bankapp-service -n bank --anonymize -o bug.yaml

			# Everything, to ask about tomorrow, and to compare with
			kubectl netguard snapshot -o today.yaml`),
		Args: o.noQuestion,
		RunE: func(c *cobra.Command, _ []string) error { return o.whole(c) },
	}
	c.PersistentFlags().StringVarP(&o.file, "output", "o", "", "Write to this file instead of standard output")
	cobra.CheckErr(c.MarkPersistentFlagFilename("output", "yaml", "yml"))
	c.PersistentFlags().BoolVar(&o.anonymize, "anonymize", false, "Replace names, values of labels and host names; see above for what stays")
	c.Flags().BoolVarP(&o.allNamespaces, "all-namespaces", "A", false, "Note the question about all namespaces, instead of that of -n, in the file")
	c.AddCommand(
		o.question(newExplain(g)), o.question(newCanReach(g)), o.question(newWhoCanReach(g)), o.question(newReachableFrom(g)),
		o.question(newMap(g)), o.question(newScaffold(g)),
	)
	return c
}

// noQuestion refuses words that are no question.
func (o *snapshotOptions) noQuestion(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var known []string
	for _, q := range c.Commands() {
		known = append(known, q.Name())
	}
	return usageError(c, fmt.Errorf("%q is no question to record; those are %s", args[0], strings.Join(known, ", ")))
}

// questionFlags are those that belong to a question. The others say how its
// answer is shown, which is not what is recorded.
func questionFlags() []string {
	return []string{
		"source-namespace", "controller", "all-namespaces", "selector", "allow-from", "allow-to", "keep-current", "egress", "namespace-defaults",
	}
}

// question is the command that records what q reads.
func (o *snapshotOptions) question(q *cobra.Command) *cobra.Command {
	c := &cobra.Command{
		Use:   q.Use,
		Short: "Record what '" + q.Name() + "' reads",
		Long: templates.LongDesc(`
			Record what 'kubectl netguard `+q.Name()+`' reads for the same arguments; see 'kubectl netguard snapshot --help'.`) + snapshotExit,
		Args:              q.Args,
		ValidArgsFunction: q.ValidArgsFunction,
		RunE:              func(c *cobra.Command, args []string) error { return o.record(c, q, args) },
	}
	// The flags are q's own, so that what is parsed here is what q is asked.
	q.Flags().VisitAll(func(f *pflag.Flag) {
		if slices.Contains(questionFlags(), f.Name) {
			c.Flags().AddFlag(f)
		}
	})
	if q.Name() == "who-can-reach" {
		c.Flags().BoolVar(&o.allPods, "all-pods", false, "Record every pod, as -o wide, json and yaml name them, and not only what a table takes")
	}
	return c
}

// record asks the question, and writes what it read for it.
func (o *snapshotOptions) record(c, q *cobra.Command, args []string) error {
	if err := o.complete(); err != nil {
		return err
	}
	home, err := o.namespace()
	if err != nil {
		return err
	}
	answer, taken, err := o.answer(c, q, args)
	if taken == nil {
		return err
	}
	words := append([]string{q.Name()}, args...)
	words = append(words, changed(c.Flags())...)
	if q.Name() == "map" && o.offline() && *o.config.Namespace == "" && !slices.Contains(words, "-A") {
		words = append(words, "-A") // which is what manifests without -n mean
	}
	if o.strict {
		words = append(words, "--strict")
	}
	return o.write(taken, append(words, "-n", home), answer)
}

// answer asks the question as if nothing were recorded. It returns the error that
// is its answer, if it is one, and what was read; the error that is returned is
// for a question that was not even read for.
func (o *snapshotOptions) answer(c, q *cobra.Command, args []string) (answer error, taken *snapshot.Snapshot, err error) {
	streams := o.IOStreams
	defer func() { o.IOStreams, o.taken = streams, nil }()
	o.Out, o.ErrOut = &bytes.Buffer{}, &bytes.Buffer{}
	o.taken = func(s *snapshot.Snapshot) { taken = s }
	answer = q.RunE(c, args)
	if taken == nil {
		if answer == nil {
			answer = errors.New("internal error: the question read nothing")
		}
		return nil, nil, answer
	}
	return answer, taken, nil
}

// changed are the flags that were given, as they are typed.
func changed(flags *pflag.FlagSet) []string {
	var out []string
	flags.Visit(func(f *pflag.Flag) {
		switch {
		case !slices.Contains(questionFlags(), f.Name):
		case f.Value.Type() == "bool" && f.Value.String() == "true":
			if f.Name == "all-namespaces" {
				out = append(out, "-A")
			} else {
				out = append(out, "--"+f.Name)
			}
		default:
			values := []string{f.Value.String()}
			if list, ok := f.Value.(pflag.SliceValue); ok {
				values = list.GetSlice()
			}
			for _, v := range values {
				out = append(out, "--"+f.Name+"="+v)
			}
		}
	})
	return out
}

// complete checks -o, which is a format everywhere else.
func (o *snapshotOptions) complete() error {
	for _, k := range []printer.Kind{printer.KindMap, printer.KindDiff} {
		if slices.Contains(printer.Formats(k), o.file) {
			return fmt.Errorf("-o is the file to write to, not a format; for a file that is called %s: -o ./%s", o.file, o.file)
		}
	}
	return nil
}

// whole records everything.
func (o *snapshotOptions) whole(c *cobra.Command) error {
	if err := o.complete(); err != nil {
		return err
	}
	home, err := o.namespace()
	if err != nil {
		return err
	}
	s, err := o.source(home)
	if err != nil {
		return err
	}
	taken, err := s.Load(c.Context(), everything(home))
	if err != nil {
		return err
	}
	words := []string{"map", "-n", home}
	if o.allNamespaces {
		words = []string{"map", "-A", "-n", home}
	}
	return o.write(taken, words, nil)
}

// everything plans what any question may need: what the connections depend on,
// and the workloads by which ends are named, which may lie in between. Where all
// namespaces may not be read, home is.
func everything(home string) source.Planner {
	q := plan.Question{Home: home, Services: true}
	var needs []snapshot.Need
	for _, k := range kinds.Read() {
		if k.Owner || k.Optional || k.Resource == snapshot.Nodes {
			needs = append(needs, snapshot.Need{Resource: k.Resource})
		}
	}
	asked := map[snapshot.Need]bool{}
	return func(s *snapshot.Snapshot) []snapshot.Need {
		if next := plan.Next(q, s); len(next) > 0 {
			return next
		}
		var out []snapshot.Need
		for _, n := range needs {
			if n.ClusterScoped() || !asked[n] {
				if !s.Tried(n) && !asked[n] {
					out = append(out, n)
				}
				continue
			}
			if own := (snapshot.Need{Resource: n.Resource, Namespace: home}); !s.Has(own) && !asked[own] {
				out = append(out, own)
			}
		}
		for _, n := range out {
			asked[n] = true
		}
		return out
	}
}

// write writes a recorded state to the file, or to standard output.
func (o *snapshotOptions) write(s *snapshot.Snapshot, words []string, answer error) error {
	if o.anonymize {
		names := anonymous.Of(s)
		s = names.Snapshot(s)
		words, answer = renamed(names, words), anonymousAnswer(answer)
	}
	r, err := record.Of(s)
	if err != nil {
		return err
	}
	r.Client, r.Namespace, r.Anonymous = version(), words[len(words)-1], o.anonymize
	file := o.file
	if file == "" || file == "-" {
		file = "FILE"
	}
	again := commandLine(append(words, "-f", file))
	note := []string{
		"Recorded by kubectl netguard " + r.Client + ". The same answer again, without the cluster:",
		"  " + again,
		"Not for kubectl apply: the objects hold no more than netguard reads of them.",
	}
	var out bytes.Buffer
	if err := printer.Snapshot(&out, r, note); err != nil {
		return err
	}
	if err := o.put(out.Bytes()); err != nil {
		return err
	}
	o.told(r, again, out.Len(), answer)
	return nil
}

func (o *snapshotOptions) put(text []byte) error {
	if o.file == "" || o.file == "-" {
		_, err := o.Out.Write(text)
		return err
	}
	// What a cluster is made of is not everybody's to read.
	if err := os.WriteFile(o.file, text, 0o600); err != nil {
		var path *os.PathError
		if errors.As(err, &path) {
			err = path.Err
		}
		return fmt.Errorf("cannot write %s: %w", o.file, err)
	}
	return nil
}

// told says on standard error what became of the recording.
func (o *snapshotOptions) told(r *report.Snapshot, again string, size int, answer error) {
	var status statusError
	if answer != nil && !errors.As(answer, &status) {
		fmt.Fprintf(o.ErrOut, "note: the question itself ends with an error, and will again: %s\n", oneLine(answer.Error())) //nolint:errcheck // as note
	}
	if o.file != "" && o.file != "-" {
		fmt.Fprintf(o.ErrOut, "%s holds %d objects in %d kB; the same answer again:\n  %s\n", o.file, len(r.Objects), (size+999)/1000, again) //nolint:errcheck // as note
	}
	if size > manifest.MaxFile {
		fmt.Fprintf(o.ErrOut, "note: -f reads files up to %d MB; record a question about less\n", manifest.MaxFile>>20) //nolint:errcheck // as note
	}
}

// renamed is a question with the new names. Its last word is the namespace.
func renamed(names *anonymous.Names, words []string) []string {
	home := words[len(words)-1]
	of := func(text string) string {
		if r, err := reference.Parse(text, home); err == nil {
			return names.Reference(r).String()
		}
		return text
	}
	out := slices.Clone(words)
	for i, w := range words {
		flag, value, isFlag := strings.Cut(w, "=")
		switch isFlag = isFlag && strings.HasPrefix(w, "--"); {
		case i == 0 || strings.HasPrefix(w, "-") && !isFlag:
		case i == len(words)-1:
			out[i] = names.Namespace(w)
		case !isFlag:
			out[i] = of(w)
		case flag == "--source-namespace":
			out[i] = flag + "=" + names.Namespace(value)
		case flag == "--selector":
			out[i] = flag + "=" + names.Selector(value)
		case flag != "--keep-current" || value != keepList && value != keepAll:
			out[i] = flag + "=" + of(value)
		}
	}
	return out
}

// anonymousAnswer is an error that tells no names.
func anonymousAnswer(answer error) error {
	var status statusError
	if answer == nil || errors.As(answer, &status) {
		return answer
	}
	return errors.New("the names in it are not told")
}

// commandLine is a command as a shell takes it.
func commandLine(words []string) string {
	out := []string{displayName}
	for _, w := range words {
		if w == "" || strings.ContainsFunc(w, func(r rune) bool {
			return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:,=@+", r)
		}) {
			w = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
		out = append(out, w)
	}
	return strings.Join(out, " ")
}
