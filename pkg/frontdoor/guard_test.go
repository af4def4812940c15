package frontdoor_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/address"
	"github.com/kubectl-netguard/netguard/pkg/frontdoor"
	"github.com/kubectl-netguard/netguard/pkg/guard"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// verdicts are what guards together say of some addresses, one letter each: yes, no, unknown.
func verdicts(guards []guard.Guard, addresses ...string) string {
	var out strings.Builder
	for _, text := range addresses {
		v := report.Allowed
		a := netip.MustParseAddr(text)
		for _, g := range guards {
			v = report.Both(v, g.Admits(address.Block{Prefix: netip.PrefixFrom(a, a.BitLen())}))
		}
		out.WriteString(map[report.Verdict]string{report.Allowed: "y", report.Denied: "n", report.Unknown: "?"}[v])
	}
	return out.String()
}

func quoted(pairs string) string {
	var out []string
	for _, line := range strings.Split(strings.TrimSpace(pairs), "\n") {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), ": "); ok {
			out = append(out, fmt.Sprintf("%q: %q", key, value))
		}
	}
	return "annotations: {" + strings.Join(out, ", ") + "}"
}

// TestIngressGuards: what annotations of an Ingress say of a client on the internet, one in
// 203.0.113.0/24 of it, and one with a private address.
func TestIngressGuards(t *testing.T) {
	const nginx, alb, haproxy, community = "k8s.io/ingress-nginx", "ingress.k8s.aws/alb", "haproxy.org/ingress-controller", "haproxy-ingress.github.io/controller"
	for name, c := range map[string]struct{ controller, annotations, status, want string }{
		"nothing":                     {nginx, "", "", "yyy"},
		"unrelated":                   {nginx, "nginx.ingress.kubernetes.io/proxy-body-size: 10.0.0.0/8", "", "yyy"},
		"nginx allows":                {nginx, "nginx.ingress.kubernetes.io/allowlist-source-range: 203.0.113.0/24, 10.0.0.1", "", "nyy"},
		"nginx allows by old name":    {nginx, "nginx.ingress.kubernetes.io/whitelist-source-range: 203.0.113.0/24", "", "nyn"},
		"nginx, the new name counts":  {nginx, "nginx.ingress.kubernetes.io/whitelist-source-range: 0.0.0.0/0\nnginx.ingress.kubernetes.io/allowlist-source-range: 10.0.0.0/8", "", "nny"},
		"nginx denies":                {nginx, "nginx.ingress.kubernetes.io/denylist-source-range: 203.0.113.0/24", "", "yny"},
		"nginx denies first":          {nginx, "nginx.ingress.kubernetes.io/denylist-source-range: 203.0.113.4\nnginx.ingress.kubernetes.io/whitelist-source-range: 203.0.113.0/24", "", "nnn"},
		"nginx, no address":           {nginx, "nginx.ingress.kubernetes.io/whitelist-source-range: everybody", "", "???"},
		"nginx, empty":                {nginx, "nginx.ingress.kubernetes.io/whitelist-source-range: ", "", "yyy"},
		"nginx, either will do":       {nginx, "nginx.ingress.kubernetes.io/whitelist-source-range: 10.0.0.0/8\nnginx.ingress.kubernetes.io/satisfy: any\nnginx.ingress.kubernetes.io/auth-type: basic", "", "??y"},
		"nginx, satisfy alone":        {nginx, "nginx.ingress.kubernetes.io/whitelist-source-range: 10.0.0.0/8\nnginx.ingress.kubernetes.io/satisfy: any", "", "nny"},
		"nginx, a snippet denies":     {nginx, "nginx.ingress.kubernetes.io/server-snippet: deny all;", "", "???"},
		"nginx, a snippet answers":    {nginx, "nginx.ingress.kubernetes.io/configuration-snippet: if ($host = a) { return 403; }", "", "???"},
		"nginx, a snippet of headers": {nginx, `nginx.ingress.kubernetes.io/configuration-snippet: add_header X-Denying all;`, "", "yyy"},
		"another controller's list":   {haproxy, "nginx.ingress.kubernetes.io/whitelist-source-range: 10.0.0.0/8", "", "yyy"},
		"haproxy allows":              {haproxy, "haproxy.org/allow-list: 203.0.113.0/24", "", "nyn"},
		"haproxy whitelists":          {haproxy, "haproxy.org/whitelist: 10.0.0.0/8", "", "nny"},
		"haproxy denies":              {haproxy, "haproxy.org/deny-list: 203.0.113.0/24, 2001:db8::1", "", "yny"},
		"haproxy, a file":             {haproxy, "haproxy.org/allow-list: patterns/list", "", "???"},
		"haproxy ingress allows":      {community, "haproxy-ingress.github.io/allowlist-source-range: 203.0.113.0/24", "", "nyn"},
		"haproxy ingress, exceptions": {community, "haproxy-ingress.github.io/allowlist-source-range: 0.0.0.0/0,!203.0.113.0/24", "", "yny"},
		"haproxy ingress, old prefix": {community, "ingress.kubernetes.io/whitelist-source-range: 10.0.0.0/8", "", "nny"},
		"haproxy ingress denies":      {community, "haproxy-ingress.github.io/denylist-source-range: 203.0.113.0/24", "", "yny"},
		"haproxy ingress by a header": {community, "haproxy-ingress.github.io/allowlist-source-range: 10.0.0.0/8\nhaproxy-ingress.github.io/allowlist-source-header: X-Real-IP", "", "??y"},
		"alb by default":              {alb, "", "", "nny"},
		"alb internal":                {alb, "alb.ingress.kubernetes.io/scheme: internal", "", "nny"},
		"alb on the internet":         {alb, "alb.ingress.kubernetes.io/scheme: internet-facing", "", "yyy"},
		"alb, no such scheme":         {alb, "alb.ingress.kubernetes.io/scheme: public", "", "???"},
		"alb, its name says internal": {alb, "alb.ingress.kubernetes.io/scheme: internet-facing", "hostname: internal-k8s-a.eu-west-1.elb.amazonaws.com", "nny"},
		"alb, its name says public":   {alb, "", "hostname: k8s-a.eu-west-1.elb.amazonaws.com", "yyy"},
		"alb limits":                  {alb, "alb.ingress.kubernetes.io/scheme: internet-facing\nalb.ingress.kubernetes.io/inbound-cidrs: 203.0.113.0/24", "", "nyn"},
		"alb limits by groups":        {alb, "alb.ingress.kubernetes.io/scheme: internet-facing\nalb.ingress.kubernetes.io/inbound-cidrs: 203.0.113.0/24\nalb.ingress.kubernetes.io/security-groups: web", "", "???"},
		"alb limits by prefix lists":  {alb, "alb.ingress.kubernetes.io/scheme: internet-facing\nalb.ingress.kubernetes.io/inbound-cidrs: 203.0.113.0/24\nalb.ingress.kubernetes.io/security-group-prefix-lists: pl-1", "", "?y?"},
		"agic, private":               {"azure/application-gateway", "appgw.ingress.kubernetes.io/use-private-ip: true", "", "nny"},
		"agic, public":                {"azure/application-gateway", "appgw.ingress.kubernetes.io/use-private-ip: false", "", "yyy"},
		"f5, a snippet":               {"nginx.org/ingress-controller", "nginx.org/location-snippets: allow 10.0.0.0/8;", "", "???"},
		"f5, policies":                {"nginx.org/ingress-controller", "nginx.org/policies: office-only", "", "???"},
		"a private address":           {nginx, "", "ip: 10.1.1.1", "nny"},
		"a node's address":            {nginx, "", "ip: 192.168.0.1", "yyy"},
		"a public address":            {nginx, "", "ip: 198.51.100.1", "yyy"},
	} {
		t.Run(name, func(t *testing.T) {
			m := modelOf(t, backend, class("c", c.controller), ingress(quoted(c.annotations), "c", c.status),
				pod("edge/ctl", "app: ctl", "10.9.9.9", "--controller-class="+c.controller, webPorts, ""),
				object("v1", "Node", "n1", "", "status: {addresses: [{type: InternalIP, address: 192.168.0.1}]}"))
			doors, err := frontdoor.Open(m, reference.Reference{Kind: reference.Ingress, Namespace: "bank", Name: "app"}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := verdicts(doors[0].Guards, "198.51.100.9", "203.0.113.4", "10.0.0.1"); got != c.want {
				t.Errorf("%s, want %s: %+v", got, c.want, doors[0].Guards)
			}
			for _, g := range doors[0].Guards {
				if g.Object.Name == "" || g.Field == "" || !strings.HasPrefix(g.Source, "https://") {
					t.Errorf("%+v does not say where it is written, or why it means that", g.Guard)
				}
			}
		})
	}
}

// TestServiceGuards: the same for a load balancer's Service.
func TestServiceGuards(t *testing.T) {
	const beta = "service.beta.kubernetes.io/"
	for name, c := range map[string]struct{ annotations, spec, status, want string }{
		"nothing":                {"", "", "", "yyy"},
		"not a load balancer":    {"networking.gke.io/load-balancer-type: Internal", "type: NodePort, ", "", "yyy"},
		"gke":                    {"networking.gke.io/load-balancer-type: Internal", "", "", "nny"},
		"gke, formerly":          {"cloud.google.com/load-balancer-type: internal", "", "", "nny"},
		"gke external":           {"networking.gke.io/load-balancer-type: External", "", "", "yyy"},
		"azure":                  {beta + "azure-load-balancer-internal: true", "", "", "nny"},
		"aws, formerly":          {beta + "aws-load-balancer-internal: 0.0.0.0/0", "", "", "nny"},
		"aws, not":               {beta + "aws-load-balancer-internal: false", "", "", "yyy"},
		"aws scheme":             {beta + "aws-load-balancer-scheme: internal", "", "", "nny"},
		"aws, no such scheme":    {beta + "aws-load-balancer-scheme: inside", "", "", "???"},
		"aws controller":         {beta + "aws-load-balancer-type: external", "", "", "nny"},
		"aws in tree":            {beta + "aws-load-balancer-type: nlb", "", "", "yyy"},
		"aws controller, public": {beta + "aws-load-balancer-type: external\n" + beta + "aws-load-balancer-scheme: internet-facing", "", "", "yyy"},
		"aws class":              {"", "loadBalancerClass: service.k8s.aws/nlb, ", "", "nny"},
		"another class":          {"", "loadBalancerClass: example.com/lb, ", "", "yyy"},
		"ibm":                    {"service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type: private", "", "", "nny"},
		"openstack":              {beta + "openstack-internal-load-balancer: true", "", "", "nny"},
		"oracle":                 {beta + "oci-load-balancer-internal: true", "", "", "nny"},
		"tencent":                {"service.kubernetes.io/qcloud-loadbalancer-internal-subnetid: subnet-1", "", "", "nny"},
		"alibaba":                {beta + "alibaba-cloud-loadbalancer-address-type: intranet", "", "", "nny"},
		"digitalocean":           {beta + "do-loadbalancer-network: INTERNAL", "", "", "nny"},
		"hetzner":                {"load-balancer.hetzner.cloud/disable-public-network: true", "", "", "nny"},
		"an internal name":       {"", "", "hostname: internal-a.elb.amazonaws.com", "nny"},
		"a name like it":         {"", "", "hostname: internal-a.example.com", "yyy"},
		"a private address":      {"", "", "ip: 172.16.0.9", "nny"},
		"one of two is private":  {"", "", "{ip: 172.16.0.9}, {ip: 198.51.100.1}", "yyy"},
		"a node's address":       {"", "", "ip: 192.168.0.1", "yyy"},
		"ranges":                 {"", "loadBalancerSourceRanges: [203.0.113.0/24], ", "", "nyn"},
		"ranges, one is none":    {"", "loadBalancerSourceRanges: [203.0.113.0/24, all], ", "", "?y?"},
		"ranges, all are none":   {"", "loadBalancerSourceRanges: [all], ", "", "???"},
		"ranges, annotated":      {beta + "load-balancer-source-ranges: 203.0.113.0/24", "", "", "nyn"},
		"ranges, the field wins": {beta + "load-balancer-source-ranges: 0.0.0.0/0", "loadBalancerSourceRanges: [203.0.113.0/24], ", "", "nyn"},
		"azure ranges":           {beta + "azure-allowed-ip-ranges: 203.0.113.0/24", "", "", "nyn"},
		"azure ranges and tags":  {beta + "azure-allowed-ip-ranges: 203.0.113.0/24\n" + beta + "azure-allowed-service-tags: Storage", "", "", "?y?"},
		"digitalocean denies":    {beta + "do-loadbalancer-deny-rules: cidr:203.0.113.0/24,ip:198.51.100.9", "", "", "nny"},
		"alibaba's list":         {beta + "alibaba-cloud-loadbalancer-acl-status: on\n" + beta + "alibaba-cloud-loadbalancer-acl-id: acl-1", "", "", "???"},
		"security groups":        {beta + "aws-load-balancer-security-groups: sg-1", "", "", "???"},
		"unrelated":              {beta + "aws-load-balancer-connection-idle-timeout: 60", "", "", "yyy"},
	} {
		t.Run(name, func(t *testing.T) {
			spec := c.spec
			if !strings.Contains(spec, "type: ") {
				spec += "type: LoadBalancer, "
			}
			status := c.status
			if status != "" && !strings.HasPrefix(status, "{") {
				status = "{" + status + "}"
			}
			m := modelOf(t, backend, object("v1", "Service", "bank/lb", quoted(c.annotations), "spec: {"+spec+"ports: [{port: 80}]}, status: {loadBalancer: {ingress: ["+status+"]}}"),
				object("v1", "Node", "n1", "", "status: {addresses: [{type: InternalIP, address: 192.168.0.1}]}"))
			guards := guard.OfService(m, m.Service(snapshot.Name{Namespace: "bank", Name: "lb"}))
			if got := verdicts(guards, "198.51.100.9", "203.0.113.4", "10.0.0.1"); got != c.want {
				t.Errorf("%s, want %s: %+v", got, c.want, guards)
			}
		})
	}
}

// TestAuthURL: whom ingress-nginx asks.
func TestAuthURL(t *testing.T) {
	for url, want := range map[string]string{
		"http://app.bank.svc.cluster.local/check":           "Asks bank/app 80",
		"https://app.bank.svc:8443/check":                   "Asks bank/app 8443",
		"http://gone.bank.svc.cluster.local/check":          "Asks bank/gone 80: BackendMissing",
		"https://login.example.com/oauth2/auth":             "Asks outside login.example.com",
		"https://$host/oauth2/auth":                         "Unknown NotEvaluated",
		"::":                                                "Unknown Invalid",
		"http://app.bank.svc.cluster.local:80/x?rd=$scheme": "Asks bank/app 80",
	} {
		m := modelOf(t, backend, class("c", "k8s.io/ingress-nginx"), ingress(quoted("nginx.ingress.kubernetes.io/auth-url: "+url), "c", ""),
			pod("edge/ctl", "app: ctl", "10.9.9.9", "--controller-class=k8s.io/ingress-nginx", webPorts, ""))
		doors, err := frontdoor.Open(m, reference.Reference{Kind: reference.Ingress, Namespace: "bank", Name: "app"}, nil)
		if err != nil || len(doors[0].Guards) != 1 {
			t.Fatalf("%s: %v, %+v", url, err, doors)
		}
		if got := asked(doors[0].Guards[0]); got != want {
			t.Errorf("%s: %s, want %s", url, got, want)
		}
	}
}

func asked(g guard.Guard) string {
	out := string(g.Effect)
	switch {
	case g.Effect == report.GuardUnknown:
		return out + " " + string(g.Doubt)
	case g.AskedOutside != "":
		return out + " outside " + g.AskedOutside
	}
	out += fmt.Sprintf(" %s/%s", g.Asks.Namespace, g.Asks.Name)
	for _, d := range g.Asked {
		switch {
		case d.Broken == report.ServicePortMissing:
			return out + " 8443"
		case d.Broken != "":
			return out + " 80: " + string(d.Broken)
		default:
			return fmt.Sprintf("%s %d", out, d.Port.Service)
		}
	}
	return out
}
