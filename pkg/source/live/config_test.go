package live

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/cli-runtime/pkg/genericclioptions"
)

// TestKubeconfigErrors goes through cli-runtime's flags, as the commands do.
func TestKubeconfigErrors(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("KUBECONFIG", "")
	t.Setenv("HOME", dir)
	good, broken := filepath.Join(dir, "good"), filepath.Join(dir, "broken")
	for file, text := range map[string]string{
		good:   "apiVersion: v1\nkind: Config\nclusters: [{name: c, cluster: {server: \"https://127.0.0.1:1\"}}]\ncontexts: [{name: here, context: {cluster: c}}]\ncurrent-context: here\n",
		broken: "apiVersion: v1\nkind: Config\nclusters: [\n",
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, tt := range map[string]struct{ file, context, want string }{
		"another context": {good, "there", `context "there" does not exist; kubectl config get-contexts lists those there are`},
		"a broken file":   {broken, "", "cannot use the kubeconfig: "},
		"no file":         {filepath.Join(dir, "none"), "", "cannot use the kubeconfig: "},
		"fine":            {good, "", ""},
	} {
		flags := genericclioptions.NewConfigFlags(false)
		flags.KubeConfig, flags.Context = &tt.file, &tt.context
		live, err := New(flags)
		switch {
		case tt.want == "" && (err != nil || live.Server() != "https://127.0.0.1:1"):
			t.Errorf("%s: got %v", name, err)
		case tt.want != "" && (err == nil || !strings.HasPrefix(err.Error(), tt.want) || strings.Contains(err.Error(), "\n")):
			t.Errorf("%s: got %v, want %s", name, err, tt.want)
		case err != nil:
			t.Log(err)
		}
	}
	live, err := New(genericclioptions.NewConfigFlags(false))
	if err != nil || !live.unconfigured {
		t.Errorf("no kubeconfig at all: %v", err)
	}
}
