package scale

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Limits are what a program may take before it is ended.
type Limits struct {
	Time   time.Duration
	Memory int64 // resident bytes
}

// program is a program as a user runs it.
type program struct {
	path   string
	args   []string // before those of each run
	env    []string
	limits Limits
}

// run is what one run of a program took.
type run struct {
	elapsed time.Duration
	peak    int64 // resident bytes at most
	printed int64 // bytes on standard output
	status  int   // exit status; 0 for one that was ended
	// ended says why the run was ended before it had finished, as "unfinished
	// after 120 s"; empty for a run that finished.
	ended  string
	stdout string // the beginning of what was printed, for whoever parses it
	stderr string
}

// statusError is netguard's exit status when it could not answer.
const statusError = 2

func (r run) took() time.Duration { return r.elapsed }

// keep is how much of a program's output is kept.
const keep = 64 << 10

// run runs the program once. An exit status is no error: netguard's says what the
// answer is. The error says that the program could not be run, or died.
func (p *program) run(ctx context.Context, args ...string) (run, error) {
	var stdout, stderr head
	args = slices.Concat(p.args, args)
	cmd := exec.Command(p.path, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = p.env, &stdout, &stderr
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return run{}, fmt.Errorf("run %s: %w", p.path, err)
	}
	watched := p.watch(ctx, cmd.Process)
	err := cmd.Wait()
	out := run{
		elapsed: time.Since(began), printed: stdout.total, stdout: stdout.text.String(), stderr: strings.TrimSpace(stderr.text.String()),
		status: cmd.ProcessState.ExitCode(),
	}
	var killed time.Time
	if out.peak, out.ended, killed = watched(); out.ended != "" {
		// Not what the kernel takes to free the memory: the process did nothing then.
		out.elapsed = killed.Sub(began)
	}
	// The kernel's own word is exact, but begins at what this process held when it
	// started the other one (give or take what it counts late).
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		if exact := usage.Maxrss * 1024; exact > highWater("self")*11/10 || out.peak == 0 {
			out.peak = exact
		}
	}
	if ctx.Err() != nil {
		return out, ctx.Err()
	}
	var exit *exec.ExitError
	if out.ended != "" {
		out.status, err = 0, nil
	} else if errors.As(err, &exit) && exit.Exited() {
		err = nil
	}
	if err != nil {
		return out, fmt.Errorf("run %s %s: %w: %s", p.path, strings.Join(args, " "), err, out.stderr)
	}
	return out, nil
}

// watch ends the process at a limit or with the context. The returned function ends
// the watching, and tells how much memory the process held at most, as far as that
// was seen, and why and when it was ended.
func (p *program) watch(ctx context.Context, process *os.Process) func() (peak int64, ended string, killed time.Time) {
	var (
		peak   int64
		ended  string
		killed time.Time
		group  sync.WaitGroup
		over   = make(chan struct{})
	)
	group.Go(func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		late := time.NewTimer(p.limits.Time)
		defer late.Stop()
		for {
			select {
			case <-over:
				return
			case <-ctx.Done():
				ended = "interrupted"
			case <-late.C:
				ended = fmt.Sprintf("unfinished after %.0f s", p.limits.Time.Seconds())
			case <-tick.C:
				if peak = max(peak, highWater(strconv.Itoa(process.Pid))); peak <= p.limits.Memory {
					continue
				}
				ended = "ended at " + bytesText(p.limits.Memory)
			}
			killed = time.Now()
			_ = process.Kill() // one that has just ended by itself cannot be killed
			return
		}
	})
	return func() (int64, string, time.Time) {
		close(over)
		group.Wait()
		return peak, ended, killed
	}
}

// highWater is how much memory a process has held at most, in bytes; 0 where that is
// not known.
func highWater(pid string) int64 {
	raw, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(raw), "VmHWM:")
	line, _, _ := strings.Cut(after, "kB")
	kilobytes, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
	if err != nil {
		return 0
	}
	return kilobytes * 1024
}

// head counts what is written to it and keeps the beginning.
type head struct {
	text  strings.Builder
	total int64
}

var _ io.Writer = (*head)(nil)

func (h *head) Write(p []byte) (int, error) {
	h.total += int64(len(p))
	h.text.Write(p[:min(len(p), max(0, keep-h.text.Len()))])
	return len(p), nil
}
