package query

import (
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

func fix(_ *model.Model, _, _ reference.Reference, _ Options) *report.Fix { return nil }
