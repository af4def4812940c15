package live

import (
	"context"

	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Progress is told what a Source is reading, while it is. Its methods are called
// from several goroutines at once.
type Progress interface {
	// Begin: a list or an object of the resource is about to be read.
	Begin(snapshot.Resource)
	// Count: n more objects of it have come.
	Count(r snapshot.Resource, n int)
	// End: the reading that Begin announced is over, whatever came of it.
	End(snapshot.Resource)
}

// Tell has p told of everything that is read from now on.
func (l *Source) Tell(p Progress) { l.progress = p }

type countingKey struct{}

// counting says that a need is being read, and returns the context in which
// counted counts its objects, and what to call at the end.
func (l *Source) counting(ctx context.Context, r snapshot.Resource) (context.Context, func()) {
	p := l.progress
	if p == nil {
		return ctx, func() {}
	}
	p.Begin(r)
	return context.WithValue(ctx, countingKey{}, func(n int) { p.Count(r, n) }), func() { p.End(r) }
}

// counted says that n more objects of the need that ctx is about have come.
func counted(ctx context.Context, n int) {
	if tell, ok := ctx.Value(countingKey{}).(func(int)); ok {
		tell(n)
	}
}
