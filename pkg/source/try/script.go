package try

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

// Attempt is one connection to try.
type Attempt struct {
	ID       int
	Protocol string
	Host     string
	Port     int
	// URL is asked for of Host and Port, with its host as Host header and SNI; "" for a bare connection.
	URL string
}

// Result is what became of an attempt.
type Result struct {
	Outcome report.TryOutcome
	Detail  string
}

// script tries all attempts at once, a few at a time, and writes a line for each. Seconds bounds every one. Client is
// the shell that chooses the program: an image with agnhost, or whatever a container has.
func script(attempts []Attempt, seconds, parallel int) string {
	var b strings.Builder
	b.WriteString(prelude)
	for i, a := range attempts {
		fmt.Fprintf(&b, "t %d %s %s %d %d %s &\n", a.ID, strings.ToLower(a.Protocol), quote(a.Host), a.Port, seconds, quote(a.URL))
		if (i+1)%parallel == 0 {
			b.WriteString("wait\n")
		}
	}
	b.WriteString("wait\necho netguard-done\n")
	return b.String()
}

// prelude is the function that tries. It takes agnhost where it is, whose first word says why a connection failed
// (kubernetes test/images/agnhost/connect), then curl, then nc; their exit statuses and words are told apart by parse.
const prelude = `say() { printf 'netguard %s %s %s %s\n' "$1" "$2" "$3" "$(printf %s "$4" | tr '\n' ' ' | cut -c1-300)"; }
t() {
  if [ -n "$6" ]; then
    if command -v curl >/dev/null 2>&1; then
      out=$(curl -sSk -o /dev/null -w '%{http_code}' --max-time "$5" --connect-to "::$3:$4" "$6" 2>&1); say "$1" curl $? "$out"
    else say "$1" none 127 'no curl in this container'; fi
  elif command -v agnhost >/dev/null 2>&1 || [ -x /agnhost ]; then
    a=agnhost; [ -x /agnhost ] && a=/agnhost
    case $3 in *:*) h="[$3]:$4";; *) h="$3:$4";; esac
    out=$($a connect "$h" --protocol "$2" --timeout "${5}s" 2>&1); say "$1" agnhost $? "$out"
  elif [ "$2" = tcp ] && command -v curl >/dev/null 2>&1; then
    case $3 in *:*) h="[$3]:$4";; *) h="$3:$4";; esac
    out=$(curl -sS --connect-timeout "$5" --max-time "$(($5 + 1))" "telnet://$h" </dev/null 2>&1); say "$1" curl $? "$out"
  elif [ "$2" = tcp ] && command -v nc >/dev/null 2>&1; then
    out=$(nc -v -z -w "$5" "$3" "$4" 2>&1); say "$1" nc $? "$out"
  else say "$1" none 127 "no client for $2 in this container"; fi
}
`

// quote makes a word of a shell of any text.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// parse reads what a script wrote. Whole is false where it did not come to its end.
func parse(output string, attempts []Attempt) (results map[int]Result, whole bool) {
	results = map[int]Result{}
	protocols := map[int]Attempt{}
	for _, a := range attempts {
		protocols[a.ID] = a
	}
	for line := range strings.Lines(output) {
		line = strings.TrimRight(line, "\r\n")
		if line == "netguard-done" {
			whole = true
			continue
		}
		f := strings.SplitN(line, " ", 5)
		if len(f) < 4 || f[0] != "netguard" {
			continue
		}
		id, err1 := strconv.Atoi(f[1])
		code, err2 := strconv.Atoi(f[3])
		a, known := protocols[id]
		if err1 != nil || err2 != nil || !known {
			continue
		}
		text := ""
		if len(f) == 5 {
			text = strings.TrimSpace(f[4])
		}
		results[id] = outcome(a, f[2], code, text)
	}
	return results, whole
}

// outcome is what a client's exit status and words mean.
func outcome(a Attempt, client string, code int, text string) Result {
	switch client {
	case "agnhost":
		return agnhost(a, code, text)
	case "curl":
		return curl(a, code, text)
	case "nc":
		return netcat(code, text)
	default:
		return Result{report.TryUntestable, text}
	}
}

// agnhost exits with 1 for every failure, and tells them apart by its first word.
func agnhost(a Attempt, code int, text string) Result {
	word, rest, _ := strings.Cut(text, " ")
	word = strings.TrimSuffix(word, ":")
	switch {
	case code == 0:
		return Result{Outcome: report.TryOpen}
	case word == "TIMEOUT":
		return Result{report.TryTimeout, rest}
	case word == "REFUSED":
		return Result{report.TryRefused, rest}
	case word == "DNS":
		return Result{report.TryDNS, rest}
	case strings.Contains(text, "reset by peer"):
		return Result{report.TryReset, text}
	case strings.Contains(text, "protocol not supported"), a.Protocol == "SCTP" && strings.Contains(text, "not supported"):
		return Result{report.TryUntestable, text}
	default:
		return Result{report.TryFailed, text}
	}
}

// curl's exit statuses (curl(1), "EXIT CODES"): 6 could not resolve, 7 failed to connect, 28 timeout, 35 TLS, 52 nothing
// came back, 56 failure in receiving. For telnet:// a connection that waits until --max-time is an open one.
func curl(a Attempt, code int, text string) Result {
	status := ""
	if a.URL != "" && len(text) >= 3 {
		status = text[len(text)-3:]
	}
	switch {
	case code == 0 && a.URL != "":
		return Result{report.TryOpen, "HTTP " + status}
	case code == 0, a.URL == "" && code == 28 && !strings.Contains(text, "onnection timed out") && !strings.Contains(text, "ailed to connect"):
		return Result{Outcome: report.TryOpen}
	case code == 6:
		return Result{report.TryDNS, text}
	case code == 7 && strings.Contains(text, "imed out"):
		return Result{report.TryTimeout, text}
	case code == 7:
		return Result{report.TryRefused, text}
	case code == 28:
		return Result{report.TryTimeout, text}
	case code == 52, code == 56, strings.Contains(text, "reset by peer"):
		return Result{report.TryReset, text}
	default:
		return Result{report.TryFailed, text}
	}
}

func netcat(code int, text string) Result {
	switch lower := strings.ToLower(text); {
	case code == 0:
		return Result{Outcome: report.TryOpen}
	case strings.Contains(lower, "refused"):
		return Result{report.TryRefused, text}
	case strings.Contains(lower, "timed out"), strings.Contains(lower, "timeout"), text == "":
		return Result{report.TryTimeout, text}
	case strings.Contains(lower, "resolve"), strings.Contains(lower, "not known"), strings.Contains(lower, "bad address"):
		return Result{report.TryDNS, text}
	default:
		return Result{report.TryFailed, text}
	}
}

// budget is how long a script may take: the time of each round, and some to start.
func budget(attempts []Attempt, seconds, parallel int) time.Duration {
	rounds := (len(attempts) + parallel - 1) / parallel
	return time.Duration(rounds*(seconds+1)+5) * time.Second
}

// Address is where the attempt connects to.
func (a Attempt) Address() string { return net.JoinHostPort(a.Host, strconv.Itoa(a.Port)) }
