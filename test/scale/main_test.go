package scale

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"
)

// waste is the argument with which the test binary takes memory until it is ended.
const waste = "-waste"

// TestMain lets the test binary stand in for the program that measures, which runs
// itself again.
func TestMain(m *testing.M) {
	switch {
	case len(os.Args) > 1 && os.Args[1] == ChildArg:
		if err := Child(context.Background(), os.Args[2:], os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	case len(os.Args) > 1 && os.Args[1] == waste:
		wasteMemory()
	default:
		os.Exit(m.Run())
	}
}

// wasteMemory takes 500 MB, and ends by itself if nobody ends it.
func wasteMemory() {
	var held [][]byte
	for range 500 {
		block := make([]byte, 1_000_000)
		for i := range block {
			block[i] = 1
		}
		held = append(held, block)
		time.Sleep(5 * time.Millisecond)
	}
	fmt.Println(len(held))
}
