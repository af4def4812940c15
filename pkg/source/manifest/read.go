package manifest

import (
	"context"
	"errors"
	"io"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// Options say which manifests to read.
type Options struct {
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

// Check says what is wrong with the options themselves.
func (o *Options) Check() error {
	stdin := 0
	for _, name := range o.Filenames {
		if name == stdinName {
			stdin++
		}
	}
	switch {
	case o.Kustomize != "" && len(o.Filenames) > 0:
		return errors.New("only one of -f and -k can be given")
	case o.Kustomize != "" && o.Recursive:
		return errors.New("-R goes with -f, not with -k")
	case o.Kustomize == "" && len(o.Filenames) == 0:
		return errors.New("one of -f and -k has to be given")
	case stdin > 1:
		return errors.New("standard input (-f -) can be read only once")
	}
	return nil
}

// reader reads what its options name.
type reader struct{ options Options }

// Read reads what can be read, and every error on the way: a person mends a
// folder in one go.
func Read(ctx context.Context, o Options) ([]*Object, []error) {
	if o.Kustomize != "" {
		found, err := kustomize(o.Kustomize)
		if err != nil {
			return nil, []error{err}
		}
		return found, nil
	}
	docs, errs := (&reader{o}).documents(ctx)
	found, more := decodeAll(ctx, docs)
	return found, append(errs, more...)
}

// decodeAll decodes documents side by side, and returns their objects in order.
func decodeAll(ctx context.Context, docs []document) ([]*Object, []error) {
	type result struct {
		objects []*Object
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
		out  []*Object
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
