package conformance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"
)

// patience is how many probes in a row may go without a verdict: some of the command's faults concern single specs, but
// with a command that never works the suite would wait for hours for connections that nothing allows.
const patience = 20

// dataPlane answers the suite's probes with the verdicts of a command, in place of a network.
type dataPlane struct {
	command []string // source and target are added
	env     []string
	slots   chan struct{} // bounds how many commands run at once
	giveUp  func(error)   // called when patience is at an end

	mu       sync.Mutex
	verdicts verdicts // since the last call of take
	inARow   int      // probes without a verdict since the last one with
	total    int
	busy     time.Duration
}

// verdicts are what became of some probes.
type verdicts struct {
	given    int     // the command said yes or no
	failures []error // it did not
}

func newDataPlane(command, env []string, giveUp func(error)) *dataPlane {
	return &dataPlane{command: command, env: env, giveUp: giveUp, slots: make(chan struct{}, runtime.NumCPU())}
}

// exec is a kubelet.ExecFunc. The suite takes any failure of a probe for "not connected", so a command that gave no
// verdict must be kept in mind: see take.
func (d *dataPlane) exec(ctx context.Context, namespace, pod, _ string, command []string, _, stderr io.Writer) (exitCode int) {
	connected, err := d.ask(ctx, namespace, pod, command)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.total++
	if err != nil {
		d.verdicts.failures = append(d.verdicts.failures, err)
		if d.inARow++; d.inARow == patience {
			d.giveUp(fmt.Errorf("%d probes in a row got no verdict: %w", patience, err))
		}
		fmt.Fprintln(stderr, err)
		return 2
	}
	d.verdicts.given++
	d.inARow = 0
	if !connected {
		fmt.Fprintln(stderr, "TIMEOUT") // as agnhost says when packets are dropped
		return 1
	}
	return 0
}

func (d *dataPlane) ask(ctx context.Context, namespace, pod string, command []string) (connected bool, err error) {
	p, err := parseProbe(command)
	if err != nil {
		return false, err
	}
	d.slots <- struct{}{}
	defer func() { <-d.slots }()

	args := append(append([]string{}, d.command[1:]...), namespace+"/pod/"+pod, p.String())
	cmd := exec.CommandContext(ctx, d.command[0], args...)
	cmd.Env = d.env
	start := time.Now()
	out, err := cmd.CombinedOutput()
	d.mu.Lock()
	d.busy += time.Since(start)
	d.mu.Unlock()

	var exit *exec.ExitError
	switch {
	case err == nil:
		return true, nil
	case errors.As(err, &exit) && exit.ExitCode() == 1:
		return false, nil
	default:
		return false, fmt.Errorf("no verdict from %s: %w: %s", cmd, err, strings.TrimSpace(string(out)))
	}
}

// take returns what became of the probes since it was last called.
func (d *dataPlane) take() verdicts {
	d.mu.Lock()
	defer d.mu.Unlock()
	taken := d.verdicts
	d.verdicts = verdicts{}
	return taken
}

// answered is how many probes there were in all.
func (d *dataPlane) answered() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.total
}

// String sums up the work done.
func (d *dataPlane) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.total == 0 {
		return "no probes"
	}
	return fmt.Sprintf("%d probes, %s each", d.total, (d.busy / time.Duration(d.total)).Round(time.Millisecond))
}
