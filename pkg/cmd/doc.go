// Package cmd is the command line: it turns words into a typed question, has it
// answered, and turns the answer into bytes and an exit status.
//
// Every command reads the same way: flags → options → Run(ctx), where Run is
// parse, load, ask, print. The package holds no verdict logic; it is the only
// one that knows cobra, and [Main] the only place that maps errors to exit
// statuses.
package cmd
