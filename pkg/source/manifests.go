package source

import (
	"context"
	"errors"
	"io"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// ManifestOptions say which manifests to read.
type ManifestOptions struct {
	// Filenames are files, directories, URLs, file name patterns, or "-".
	Filenames []string
	// Kustomize is the directory of a kustomization; it excludes Filenames.
	Kustomize string
	// Recursive reads the subdirectories of directories, too.
	Recursive bool
	// Namespace is that of objects that name none.
	Namespace string
	// In is what "-" reads.
	In io.Reader
}

// Manifests is a Source that reads files.
type Manifests struct{ options ManifestOptions }

// NewManifests checks the options; nothing is read yet.
func NewManifests(options ManifestOptions) (*Manifests, error) {
	stdin := 0
	for _, name := range options.Filenames {
		if name == stdinName {
			stdin++
		}
	}
	switch {
	case options.Kustomize != "" && len(options.Filenames) > 0:
		return nil, errors.New("only one of -f and -k can be given")
	case options.Kustomize != "" && options.Recursive:
		return nil, errors.New("-R goes with -f, not with -k")
	case options.Kustomize == "" && len(options.Filenames) == 0:
		return nil, errors.New("one of -f and -k has to be given")
	case stdin > 1:
		return nil, errors.New("standard input (-f -) can be read only once")
	}
	if options.Namespace == "" {
		options.Namespace = "default"
	}
	return &Manifests{options: options}, nil
}

// Load reads every manifest, whatever the planner would ask for: files are read
// as a whole, and what they do not declare does not exist. A recorded state (see
// [Record]) says itself what was read: what the planner asks for besides stays
// unknown.
func (m *Manifests) Load(ctx context.Context, next Planner) (*snapshot.Snapshot, error) {
	found, errs := m.objects(ctx)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if s, recorded, more := replayed(found); recorded {
		if errs = append(errs, more...); len(errs) > 0 {
			return nil, inputErrors(errs)
		}
		return notRecorded(s, next), nil
	}
	c := collection{defaultNamespace: m.options.Namespace, errs: errs}
	for _, o := range found {
		c.add(o)
	}
	if len(c.errs) > 0 {
		return nil, inputErrors(c.errs)
	}
	return c.snapshot(), nil
}

// objects reads what can be read, and every error on the way: a person mends a
// folder in one go.
func (m *Manifests) objects(ctx context.Context) ([]*object, []error) {
	if m.options.Kustomize != "" {
		found, err := kustomize(m.options.Kustomize)
		if err != nil {
			return nil, []error{err}
		}
		return found, nil
	}
	docs, errs := m.documents(ctx)
	found, more := decodeAll(ctx, docs)
	return found, append(errs, more...)
}

// decodeAll decodes documents side by side, and returns their objects in order.
func decodeAll(ctx context.Context, docs []document) ([]*object, []error) {
	type result struct {
		objects []*object
		err     error
	}
	var (
		results = make([]result, len(docs))
		workers errgroup.Group
	)
	workers.SetLimit(runtime.GOMAXPROCS(0))
	for i := range docs {
		if ctx.Err() != nil {
			break
		}
		workers.Go(func() error {
			objects, err := decode(&docs[i], workers.TryGo)
			results[i] = result{objects, err}
			return nil
		})
	}
	_ = workers.Wait() // the errors are among the results
	var (
		out  []*object
		errs []error
	)
	for _, r := range results {
		out = append(out, r.objects...)
		if r.err != nil {
			errs = append(errs, r.err)
		}
	}
	return out, errs
}
