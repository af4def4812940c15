package cmd

import (
	"context"
	"errors"
	"io"
	"slices"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/kubectl-netguard/netguard/pkg/mcp"
)

func newMCP(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "mcp",
		Short: "Offer the read-only questions as tools for assistants (Model Context Protocol)",
		Long: templates.LongDesc(`
			Offer explain, can-reach, who-can-reach, map, audit, verify and scaffold as tools of the Model Context
			Protocol, over standard input and output, until these are closed.

			Nothing is written, and nothing is read but what the commands read, with the kubeconfig, context
			and other flags that this one is started with. With -f or -k the tools ask those manifests; a client
			cannot name files. Answers are bounded, and say how to ask for more.`),
		Example: templates.Examples(`
			# What an assistant starts
			kubectl netguard mcp --context staging`),
		Args: exactArgs(),
		RunE: func(c *cobra.Command, _ []string) error {
			if slices.Contains(g.filenames, "-") {
				return errors.New("-f - reads standard input, by which an assistant speaks: name a file")
			}
			server := mcp.NewServer(version(), g.runTool, given(c.Root().PersistentFlags()))
			return server.Run(c.Context(), &sdk.IOTransport{Reader: io.NopCloser(g.In), Writer: unclosed{g.Out}})
		},
	}
}

// runTool runs a command in this process, as Main does.
func (g *globals) runTool(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) int {
	env := g.env
	env.Width, env.ErrWidth = 0, 0
	return Main(ctx, args, genericiooptions.IOStreams{In: in, Out: out, ErrOut: errs}, env)
}

// given are the flags that were set, as arguments.
func given(flags *pflag.FlagSet) []string {
	var out []string
	flags.VisitAll(func(f *pflag.Flag) {
		if !f.Changed {
			return
		}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			for _, v := range list.GetSlice() {
				out = append(out, "--"+f.Name+"="+v)
			}
			return
		}
		out = append(out, "--"+f.Name+"="+f.Value.String())
	})
	return out
}

// unclosed is a writer that is somebody else's to close.
type unclosed struct{ io.Writer }

func (unclosed) Close() error { return nil }
