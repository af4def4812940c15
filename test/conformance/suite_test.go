package conformance

import (
	"flag"
	"fmt"
	"io"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"
	"github.com/onsi/gomega"
	"k8s.io/kubernetes/test/e2e/framework"
	"k8s.io/kubernetes/test/e2e/framework/config"
	_ "k8s.io/kubernetes/test/e2e/network/netpol" // registers the specs
)

// reportTime is what is left of the test's time for the report when the suite does not end by itself.
const reportTime = time.Minute

// count is how many specs ended how.
type count struct{ passed, failed, skipped int }

func (c count) String() string {
	return fmt.Sprintf("%d passed, %d failed, %d skipped", c.passed, c.failed, c.skipped)
}

// runSuite runs the upstream specs, all of them unless Ginkgo's flags choose some, and writes a line for each to out.
// Ginkgo allows this once per process.
func runSuite(t *testing.T, kubeconfig string, plane *dataPlane, out io.Writer) count {
	// The framework reads its settings from variables that get their defaults when flags are registered. A set of our own
	// keeps its hundred flags apart from those of `go test`.
	flags := flag.NewFlagSet("e2e", flag.ContinueOnError)
	config.CopyFlags(config.Flags, flags)
	framework.RegisterCommonFlags(flags)
	framework.RegisterClusterFlags(flags)
	if err := flags.Parse([]string{"-kubeconfig=" + kubeconfig, "-provider=skeleton"}); err != nil {
		t.Fatal(err)
	}
	framework.AfterReadingAllFlags(&framework.TestContext)
	gomega.RegisterFailHandler(framework.Fail)

	// After the framework has had its preview of the specs, in which such hooks would be called once, and then be lost.
	var result count
	ginkgo.AfterEach(func() { failWithoutVerdict(plane.take()) })
	ginkgo.ReportAfterEach(func(report ginkgo.SpecReport) {
		switch {
		case report.State.Is(types.SpecStatePassed):
			result.passed++
		case report.State.Is(types.SpecStateSkipped | types.SpecStatePending):
			result.skipped++
			return
		default:
			result.failed++
		}
		fmt.Fprintf(out, "%-7s %5.1fs  %s\n", report.State, report.RunTime.Seconds(), report.FullText())
	})

	// Not the framework's own choice of specs, which leaves out everything that is labelled as a feature.
	suite, reporter := ginkgo.GinkgoConfiguration()
	suite.GracePeriod = 2 * time.Second // for a spec that was interrupted; none of them heeds that
	reporter.NoColor, reporter.SilenceSkips, reporter.ForceNewlines = true, true, true
	if deadline, ok := t.Deadline(); ok {
		suite.Timeout = time.Until(deadline) - reportTime
	}
	ginkgo.RunSpecs(t, "NetworkPolicy", suite, reporter)
	return result
}

// failWithoutVerdict fails the spec in which a probe got no verdict.
func failWithoutVerdict(v verdicts) {
	if n := len(v.failures); n > 0 {
		ginkgo.Fail(fmt.Sprintf("%d of %d probes got no verdict; the first: %v", n, v.given+n, v.failures[0]))
	}
}

// interrupt ends a running suite as Ctrl-C does, after which Ginkgo cleans up and reports. Nothing gentler reaches specs
// that poll.
func interrupt(reason error) {
	fmt.Fprintf(os.Stderr, "Giving up: %v\n", reason)
	if err := syscall.Kill(os.Getpid(), syscall.SIGINT); err != nil {
		fmt.Fprintf(os.Stderr, "interrupt the suite: %v\n", err)
	}
}
