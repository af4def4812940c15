package scale

import (
	"context"
	"github.com/kubectl-netguard/netguard/test/fleet"
)

func writeFiles(dir string, size fleet.Size) error      { return nil }
func decodeFiles(ctx context.Context, dir string) error { return nil }
func (b *Bench) files(ctx context.Context) error        { return nil }
