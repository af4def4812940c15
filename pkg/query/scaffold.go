package query

import (
	"fmt"
	"slices"
	"strconv"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/kubectl-netguard/netguard/pkg/frontdoor"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// ScaffoldRequest is what policies are asked for.
type ScaffoldRequest struct {
	// Of is a front door, a Service, a workload or a namespace.
	Of reference.Reference
	// AllowFrom are further clients, and AllowTo what the backend may talk to. A
	// port in them is the backend's, respectively the destination's.
	AllowFrom, AllowTo []reference.Reference
	// KeepAll keeps everybody inside the cluster who can connect today, Keep those
	// named.
	KeepAll bool
	Keep    []reference.Reference
	// Egress isolates the backend's egress, too, and lets it reach DNS.
	Egress bool
	// NamespaceDefaults adds default-deny and allow-same-namespace.
	NamespaceDefaults bool
}

// Scaffold proposes policies that admit to the backends of a reference just its
// front doors and the clients named, lays them over the model, and reports what
// was proven of them. Errors are a [*model.NotFoundError], or say what in the
// request makes no sense.
func Scaffold(m *model.Model, r ScaffoldRequest, o Options) (*report.Scaffold, error) {
	s := &scaffolder{
		engine: &engine{Model: m, Options: o}, request: r,
		out: &report.Scaffold{
			Header: report.NewHeader("Scaffold"), Of: endOf(r.Of), Enforcement: enforcement(m),
			Policies: []report.ProposedPolicy{}, Impact: []report.ImpactRow{},
		},
		needs: map[string]bool{},
	}
	if err := s.run(); err != nil {
		return nil, err
	}
	s.out.Verdict = s.verdict()
	s.out.Gaps = s.gapsFor(s.needs)
	return s.out, nil
}

// scaffolder makes and proves the policies of one request.
type scaffolder struct {
	*engine
	request ScaffoldRequest
	out     *report.Scaffold
	sets    []*backendSet
	needs   map[string]bool
	// after is the engine over the model with the policies in it.
	after *engine
	// today is what everybody has without them, made when it is needed.
	today *state
}

func (s *scaffolder) run() error {
	if err := s.findBackends(); err != nil {
		return err
	}
	if len(s.out.Failed) > 0 {
		return nil
	}
	if of := s.request.Of; len(s.sets) == 0 {
		switch {
		case slices.ContainsFunc(s.out.Notices, func(n report.Notice) bool { return n.Code == report.DoorAnswers }):
			return nil
		case of.Kind != reference.Namespace:
			s.fail(s.endAsked(), report.End{}, report.Denied, report.Hop{Kind: report.HopEndpoint, Reason: report.NoPods, Detail: of.String()})
			return nil
		case !s.request.NamespaceDefaults:
			return fmt.Errorf("namespace %q has no Service that selects pods; name a workload, or add --namespace-defaults", of.Name)
		}
	}
	if err := s.addClients(); err != nil {
		return err
	}
	if err := s.propose(); err != nil {
		return err
	}
	if s.request.KeepAll || len(s.request.Keep) > 0 {
		// Who is cut off shows when the policies are laid over; those to be kept
		// become clients, and the policies are written again.
		if err := s.keepCurrent(); err != nil {
			return err
		}
		s.out.Policies = []report.ProposedPolicy{}
		if err := s.propose(); err != nil {
			return err
		}
	}
	if len(s.out.Failed) > 0 {
		return nil // somebody cannot be named in a rule, so that nothing can be proven
	}
	s.overlay()
	s.prove()
	i := s.impact()
	s.out.Impact, s.out.CutOff = i.rows(), i.cutOff()
	s.out.Beside = i.beside()
	s.notices(i)
	return nil
}

// verdict: what fails for certain settles it.
func (s *scaffolder) verdict() report.Verdict {
	out := report.Allowed
	for _, f := range s.out.Failed {
		out = report.Both(out, f.Verdict)
	}
	return out
}

func (s *scaffolder) endAsked() report.End { return endOf(s.request.Of) }

// fail notes a connection that has to work and does not, for a reason that is
// not a policy's.
func (s *scaffolder) fail(from, to report.End, v report.Verdict, hop report.Hop) {
	hop.Verdict = v
	noteNeeds(s.needs, []report.Hop{hop})
	s.out.Failed = append(s.out.Failed, report.Explanation{
		Header: report.NewHeader("Explanation"), Source: from, Target: to, Verdict: v, Enforcement: enforcement(s.Model),
		Answers: []report.Answer{{
			Verdict: v, Reason: hop.Reason, Source: report.Members{End: from}, Target: report.Members{End: to},
			Ports: []report.PortMapping{}, Hops: []report.Hop{hop},
		}},
	})
}

// failDrafts notes the answers among drafts that are not Allowed, and returns what
// it notes; nil where all are.
func (s *scaffolder) failDrafts(from, to report.End, drafts []*draft) *report.Explanation {
	v, partly := overall(drafts)
	if v == report.Allowed {
		return nil
	}
	x := report.Explanation{
		Header: report.NewHeader("Explanation"), Source: from, Target: to, Verdict: v, Partly: partly, Enforcement: enforcement(s.Model),
	}
	for _, d := range drafts {
		if d.verdict != report.Allowed {
			x.Answers = append(x.Answers, d.answer(reference.Reference{}, reference.Reference{}))
			noteNeeds(s.needs, d.hops)
		}
	}
	s.out.Failed = append(s.out.Failed, x)
	return &s.out.Failed[len(s.out.Failed)-1]
}

func (s *scaffolder) notice(n report.Notice) {
	s.out.Notices = append(s.out.Notices, n)
}

// overlay makes the model in which the policies are applied.
func (s *scaffolder) overlay() {
	b := snapshot.NewBuilder(s.Snapshot)
	for i := range s.out.Policies {
		p := &s.out.Policies[i]
		name := snapshot.Name{Namespace: p.Policy.Namespace, Name: p.Policy.Name}
		p.Replaces = s.Policy(name) != nil
		b.AddPolicy(&snapshot.Policy{Name: name, Spec: *p.Policy.Spec.DeepCopy()})
	}
	s.after = &engine{Model: s.With(b.Snapshot()), Options: s.Options}
}

// backendSet is the pods that one proposed policy selects, and who is to reach
// them on which ports.
type backendSet struct {
	namespace string
	selector  map[string]string
	pods      []model.Party
	services  []*snapshot.Service
	// workload names the pods where no Service does.
	workload report.Object
	ports    []*servedPort
	clients  []*client
	// egress are the destinations that the pods may talk to.
	egress []*client
	name   string
	// rest: the set is what is left of a namespace, and no policy is its own.
	rest bool
}

// lead is the name that the policy is called by.
func (b *backendSet) lead() string {
	if len(b.services) > 0 {
		return b.services[0].Name.Name
	}
	return b.workload.Name
}

func (b *backendSet) objects() []report.Object {
	var out []report.Object
	for _, s := range b.services {
		out = append(out, report.Object{Kind: "Service", Namespace: s.Namespace, Name: s.Name.Name})
	}
	if len(out) == 0 {
		out = append(out, b.workload)
	}
	return out
}

func (b *backendSet) has(p *snapshot.Pod) bool {
	return p != nil && slices.ContainsFunc(b.pods, func(q model.Party) bool { return q.Pod == p })
}

// servedPort is a port by which the pods of a set are reached.
type servedPort struct {
	service *snapshot.Service
	port    *snapshot.ServicePort
	dsts    []model.Destination
}

// client is somebody who is to reach a set.
type client struct {
	end     report.End
	why     report.RuleWhy
	door    *frontdoor.Door
	parties []model.Party
	// preferred are selectors to try first, by namespace.
	preferred map[string][]map[string]string
	// namespace: the client is every pod of it; labels: the client is pods with
	// just these labels.
	namespace string
	labels    *labelled
	ports     []*clientPort
	// detail is where the addresses come from.
	detail string
}

type labelled struct {
	namespace string
	set       map[string]string
}

// clientPort is a port of a rule, with where it is proven.
type clientPort struct {
	policy networkingv1.NetworkPolicyPort
	dsts   []model.Destination
}

// findBackends finds the sets and their doors.
func (s *scaffolder) findBackends() error {
	of := s.request.Of
	switch {
	case of.Form != reference.FormObject:
		return fmt.Errorf("%s is nothing that a policy can be made for; name an Ingress, Gateway, route, Service, workload or namespace", of)
	case frontdoor.IsDoor(of.Kind):
		doors, err := frontdoor.Open(s.Model, of, s.Controllers)
		if err != nil {
			return s.unreadableEnd(err)
		}
		for _, d := range doors {
			s.addDoor(d, true)
		}
		return nil
	case of.Kind == reference.Service:
		service := s.Service(snapshot.Name{Namespace: of.Namespace, Name: of.Name})
		if service == nil {
			return s.unreadableEnd(s.Absent(of))
		}
		s.addService(service, of.Port, true)
	case of.Kind == reference.Namespace:
		if _, err := s.Resolve(of); err != nil {
			return s.unreadableEnd(err)
		}
		for _, service := range s.ServicesIn(of.Name) {
			if len(service.Selector) > 0 && len(s.Selected(of.Name, service.Selector)) > 0 {
				s.addService(service, reference.Port{}, false)
			}
		}
		s.strays(of.Name)
	case of.Kind.IsWorkload() || of.Kind == reference.Pod:
		if err := s.addWorkload(of); err != nil {
			return s.unreadableEnd(err)
		}
	default:
		return fmt.Errorf("no policy is made for a %s; name an Ingress, Gateway, route, Service, workload or namespace", of.Kind)
	}
	s.leadingDoors()
	return nil
}

// unreadableEnd turns what could not be read into an undecided report.
func (s *scaffolder) unreadableEnd(err error) error {
	u, ok := err.(*model.UnreadableError) //nolint:errorlint // the model returns the type itself
	if !ok {
		return err
	}
	s.fail(s.endAsked(), report.End{}, report.Unknown, report.Hop{
		Kind: report.HopEndpoint, Reason: report.NotRead, Needs: []string{u.Gap.Need.Permission()},
	})
	return nil
}

// addDoor adds the backends of a door, with the door as their client. With all
// false, only those backends are taken that are in a set already.
func (s *scaffolder) addDoor(d *frontdoor.Door, all bool) {
	end := doorEnd(d)
	if d.DataPlane.Problem != "" {
		problem := s.doorProblem(d, reference.Reference{})
		if all {
			s.fail(end, report.End{}, problem.verdict, problem.hops[0])
		} else if d.DataPlane.Problem == report.NotRead {
			s.doorsUnread(d.DataPlane.Detail)
		} else {
			s.notice(report.Notice{Code: report.OtherDoor, Of: &end, Detail: string(d.DataPlane.Problem)})
		}
		return
	}
	if why := unnamed(d); why != "" {
		if all {
			v := report.Unknown
			if why == report.NoPeerMatches {
				v = report.Denied
			}
			s.fail(end, report.End{}, v, report.Hop{Kind: report.HopRoute, Reason: why, Detail: outsideName(d)})
		}
		return
	}
	unread := s.unreadRoutes(d)
	if all && len(d.Routes) == 0 && len(unread) > 0 {
		s.fail(end, report.End{}, report.Unknown, report.Hop{Kind: report.HopRoute, Reason: report.NotRead, Needs: unread})
		return
	}
	if all && len(d.Routes) == 0 {
		s.fail(end, report.End{}, report.Denied, report.Hop{Kind: report.HopRoute, Reason: report.NoRoutes, Object: &d.Object})
		return
	}
	if redirect := onlyRedirects(d); all && redirect != 0 {
		s.fail(end, report.End{}, report.Denied, report.Hop{Kind: report.HopRoute, Reason: report.Redirected, Object: &d.Object, Detail: strconv.Itoa(redirect)})
		return
	}
	s.askedBy(d)
	for _, b := range backends(d) {
		r := b.first()
		if r.Broken == report.AnsweredByDoor {
			if all {
				s.notice(report.Notice{Code: report.DoorAnswers, Of: &end, Detail: r.Detail})
			}
			continue
		}
		if broken, hops := s.brokenBackend(d, b); broken {
			if all && !r.Mirror {
				v, _ := overall([]*draft{{outcome: conclude(hops)}})
				s.fail(end, report.End{Kind: "Service", Namespace: r.Backend.Namespace, Name: r.Backend.Name}, v, hops[len(hops)-1])
			}
			continue
		}
		var inside []model.Destination
		for _, dst := range r.Destinations {
			if dst.Pod != nil && !dst.Host() {
				inside = append(inside, dst)
			}
		}
		var service *snapshot.Service
		if r.Backend.Kind == "Service" {
			service = s.Service(snapshot.Name{Namespace: r.Backend.Namespace, Name: r.Backend.Name})
		}
		if all && service == nil && r.Redirect == 0 {
			hop := report.Hop{Kind: report.HopRoute, Reason: report.ResourceBackend, Detail: r.Backend.Kind + "/" + r.Backend.Name}
			s.fail(end, report.End{Kind: r.Backend.Kind, Namespace: r.Backend.Namespace, Name: r.Backend.Name}, report.Unknown, hop)
			continue
		}
		if all && service != nil && len(inside) < len(r.Destinations) {
			s.outsideBackend(end, service, r.Destinations, len(inside) == 0)
		}
		if len(inside) == 0 || service == nil {
			continue
		}
		for _, set := range s.setsOf(service, inside, all) {
			s.admitDoor(set, d, service, inside)
		}
	}
}

// onlyRedirects is the status with which a door answers all requests itself, so that
// there is no backend to make a policy for; 0 where it does not.
func onlyRedirects(d *frontdoor.Door) int {
	status := 0
	for _, r := range d.Routes {
		if status = r.Redirect; status == 0 || r.Broken != "" {
			return 0
		}
	}
	return status
}

// unnamed says why no rule can name a door's data plane: only the user knows its
// addresses, or it is nothing that a peer of a NetworkPolicy can match.
func unnamed(d *frontdoor.Door) report.Reason {
	plane := &d.DataPlane
	if slices.ContainsFunc(plane.Parties, func(p model.Party) bool { return p.Identity }) {
		return report.NoPeerMatches
	}
	if plane.Anywhere {
		return report.ControllerOutside
	}
	for _, r := range d.Routes {
		if plane.ThroughNodes && r.Broken == "" && keepsAddress(r.Destinations) {
			return report.ControllerOutside
		}
	}
	return ""
}

func outsideName(d *frontdoor.Door) string {
	for _, p := range d.DataPlane.Parties {
		if p.External != "" {
			return p.External
		}
	}
	return ""
}

// outsideBackend notes destinations that are no pods with addresses of their own.
func (s *scaffolder) outsideBackend(door report.End, service *snapshot.Service, dsts []model.Destination, only bool) {
	object := []report.Object{{Kind: "Service", Namespace: service.Namespace, Name: service.Name.Name}}
	for _, d := range dsts {
		if d.Host() && only {
			s.fail(door, report.End{Kind: "Service", Namespace: service.Namespace, Name: service.Name.Name}, report.Denied,
				report.Hop{Kind: report.HopIngress, Reason: report.NotPoliced, Object: &object[0]})
			return
		}
	}
	s.notice(report.Notice{Code: report.OutsideBackend, Of: &door, Objects: object})
}

// brokenBackend tells whether the way to a backend ends before any pod.
func (s *scaffolder) brokenBackend(d *frontdoor.Door, b *doorBackend) (bool, []report.Hop) {
	r := b.first()
	if r.Broken != "" {
		return true, s.leavingDoor(d, b)[0].hops
	}
	for _, dst := range r.Destinations {
		if dst.Broken != "" {
			return true, s.serviceHop(pair{dst: dst})
		}
	}
	return false, nil
}

// setsOf returns the sets that hold the pods of destinations: the Service's own,
// made if it is not there, or with create false those that exist.
func (s *scaffolder) setsOf(service *snapshot.Service, dsts []model.Destination, create bool) []*backendSet {
	if create {
		if set := s.serviceSet(service, dsts); set != nil {
			return []*backendSet{set}
		}
		return nil
	}
	var out []*backendSet
	for _, set := range s.sets {
		if slices.ContainsFunc(dsts, func(d model.Destination) bool { return set.has(d.Pod) }) {
			out = append(out, set)
		}
	}
	return out
}

// serviceSet finds or makes the set of a Service's pods.
func (s *scaffolder) serviceSet(service *snapshot.Service, dsts []model.Destination) *backendSet {
	var pods []*snapshot.Pod
	selector := service.Selector
	if len(selector) > 0 {
		for _, p := range s.Selected(service.Namespace, selector) {
			if !p.Finished() && !p.HostNetwork {
				pods = append(pods, p)
			}
		}
	} else {
		for _, d := range dsts {
			if d.Pod != nil && !slices.Contains(pods, d.Pod) {
				pods = append(pods, d.Pod)
			}
		}
		var extras []*snapshot.Pod
		selector, extras = s.selectorFor(pods, nil)
		if len(pods) == 0 || len(extras) > 0 || len(selector) == 0 {
			object := report.Object{Kind: "Service", Namespace: service.Namespace, Name: service.Name.Name}
			s.fail(s.endAsked(), report.End{Kind: "Service", Namespace: service.Namespace, Name: service.Name.Name}, report.Denied,
				report.Hop{Kind: report.HopIngress, Reason: report.NotPoliced, Object: &object})
			return nil
		}
	}
	return s.set(service.Namespace, selector, pods, service, report.Object{})
}

// set finds the set of just these pods, or adds one.
func (s *scaffolder) set(namespace string, selector map[string]string, pods []*snapshot.Pod, service *snapshot.Service, workload report.Object) *backendSet {
	for _, set := range s.sets {
		if set.namespace != namespace || len(set.pods) != len(pods) {
			continue
		}
		if !slices.ContainsFunc(pods, func(p *snapshot.Pod) bool { return !set.has(p) }) {
			if service != nil && !slices.Contains(set.services, service) {
				set.services = append(set.services, service)
				slices.SortFunc(set.services, func(a, b *snapshot.Service) int { return a.Name.Compare(b.Name) })
				if len(selector) < len(set.selector) {
					// Of two selectors that mean the same pods today, the wider one
					// also holds for those of tomorrow.
					set.selector = selector
				}
			}
			return set
		}
	}
	set := &backendSet{namespace: namespace, selector: selector, workload: workload}
	for _, p := range pods {
		set.pods = append(set.pods, model.Party{Pod: p})
	}
	if service != nil {
		set.services = []*snapshot.Service{service}
	}
	s.sets = append(s.sets, set)
	return set
}

// admitDoor makes a door's data plane a client of a set, on the ports by which
// the door sends.
func (s *scaffolder) admitDoor(set *backendSet, d *frontdoor.Door, service *snapshot.Service, dsts []model.Destination) {
	var own []model.Destination
	for _, dst := range dsts {
		if set.has(dst.Pod) {
			own = append(own, dst)
		}
	}
	served := s.serve(set, service, own)
	for _, c := range set.clients {
		if c.door != nil && c.door.Object == d.Object {
			c.addPorts(s.clientPorts(set, served))
			return
		}
	}
	c := &client{
		end: doorEnd(d), why: report.WhyDoor, door: d, parties: s.planeParties(d), ports: s.clientPorts(set, served),
		preferred: map[string][]map[string]string{},
	}
	if e := d.DataPlane.Entry; e != nil && len(e.Selector) > 0 {
		c.preferred[e.Namespace] = append(c.preferred[e.Namespace], e.Selector)
	}
	c.detail = evidenceOf(d)
	set.clients = append(set.clients, c)
}

// evidenceOf is the last thing that told what the data plane is.
func evidenceOf(d *frontdoor.Door) string {
	for _, e := range slices.Backward(d.DataPlane.Evidence) {
		if e.Found {
			return e.Detail
		}
	}
	return ""
}

// serve notes the Service ports by which destinations are reached.
func (s *scaffolder) serve(set *backendSet, service *snapshot.Service, dsts []model.Destination) []*servedPort {
	var out []*servedPort
	for _, group := range fold(dsts, func(d model.Destination) string {
		if d.ServicePort == nil {
			return fmt.Sprint(d.Port.Protocol, d.Port.Pod)
		}
		return fmt.Sprint(d.ServicePort.Protocol, d.ServicePort.Port, d.ServicePort.Name)
	}) {
		p := &servedPort{service: service, port: group[0].ServicePort, dsts: group}
		at := slices.IndexFunc(set.ports, func(q *servedPort) bool { return q.same(p) })
		if at < 0 {
			set.ports = append(set.ports, p)
			out = append(out, p)
			continue
		}
		out = append(out, set.ports[at])
	}
	return out
}

func (p *servedPort) same(q *servedPort) bool {
	if p.service != q.service {
		return false
	}
	if p.port == nil || q.port == nil {
		return p.port == q.port && p.dsts[0].Port == q.dsts[0].Port
	}
	return p.port.Port == q.port.Port && p.port.Protocol == q.port.Protocol && p.port.Name == q.port.Name
}

// addService adds a Service's pods with all its ports.
func (s *scaffolder) addService(service *snapshot.Service, asked reference.Port, must bool) {
	end := report.End{Kind: "Service", Namespace: service.Namespace, Name: service.Name.Name}
	dsts, err := s.Destinations(reference.Reference{Kind: reference.Service, Namespace: service.Namespace, Name: service.Name.Name, Port: asked})
	if err != nil {
		return
	}
	var inside []model.Destination
	for _, d := range dsts {
		if d.Broken != "" {
			if must {
				hops := s.serviceHop(pair{dst: d})
				s.fail(s.endAsked(), end, conclude(hops).verdict, hops[0])
			}
			continue
		}
		if d.Pod != nil && !d.Host() && d.Pod.Namespace == service.Namespace {
			inside = append(inside, d)
		}
	}
	if len(inside) == 0 {
		if must && len(s.out.Failed) == 0 {
			s.outsideBackend(s.endAsked(), service, dsts, true)
			object := report.Object{Kind: "Service", Namespace: service.Namespace, Name: service.Name.Name}
			if len(s.out.Failed) == 0 {
				s.fail(s.endAsked(), end, report.Denied, report.Hop{Kind: report.HopIngress, Reason: report.NotPoliced, Object: &object})
			}
		}
		return
	}
	if set := s.serviceSet(service, inside); set != nil {
		s.serve(set, service, inside)
	}
}

// addWorkload adds a workload's pods with the ports that they declare.
func (s *scaffolder) addWorkload(of reference.Reference) error {
	parties, err := s.Resolve(of)
	if err != nil {
		return err
	}
	object := report.Object{Kind: string(of.Kind), Namespace: of.Namespace, Name: of.Name}
	var pods []*snapshot.Pod
	for _, p := range parties {
		if p.Host() {
			s.fail(s.endAsked(), s.endAsked(), report.Denied, report.Hop{Kind: report.HopIngress, Reason: report.NotPoliced, Object: &object})
			return nil
		}
		pods = append(pods, p.Pod)
	}
	if len(pods) == 0 {
		return nil
	}
	var preferred []map[string]string
	if w := s.Workload(string(of.Kind), snapshot.Name{Namespace: of.Namespace, Name: of.Name}); w != nil && len(w.Selector) > 0 {
		preferred = append(preferred, model.StableLabels(w.Selector))
	}
	selector, extras := s.selectorFor(pods, preferred)
	if len(selector) == 0 || len(extras) > 0 {
		detail := ""
		if len(extras) > 0 {
			detail = extras[0].Name.String()
		}
		s.fail(s.endAsked(), s.endAsked(), report.Denied, report.Hop{Kind: report.HopIngress, Reason: report.NoOwnLabels, Object: &object, Detail: detail})
		return nil
	}
	set := s.set(of.Namespace, selector, pods, nil, object)
	var dsts []model.Destination
	for _, p := range set.pods {
		for _, port := range s.PortsOf(p, of.Port) {
			dsts = append(dsts, model.Destination{Party: p, Addresses: p.Addresses(), Port: port})
		}
	}
	s.serve(set, nil, dsts)
	return nil
}

// strays notes the workloads of a namespace that no Service selects.
func (s *scaffolder) strays(namespace string) {
	var out []report.Object
	for _, p := range s.PodsIn(namespace) {
		if p.Finished() || p.HostNetwork || slices.ContainsFunc(s.sets, func(b *backendSet) bool { return b.has(p) }) {
			continue
		}
		kind, name := s.TopOwner(p)
		if o := (report.Object{Kind: kind, Namespace: name.Namespace, Name: name.Name}); !slices.Contains(out, o) {
			out = append(out, o)
		}
	}
	if len(out) > 0 && !s.request.NamespaceDefaults {
		s.notice(report.Notice{Code: report.NoPolicyFor, Objects: out})
	}
}

// leadingDoors makes the front doors that lead to the sets their clients.
func (s *scaffolder) leadingDoors() {
	for _, d := range s.everyDoor() {
		s.addDoor(d, false)
	}
	for _, r := range append(append([]snapshot.Resource{snapshot.Ingresses, snapshot.Gateways, snapshot.Services}, snapshot.OtherDoors()...), routeKinds()...) {
		if gap := s.Hidden(r, ""); gap != nil {
			s.doorsUnread(gap.Need.Permission())
		}
	}
}

// doorsUnread notes, once, a permission whose absence may hide a front door.
func (s *scaffolder) doorsUnread(permission string) {
	unread := report.Notice{Code: report.DoorsUnread, Detail: permission}
	if !slices.ContainsFunc(s.out.Notices, func(n report.Notice) bool { return n.Code == unread.Code && n.Detail == permission }) {
		s.notice(unread)
	}
}

// everyDoor opens every Ingress and Gateway that was read.
func (e *engine) everyDoor() []*frontdoor.Door {
	var out []*frontdoor.Door
	for _, r := range e.doorRefs() {
		if doors, err := frontdoor.Open(e.Model, r, e.Controllers); err == nil {
			out = append(out, doors...)
		}
	}
	return out
}

// doorRefs are the Ingresses and Gateways that were read.
func (e *engine) doorRefs() []reference.Reference {
	var out []reference.Reference
	for _, i := range e.Ingresses() {
		out = append(out, reference.Reference{Kind: reference.Ingress, Namespace: i.Namespace, Name: i.Name.Name})
	}
	for _, g := range e.Gateways() {
		out = append(out, reference.Reference{Kind: reference.Gateway, Namespace: g.Namespace, Name: g.Name.Name})
	}
	return append(out, frontdoor.OtherRefs(e.Snapshot)...)
}
