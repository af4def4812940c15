package main

import (
	"fmt"
	"os"
	"path"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-netguard/netguard/pkg/cmd"
)

// commands are the pages of all commands.
func commands() map[string]string {
	// A default in the flags is the user's own cache directory.
	home := os.Getenv("HOME")
	_ = os.Setenv("HOME", "~")
	root := cmd.NewRoot(genericiooptions.NewTestIOStreamsDiscard(), cmd.Environment{Getenv: func(string) string { return "" }})
	_ = os.Setenv("HOME", home)

	out := map[string]string{path.Join(commandPages, "README.md"): page(root)}
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() {
			out[path.Join(commandPages, c.Name()+".md")] = page(c)
		}
	}
	return out
}

// page is what --help says, as a page.
func page(c *cobra.Command) string {
	c.InitDefaultHelpFlag()
	c.DisableFlagsInUseLine = true
	var b strings.Builder
	b.WriteString(generated)
	fmt.Fprintf(&b, "# %s\n\n%s.\n", c.CommandPath(), c.Short)
	fence(&b, "sh", usage(c))
	for _, paragraph := range strings.Split(strings.TrimSpace(c.Long), "\n\n") {
		if strings.Contains(paragraph, "\n  ") { // laid out by hand
			fence(&b, "text", paragraph)
		} else {
			fmt.Fprintf(&b, "\n%s\n", strings.TrimSpace(paragraph))
		}
	}
	if c.HasExample() {
		b.WriteString("\n## Examples\n")
		lines := strings.Split(c.Example, "\n")
		for i, line := range lines {
			lines[i] = strings.TrimPrefix(line, "  ")
		}
		fence(&b, "sh", strings.Join(lines, "\n"))
	}
	if c.HasAvailableSubCommands() {
		b.WriteString("\n## Commands\n\n")
		for _, sub := range c.Commands() {
			if sub.IsAvailableCommand() {
				fmt.Fprintf(&b, "- [%s](%s.md): %s\n", sub.Name(), sub.Name(), sub.Short)
			}
		}
		if !c.HasParent() {
			flags(&b, "Flags of every command", c.PersistentFlags())
			return b.String()
		}
	}
	flags(&b, "Flags", c.LocalFlags())
	b.WriteString("\nAnd [those of every command](README.md#flags-of-every-command).\n")
	return b.String()
}

func usage(c *cobra.Command) string {
	if c.HasAvailableSubCommands() {
		if c.HasParent() {
			return c.UseLine() + " [flags]"
		}
		return c.CommandPath() + " COMMAND [flags]"
	}
	return c.UseLine() + " [flags]"
}

func fence(b *strings.Builder, language, text string) {
	fmt.Fprintf(b, "\n```%s\n%s\n```\n", language, strings.Trim(text, "\n"))
}

// flags is a table of flags, in the order of their names.
func flags(b *strings.Builder, title string, set *pflag.FlagSet) {
	fmt.Fprintf(b, "\n## %s\n\n| Flag | Default | |\n|---|---|---|\n", title)
	set.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		value, usage := pflag.UnquoteUsage(f)
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		if value != "" {
			name += " " + value
		}
		byDefault := f.DefValue
		switch byDefault {
		case "", "[]", "false":
			byDefault = ""
		default:
			byDefault = "`" + byDefault + "`"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", name, byDefault, cell(usage))
	})
}

// cell keeps a text to its cell of a table.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;").Replace(text)
}
