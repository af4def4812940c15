package scale

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/kubectl-netguard/netguard/test/fleet"
)

// Bench measures one build of netguard.
type Bench struct {
	// Netguard is the program.
	Netguard string
	// Self is the program that is running, which handles ChildArg.
	Self string
	// Sizes are measured in this order.
	Sizes []fleet.Size
	// Cyclonus says whether to measure cyclonus as well, which takes minutes.
	Cyclonus bool
	// Limits are those of one question.
	Limits Limits
	// Log is told what is under way.
	Log io.Writer

	rows    []Row
	section string // of the rows that are added
	load    string // of the machine before the run
	// bytes of questions at M, or else at the first size, by question.
	bytes map[string]sized
	// once is what one target takes once everything has been read, by size.
	once []sized
}

// sized is a number of a size.
type sized struct {
	fleet.Size
	number int64
}

// Run measures all figures at all sizes. On an error, it returns those that it has.
func (b *Bench) Run(ctx context.Context) ([]Row, error) {
	b.rows, b.bytes, b.once = nil, map[string]sized{}, nil
	b.load = machineLoad()
	for _, measure := range []func(context.Context) error{b.files, b.live} {
		if err := measure(ctx); err != nil {
			return b.rows, err
		}
	}
	return b.rows, nil
}

func (b *Bench) live(ctx context.Context) error {
	for _, size := range b.Sizes {
		if err := b.liveAt(ctx, size); err != nil {
			return fmt.Errorf("size %s: %w", size.Name, err)
		}
	}
	b.growth()
	return nil
}

func (b *Bench) liveAt(ctx context.Context, size fleet.Size) (err error) {
	c, err := b.startCluster(ctx, size)
	if err != nil {
		return err
	}
	defer func() {
		if stopErr := c.stop(); err == nil {
			err = stopErr
		}
	}()
	for _, measure := range []func(context.Context, *cluster) error{b.onePair, b.oneTarget, b.everything, b.model, b.oneDoor} {
		if err := measure(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// add takes a row, and tells of it right away: the whole takes a while.
func (b *Bench) add(r Row) {
	r.Section = b.section
	b.rows = append(b.rows, r)
	fmt.Fprintln(b.Log, " ", r.line())
}

// step tells what begins, and, by the returned function, how long it took.
func (b *Bench) step(format string, args ...any) func() {
	began := time.Now()
	text := fmt.Sprintf(format, args...)
	return func() { fmt.Fprintf(b.Log, "%s: %.1f s\n", text, time.Since(began).Seconds()) }
}

// self is this program, to be run again as a [Child].
func (b *Bench) self(limits Limits) *program {
	return &program{path: b.Self, args: []string{ChildArg}, env: os.Environ(), limits: limits}
}

// prepare has a child do what has to succeed, and may take its time.
func (b *Bench) prepare(ctx context.Context, args ...string) error {
	r, err := b.self(Limits{Time: 10 * time.Minute, Memory: 4 * b.Limits.Memory}).run(ctx, args...)
	if err != nil {
		return err
	}
	if r.ended != "" || r.status != 0 {
		return fmt.Errorf("%v: %s%s", args, r.ended, r.stderr)
	}
	return nil
}

// ChildArg is the first argument with which a program that measures runs itself
// again, to be handled by Child.
const ChildArg = "-child"

// Child does what needs much memory, in a process of its own.
func Child(ctx context.Context, args []string, stdout io.Writer) error {
	if len(args) < 2 {
		return fmt.Errorf("%s is for this program itself", ChildArg)
	}
	size, err := fleet.SizeOf(args[1])
	if err != nil {
		return err
	}
	switch what, rest := args[0], args[2:]; {
	case what == "seed" && len(rest) == 1:
		return Seed(ctx, rest[0], size)
	case what == "write" && len(rest) == 1:
		return writeFiles(rest[0], size)
	case what == "write-for-cyclonus" && len(rest) == 1:
		return writeForCyclonus(rest[0], size)
	case what == "decode" && len(rest) == 1:
		return decodeFiles(ctx, rest[0])
	case what == "model" && len(rest) == 1:
		return measureModel(ctx, rest[0], size, stdout)
	default:
		return fmt.Errorf("%s %s: there is no such step", ChildArg, what)
	}
}

// median of a few measurements.
func median[T cmp.Ordered](of []T) T {
	sorted := slices.Sorted(slices.Values(of))
	return sorted[len(sorted)/2]
}
