package controlplane

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// Kubeconfig writes a kubeconfig file for AdminUser or for a user of Options.Tokens and returns its path.
func (cp *ControlPlane) Kubeconfig(user string) (string, error) {
	for _, t := range cp.tokens {
		if t.User == user {
			return cp.KubeconfigForToken(user, t.Token)
		}
	}
	return "", fmt.Errorf("no token for user %q: give one in Options.Tokens", user)
}

// KubeconfigForToken writes a kubeconfig file that sends the given token, be it valid or not, and returns its path. The
// user only names the file and the context.
func (cp *ControlPlane) KubeconfigForToken(user, token string) (string, error) {
	config := clientcmdapi.NewConfig()
	config.Clusters["netguard-test"] = &clientcmdapi.Cluster{
		Server:                   cp.url,
		CertificateAuthorityData: cp.ca,
	}
	config.AuthInfos[user] = &clientcmdapi.AuthInfo{Token: token}
	config.Contexts[user] = &clientcmdapi.Context{Cluster: "netguard-test", AuthInfo: user}
	config.CurrentContext = user
	path := filepath.Join(cp.dir, strings.NewReplacer("/", "_", ":", "_").Replace(user)+".kubeconfig")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		return "", fmt.Errorf("write kubeconfig of user %q: %w", user, err)
	}
	return path, nil
}

// KubeconfigForServiceAccount asks for a token of an existing ServiceAccount, writes a kubeconfig file with it and
// returns the file's path.
func (cp *ControlPlane) KubeconfigForServiceAccount(ctx context.Context, namespace, name string) (string, error) {
	client, err := kubernetes.NewForConfig(cp.AdminConfig())
	if err != nil {
		return "", fmt.Errorf("make admin client: %w", err)
	}
	hours := int64(24 * 60 * 60)
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &hours}}
	answer, err := client.CoreV1().ServiceAccounts(namespace).CreateToken(ctx, name, request, metav1.CreateOptions{})
	if err != nil {
		return "", fmt.Errorf("get token of ServiceAccount %s/%s: %w", namespace, name, err)
	}
	return cp.KubeconfigForToken("system:serviceaccount:"+namespace+":"+name, answer.Status.Token)
}
