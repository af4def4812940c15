package printer

import (
	"fmt"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

// fix prints the change that was tried out, ready to paste.
func (t text) fix(p page, n names, f *report.Fix) {
	title := "Fix (checked: with it the verdict is " + f.Verdict.String() + ")"
	if len(f.Patches) > 1 {
		title = "Fix (checked: with all of these changes the verdict is " + f.Verdict.String() + ")"
	}
	p.WriteString(title + "\n")
	for i, patch := range f.Patches {
		if i > 0 {
			p.gap()
		}
		t.command(p, patch.Command)
		p.para(2, capital(n.change(patch))+". "+n.opens(patch))
	}
}

// command breaks a long command before its patch, as a shell allows; the patch
// itself is one argument and stays whole.
func (t text) command(p page, command string) {
	command = plain(command)
	head, patch, ok := strings.Cut(command, " -p ")
	if ok && columns(command)+2 > p.width {
		p.WriteString("  " + head + " \\\n    -p " + patch + "\n")
		return
	}
	p.WriteString("  " + command + "\n")
}

// opens says what a patch lets through: Peers and Ports are all that it does.
func (n names) opens(p report.Patch) string {
	subject := "every pod"
	if p.Subject != "" {
		subject = "pods " + n.esc(p.Subject)
	}
	if p.Policy.Namespace != "" {
		subject += " in namespace " + n.esc(p.Policy.Namespace)
	}
	peers := n.anyOf(p.Peers, "everyone")
	ports := n.anyOf(p.Ports, "every port")
	text := fmt.Sprintf("This lets %s reach %s of %s", peers, ports, subject)
	if p.Direction == report.Egress {
		where := n.anyOf(p.Peers, "")
		if where != "" {
			where = "of " + where
		}
		text = fmt.Sprintf("This lets %s reach %s %s", subject, ports, orElse(where, "anywhere"))
	}
	return text + ". Nothing else opens."
}

func (n names) anyOf(all []string, any string) string {
	if len(all) == 0 || len(all) == 1 && all[0] == "" {
		return any
	}
	return n.list(all, 0)
}
