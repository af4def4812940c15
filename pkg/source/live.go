package source

import (
	"context"

	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

type Live struct{}

func (l *Live) Load(ctx context.Context, next Planner) (*snapshot.Snapshot, error) { return nil, nil }
