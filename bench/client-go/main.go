// Measures an API server with client-go: reads one series of requests per line of standard input ("create team 2000"),
// and answers each with a line of JSON with the milliseconds that every request took.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	typed "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	atOnce   = 32
	watchers = 100
)

var (
	ctx     = context.Background()
	payload = strings.Repeat("x", 1024)
)

func main() {
	config, err := clientcmd.BuildConfigFromFlags("", os.Args[1])
	check(err)
	config.QPS = -1 // no client-side rate limit
	if len(os.Args) > 2 {
		config.ContentType = os.Args[2]
	}
	client := kubernetes.NewForConfigOrDie(config)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var series, namespace string
		var count int
		_, err := fmt.Sscan(lines.Text(), &series, &namespace, &count)
		check(err)
		out, err := json.Marshal(run(client, series, namespace, count))
		check(err)
		fmt.Println(string(out))
	}
}

func run(client kubernetes.Interface, series, namespace string, count int) []float64 {
	maps := client.CoreV1().ConfigMaps(namespace)
	switch series {
	case "namespace":
		space := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}
		_, err := client.CoreV1().Namespaces().Create(ctx, space, metav1.CreateOptions{})
		check(err)
		return []float64{}
	case "create":
		return requests(count, atOnce, func(i int) error {
			_, err := maps.Create(ctx, configMap(i, payload), metav1.CreateOptions{})
			return err
		})
	case "get":
		return requests(count, atOnce, func(i int) error {
			_, err := maps.Get(ctx, nameOf(i%1000), metav1.GetOptions{})
			return err
		})
	case "list":
		return requests(count, 1, func(int) error {
			_, err := maps.List(ctx, metav1.ListOptions{})
			return err
		})
	case "list-cached":
		return requests(count, 1, func(int) error {
			_, err := maps.List(ctx, metav1.ListOptions{ResourceVersion: "0"})
			return err
		})
	case "update":
		return requests(count, atOnce, func(i int) error {
			_, err := maps.Update(ctx, configMap(i, payload+"u"), metav1.UpdateOptions{})
			return err
		})
	case "patch":
		return requests(count, atOnce, func(i int) error {
			patch := []byte(`{"metadata":{"annotations":{"changed":"yes"}}}`)
			_, err := maps.Patch(ctx, nameOf(i), types.MergePatchType, patch, metav1.PatchOptions{})
			return err
		})
	case "delete":
		return requests(count, atOnce, func(i int) error {
			return maps.Delete(ctx, nameOf(i), metav1.DeleteOptions{})
		})
	case "watch":
		return events(maps, count)
	}
	check(fmt.Errorf("unknown series %q", series))
	return nil
}

func nameOf(i int) string { return fmt.Sprintf("map-%d", i) }

func configMap(i int, data string) *corev1.ConfigMap {
	return &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: nameOf(i)},
		Data:       map[string]string{"payload": data},
	}
}

// requests sends `count` requests, several concurrently.
func requests(count, workers int, request func(i int) error) []float64 {
	took := make([]float64, count)
	next := int64(-1)
	var all sync.WaitGroup
	for w := 0; w < workers; w++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for {
				i := int(atomic.AddInt64(&next, 1))
				if i >= count {
					return
				}
				begin := time.Now()
				check(request(i))
				took[i] = milliseconds(time.Since(begin))
			}
		}()
	}
	all.Wait()
	return took
}

// events creates `count` objects one after the other, and reports how long after its request each event reached each watcher.
func events(maps typed.ConfigMapInterface, count int) []float64 {
	start := time.Now()
	sent := make([]int64, count)
	took := make([][]float64, watchers)
	var all sync.WaitGroup
	for w := range took {
		watch, err := maps.Watch(ctx, metav1.ListOptions{LabelSelector: "watched=yes"})
		check(err)
		all.Add(1)
		go func(w int) {
			defer all.Done()
			defer watch.Stop()
			for len(took[w]) < count {
				event := <-watch.ResultChan()
				now := time.Since(start)
				var i int
				_, err := fmt.Sscanf(event.Object.(*corev1.ConfigMap).Name, "watched-%d", &i)
				check(err)
				took[w] = append(took[w], milliseconds(now-time.Duration(atomic.LoadInt64(&sent[i]))))
			}
		}(w)
	}
	for i := range sent {
		one := configMap(i, payload)
		one.Name, one.Labels = fmt.Sprintf("watched-%d", i), map[string]string{"watched": "yes"}
		atomic.StoreInt64(&sent[i], int64(time.Since(start)))
		_, err := maps.Create(ctx, one, metav1.CreateOptions{})
		check(err)
	}
	all.Wait()
	flat := make([]float64, 0, watchers*count)
	for _, of := range took {
		flat = append(flat, of...)
	}
	return flat
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
