package hostile

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"time"
)

// faults are the ways to misbehave, by name.
func faults() map[string]fault {
	return map[string]fault{
		"429":                   always(status(http.StatusTooManyRequests, "TooManyRequests", "slow down", "Retry-After", "1")),
		"429 for an hour":       always(status(http.StatusTooManyRequests, "TooManyRequests", "slow down", "Retry-After", "3600")),
		"500":                   always(status(http.StatusInternalServerError, "InternalError", "etcdserver: request timed out")),
		"500 once":              once(status(http.StatusInternalServerError, "InternalError", "etcdserver: leader changed")),
		"503 of a proxy":        always(page(http.StatusServiceUnavailable, "<html><h1>503 Service Unavailable</h1>\nNo server is available\x1b[31m</html>")),
		"502 without words":     always(page(http.StatusBadGateway, "")),
		"403":                   always(status(http.StatusForbidden, "Forbidden", "not for you")),
		"404 of a proxy":        always(page(http.StatusNotFound, "<html>no backend for this path</html>")),
		"410":                   always(status(http.StatusGone, "Expired", "too old")),
		"login page":            always(page(http.StatusOK, "<html>Please log in</html>")),
		"redirect to a login":   always(redirect),
		"JSON of somebody else": always(data(`{"error": "login required"}`)),
		"empty JSON":            always(data(`{}`)),
		"another kind":          always(data(`{"apiVersion": "v1", "kind": "Status", "metadata": {}, "status": "Failure", "message": "no", "code": 500}`)),
		"empty body":            always(data("")),
		"cut connection":        always(func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }),
		"cut connection once":   once(func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }),
		"cut body":              cutBody(true),
		"short body":            cutBody(false),
		"hangs":                 always(hang),
		"hangs in the body":     hangInBody,
	}
}

func always(answer http.HandlerFunc) fault {
	return func(w http.ResponseWriter, r *http.Request, _ int, _ http.Handler) { answer(w, r) }
}

func once(answer http.HandlerFunc) fault {
	return func(w http.ResponseWriter, r *http.Request, hit int, next http.Handler) {
		if hit == 1 {
			answer(w, r)
			return
		}
		next.ServeHTTP(w, r)
	}
}

// status is a refusal as API servers word it. headers are pairs.
func status(code int, reason, message string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(code)
		fmt.Fprintf(w, `{"apiVersion":"v1","kind":"Status","metadata":{},"status":"Failure","reason":%q,"message":%q,"code":%d}`, reason, message, code)
	}
}

// page is an answer of something in between that knows no Kubernetes.
func page(code int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(code)
		fmt.Fprint(w, body)
	}
}

func data(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, body)
	}
}

// redirect leads to a page that everybody may see; the proxy has one.
func redirect(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "/login", http.StatusFound)
}

// hang says nothing until the client has gone.
func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// hangInBody sends half an answer.
func hangInBody(w http.ResponseWriter, r *http.Request, _ int, next http.Handler) {
	answer := fetch(r, next)
	copyHeader(w, answer, len(answer.Body.Bytes()))
	_, _ = w.Write(answer.Body.Bytes()[:answer.Body.Len()/2])
	_ = http.NewResponseController(w).Flush()
	<-r.Context().Done()
}

// cutBody sends two thirds of an answer; announced says whether the length that it announces is that of the whole.
func cutBody(announced bool) fault {
	return func(w http.ResponseWriter, r *http.Request, _ int, next http.Handler) {
		answer := fetch(r, next)
		part := answer.Body.Bytes()[:answer.Body.Len()*2/3]
		if !announced {
			copyHeader(w, answer, len(part))
			_, _ = w.Write(part)
			return
		}
		copyHeader(w, answer, answer.Body.Len())
		_, _ = w.Write(part)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// fetch is the API server's own answer.
func fetch(r *http.Request, next http.Handler) *httptest.ResponseRecorder {
	r.Header.Del("Accept-Encoding")
	answer := httptest.NewRecorder()
	next.ServeHTTP(answer, r)
	return answer
}

func copyHeader(w http.ResponseWriter, answer *httptest.ResponseRecorder, length int) {
	for key, values := range answer.Header() {
		w.Header()[key] = values
	}
	w.Header().Set("Content-Length", strconv.Itoa(length))
	w.WriteHeader(answer.Code)
}

// lasting says whether a fault goes on until somebody loses patience: netguard's user, or client-go, which tries ten times
// to get an answer out of a connection that breaks.
func lasting(name string) bool {
	switch name {
	case "429", "429 for an hour", "hangs", "hangs in the body", "cut connection":
		return true
	}
	return false
}

// thorough says whether all questions are asked: once for a refusal, for a failure, and for half an answer. Between faults of
// one sort netguard itself makes no difference.
func thorough(name string) bool {
	switch name {
	case "403", "500", "short body":
		return true
	}
	return false
}

// patience is --request-timeout for faults that last, and for those that do not: long enough that a busy machine does not
// make a fault of its own.
const (
	shortPatience = time.Second
	longPatience  = time.Minute
)
