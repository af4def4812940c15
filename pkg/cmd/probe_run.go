package cmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"sigs.k8s.io/yaml"

	"github.com/kubectl-netguard/netguard/pkg/printer"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
	"github.com/kubectl-netguard/netguard/pkg/source/record"
	"github.com/kubectl-netguard/netguard/pkg/source/try"
)

// jobsAtOnce bounds from how many pods is tried at once.
const jobsAtOnce = 4

// jobs are the tries by the pod from which they are tried; those of this machine are in none.
func (o *probeOptions) jobs(tries []report.Try) []*try.Job {
	var out []*try.Job
	of := map[report.Object]*try.Job{}
	for i := range tries {
		t := &tries[i]
		if t.Source.Name == "" {
			continue
		}
		j := of[t.Source]
		if j == nil {
			way := try.Ephemeral
			if o.execIn != "" {
				way = try.Exec
			} else if o.like != nil {
				way = try.LikePod
			}
			j = try.NewJob(way, t.Source.Namespace, t.Source.Name)
			if way == try.Exec {
				j.Container = o.execIn
			}
			j.Template, j.Owner = o.template, o.owner
			of[t.Source] = j
			out = append(out, j)
		}
		j.Attempts = append(j.Attempts, attemptOf(t))
	}
	return out
}

func attemptOf(t *report.Try) try.Attempt {
	return try.Attempt{ID: t.ID, Protocol: t.Protocol, Host: t.Host, Port: t.Port, URL: t.URL}
}

// prepare makes the client, and reads the template of --from-pod-like.
func (o *probeOptions) prepare(ctx context.Context) error {
	if err := o.makeTrier(); err != nil || o.like == nil {
		return err
	}
	var err error
	o.template, o.owner, err = o.trier.Like(ctx, *o.like)
	return err
}

func (o *probeOptions) makeTrier() error {
	if o.trier != nil {
		return nil
	}
	config, err := o.config.ToRESTConfig()
	if err != nil {
		return fmt.Errorf("kubeconfig: %w", err)
	}
	o.trier, err = try.New(config, o.tryOptions())
	return err
}

func (o *probeOptions) tryOptions() try.Options {
	return try.Options{Image: o.image, Timeout: o.timeout, Start: o.start, Parallel: o.parallel}
}

// run tries everything, some pods at once, and puts the results where they belong. What failed for one pod stands in its
// tries; only that nothing could be tried at all is an error.
func (o *probeOptions) run(ctx context.Context, jobs []*try.Job, r *report.Probe) error {
	of := map[int]*report.Try{}
	var own []try.Attempt
	for i := range r.Tries {
		t := &r.Tries[i]
		of[t.ID] = t
		if t.Source.Name == "" {
			own = append(own, attemptOf(t))
		}
	}
	put := func(results map[int]try.Result) {
		for id, x := range results {
			of[id].Outcome, of[id].Detail = x.Outcome, oneLine(x.Detail)
		}
	}
	put(try.Local(ctx, own, o.tryOptions()))
	var mu sync.Mutex
	var wg sync.WaitGroup
	var failures []error
	slots := make(chan struct{}, jobsAtOnce)
	created := make([][]report.Created, len(jobs))
	for i, j := range jobs {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			results, made, err := o.trier.Run(ctx, j)
			mu.Lock()
			defer mu.Unlock()
			put(results)
			created[i] = made
			if err == nil {
				return
			}
			failures = append(failures, err)
			for _, a := range j.Attempts {
				if t := of[a.ID]; t.Outcome == report.TryNone && t.Detail == "" {
					t.Detail = oneLine(err.Error())
				}
			}
		})
	}
	wg.Wait()
	for _, made := range created {
		r.Created = append(r.Created, made...)
	}
	if ctx.Err() != nil {
		o.noteLeft(r)
		return fmt.Errorf("interrupted: %w", context.Cause(ctx))
	}
	if len(failures) > 0 && len(failures) == len(jobs) && len(own) == 0 && nothingTried(r.Tries) {
		o.noteLeft(r)
		return errors.Join(failures[:1]...)
	}
	return nil
}

func nothingTried(tries []report.Try) bool {
	for i := range tries {
		if tries[i].Outcome != report.TryNone {
			return false
		}
	}
	return true
}

// noteLeft says what is left behind where there will be no report that does.
func (o *probeOptions) noteLeft(r *report.Probe) {
	for _, c := range r.Created {
		if c.Left != "" {
			fmt.Fprintf(o.ErrOut, "note: left behind: pod %s/%s %s: %s\n", c.Object.Namespace, c.Object.Name, c.Container, oneLine(c.Left)) //nolint:errcheck // as note
		}
	}
}

// printObjects prints what would be created, as YAML.
func (o *probeOptions) printObjects(w io.Writer, jobs []*try.Job) error {
	var b bytes.Buffer
	for _, j := range jobs {
		for _, object := range o.trier.Objects(j) {
			text, err := yaml.Marshal(object)
			if err != nil {
				return err
			}
			b.WriteString("---\n")
			if j.Way == try.Ephemeral {
				b.WriteString("# A patch of the pod's ephemeralcontainers.\n")
			}
			b.Write(text)
		}
		if j.Way == try.Exec {
			fmt.Fprintf(&b, "# Nothing is created: sh runs in container %s of pod %s/%s.\n", j.Container, j.Namespace, j.Pod)
		}
	}
	if len(jobs) == 0 {
		b.WriteString("# Nothing is created: this machine tries.\n")
	}
	_, err := w.Write(b.Bytes())
	return err
}

// writeBundle records what was read, with the tries as comments above it.
func (o *probeOptions) writeBundle(s *snapshot.Snapshot, r *report.Probe) error {
	recorded, err := record.Of(s)
	if err != nil {
		return err
	}
	recorded.Client, recorded.Namespace = version(), o.home
	note := []string{"Recorded by kubectl netguard probe " + recorded.Client + ", because a try disagrees with the prediction."}
	if len(o.ends) == 2 {
		note = append(note, "  "+commandLine([]string{"explain", o.ends[0].String(), o.ends[1].String(), "-n", o.home, "-f", o.bundle}))
	}
	for i := range r.Tries {
		t := &r.Tries[i]
		note = append(note, fmt.Sprintf("%s %s from pod %s/%s to %s (%s:%d %s): predicted %s, was %s %s", t.Agreement, t.Meaning, t.Source.Namespace, t.Source.Name,
			t.Target, t.Host, t.Port, t.Protocol, t.Predicted, t.Outcome, t.Detail))
	}
	var out bytes.Buffer
	if err := printer.Snapshot(&out, recorded, note); err != nil {
		return err
	}
	// What a cluster is made of is not everybody's to read.
	if err := os.WriteFile(o.bundle, out.Bytes(), 0o600); err != nil {
		return fmt.Errorf("--bundle: %w", err)
	}
	r.Bundle = o.bundle
	return nil
}
