package source

import (
	"context"

	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Planner says what to read next, given what has been read; nothing left means
// enough.
type Planner func(*snapshot.Snapshot) []snapshot.Need

// Source reads what a Planner asks for.
type Source interface {
	Load(ctx context.Context, next Planner) (*snapshot.Snapshot, error)
}
