package printer

import (
	"bytes"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

func (text) frontDoor(b *bytes.Buffer, r *report.FrontDoor) error       { return asYAML(b, r) }
func (nameFormat) frontDoor(b *bytes.Buffer, r *report.FrontDoor) error { return asYAML(b, r) }
