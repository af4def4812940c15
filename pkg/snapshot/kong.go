package snapshot

// Of Kong's Ingress Controller, whose plugins may decide who gets to a door.
const (
	KongPlugins        Resource = "kongplugins"
	KongClusterPlugins Resource = "kongclusterplugins"
)

// KongPlugin is a plugin that Ingresses and Services of its namespace name, as far as it
// decides who gets on (https://developer.konghq.com/kubernetes-ingress-controller/reference/custom-resources/#kongplugin).
type KongPlugin struct {
	KongMeta `json:"metadata"`
	// Plugin is its name in Kong: ip-restriction, …
	Plugin   string `json:"plugin,omitempty"`
	Disabled bool   `json:"disabled,omitempty"`
	// ConsumerRef limits it to requests of one user.
	ConsumerRef string     `json:"consumerRef,omitempty"`
	Config      KongConfig `json:"config"`
	// ConfigFrom and ConfigPatches: the settings, or some of them, are in Secrets.
	ConfigFrom    *struct{}  `json:"configFrom,omitempty"`
	ConfigPatches []struct{} `json:"configPatches,omitempty"`
}

// KongMeta is the metadata of a plugin; a KongClusterPlugin says by label that it binds every
// request, and by annotation to which installation it belongs.
type KongMeta struct {
	Meta
	Labels struct {
		Global string `json:"global,omitempty"`
	} `json:"labels"`
	Annotations struct {
		Class string `json:"kubernetes.io/ingress.class,omitempty"`
	} `json:"annotations"`
}

// KongConfig is what is read of a plugin's settings; Whitelist and Blacklist are the names
// that Allow and Deny had before Kong 2.1.
type KongConfig struct {
	Allow     []string `json:"allow,omitempty"`
	Deny      []string `json:"deny,omitempty"`
	Whitelist []string `json:"whitelist,omitempty"`
	Blacklist []string `json:"blacklist,omitempty"`
	// Trigger is the header or argument that a request must have for the plugin to answer it.
	Trigger string `json:"trigger,omitempty"`
}

// Resource implements [Object].
func (*KongPlugin) Resource() Resource { return KongPlugins }

// Renamed implements [Object].
func (o *KongPlugin) Renamed(n Renamer) Object {
	out := o.renamed("KongPlugin", n)
	return &out
}

func (o *KongPlugin) renamed(kind string, n Renamer) KongPlugin {
	out := *o
	out.Meta = o.Meta.Renamed(kind, n) // the name of a class stays, as classes do
	out.Config.Trigger = ""
	if o.Config.Trigger != "" {
		out.Config.Trigger = "trigger"
	}
	if o.ConsumerRef != "" {
		out.ConsumerRef = "consumer"
	}
	return out
}

// KongClusterPlugin is one that objects of all namespaces may name, or that binds every
// request by the label global: "true".
type KongClusterPlugin struct{ KongPlugin }

// Resource implements [Object].
func (*KongClusterPlugin) Resource() Resource { return KongClusterPlugins }

// Renamed implements [Object].
func (o *KongClusterPlugin) Renamed(n Renamer) Object {
	return &KongClusterPlugin{KongPlugin: o.renamed("KongClusterPlugin", n)}
}
