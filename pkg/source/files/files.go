package files

import (
	"context"

	"github.com/kubectl-netguard/netguard/pkg/snapshot"
	"github.com/kubectl-netguard/netguard/pkg/source"
	"github.com/kubectl-netguard/netguard/pkg/source/manifest"
	"github.com/kubectl-netguard/netguard/pkg/source/record"
)

// Options say which manifests to read.
type Options = manifest.Options

// Source reads files.
type Source struct{ options Options }

var _ source.Source = (*Source)(nil)

// New checks the options; nothing is read yet.
func New(options Options) (*Source, error) {
	if err := options.Check(); err != nil {
		return nil, err
	}
	if options.Namespace == "" {
		options.Namespace = "default"
	}
	return &Source{options: options}, nil
}

// Load reads every manifest, whatever the planner would ask for: files are read
// as a whole, and what they do not declare does not exist. A recorded state (see
// [record.Of]) says itself what was read: what the planner asks for besides stays
// unknown.
func (f *Source) Load(ctx context.Context, next source.Planner) (*snapshot.Snapshot, error) {
	found, errs := manifest.Read(ctx, f.options)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if s, recorded, more := record.Read(found); recorded {
		if errs = append(errs, more...); len(errs) > 0 {
			return nil, manifest.Errors(errs)
		}
		return record.Missing(s, next), nil
	}
	c := collection{defaultNamespace: f.options.Namespace, errs: errs}
	for _, o := range found {
		c.add(o)
	}
	if len(c.errs) > 0 {
		return nil, manifest.Errors(c.errs)
	}
	return c.snapshot(), nil
}
