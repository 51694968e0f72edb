import { killFault } from './process-kill.ts'

/** What `process-kill` is on Kubernetes: the process in the pod, not the pod. The kubelet restarts its container, with back-off. */
export const podKill = killFault({
  name: 'pod-kill',
  title: 'kills the processes in pods of a service or a store (SIGKILL)',
  needs: ['pod.kill'],
})
