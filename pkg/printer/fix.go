package printer

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

// fix prints the change that was tried out, ready to paste.
func (t text) fix(p page, n names, f *report.Fix) { t.patches(p, n, f, "Fix") }

func (t text) patches(p page, n names, f *report.Fix, what string) {
	title := what + " (checked: with it the verdict is " + f.Verdict.String() + ")"
	if len(f.Patches) > 1 {
		title = what + " (checked: with all of these changes the verdict is " + f.Verdict.String() + ")"
	}
	p.WriteString(title + "\n")
	for i, patch := range f.Patches {
		if i > 0 {
			p.gap()
		}
		t.command(p, patch.Command)
		say := capital(n.change(patch)) + ". " + n.opens(patch)
		if len(f.Patches) == 1 {
			say += " " + n.besides(f)
		}
		p.para(2, say)
	}
	if len(f.Patches) > 1 {
		p.gap()
		p.para(2, "With all of them: "+strings.ToLower(n.besides(f)[:1])+n.besides(f)[1:])
	}
}

// ProposedFix is a fix of a connection between two ends.
type ProposedFix struct {
	// Source and Target as they were asked for.
	Source, Target report.End
	*report.Fix
}

// Manifests prints fixes as NetworkPolicies to apply, each with what it opens above it.
func Manifests(w io.Writer, fixes []ProposedFix, o Options) error {
	var b bytes.Buffer
	t, n := text{Options: o}, names{}
	for _, f := range fixes {
		for i := range f.Manifests {
			if b.Len() > 0 {
				b.WriteString("---\n")
			}
			if i == 0 {
				p := t.page(&b)
				say := "Lets " + n.question(f.Source) + " reach " + n.question(f.Target) + " (checked: with it the verdict is " + f.Verdict.String() + "). " + n.besides(&report.Fix{Also: f.Also, Unread: f.Unread, Patches: f.Patches})
				for _, line := range wrap(say, p.width-2, p.width-2) {
					b.WriteString("# " + line + "\n")
				}
			}
			text, err := yaml.Marshal(f.Manifests[i])
			if err != nil {
				return err
			}
			b.Write(text)
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// command breaks a long command before its patch, as a shell allows; the patch
// itself is one argument and stays whole. A manifest starts at the margin, so that
// its end is found when it is pasted.
func (t text) command(p page, command string) {
	if strings.Contains(command, "\n") {
		for line := range strings.SplitSeq(command, "\n") {
			p.WriteString(plain(line) + "\n")
		}
		return
	}
	command = plain(command)
	head, patch, ok := strings.Cut(command, " -p ")
	if ok && columns(command)+2 > p.width {
		p.WriteString("  " + head + " \\\n    -p " + patch + "\n")
		return
	}
	p.WriteString("  " + command + "\n")
}

// besides says what a fix opens and closes beyond what was asked for.
func (n names) besides(f *report.Fix) string {
	plainNames := names{escape: same} // of texts that are escaped already
	var also, maybe, closes []string
	for _, o := range f.Also {
		if o.Maybe {
			maybe = append(maybe, n.opening(o))
		} else {
			also = append(also, n.opening(o))
		}
	}
	idle := ""
	for _, o := range f.Closes {
		if o.Undeclared && o.Connections != nil {
			idle = setText(*o.Connections) // of a replaced port: the same for everybody
			continue
		}
		closes = append(closes, n.opening(o))
	}
	text := "Nothing else opens."
	if len(also) > 0 {
		text = "It also opens " + plainNames.list(also, openingsShown) + "."
	}
	if slices.ContainsFunc(f.Patches, func(p report.Patch) bool { return p.Nodes }) {
		text += " A node's address stands for all that is on its network, and for clients who come in by its NodePorts."
	}
	if len(maybe) > 0 {
		text = strings.TrimSuffix(text, ".") + "; not known of " + plainNames.list(maybe, openingsShown) + "."
	}
	if idle != "" {
		text += " " + idle + ", which no container there declares, is closed."
	}
	if len(closes) > 0 {
		text += " It closes " + plainNames.list(closes, openingsShown) + "."
	}
	if len(f.Unread) > 0 {
		text += " That is as far as pods were read: more needs to " + n.list(f.Unread, openingsShown) + "."
	}
	return text
}

// openingsShown is how many openings are named, and the rest counted.
const openingsShown = 8

func (n names) opening(o report.Opening) string {
	text := n.node(o.From) + " → " + n.question(o.To)
	if o.Connections != nil {
		text += " " + setText(*o.Connections)
	}
	return text
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
	return text + "."
}

func (n names) anyOf(all []string, any string) string {
	if len(all) == 0 || len(all) == 1 && all[0] == "" {
		return any
	}
	return n.list(all, 0)
}
