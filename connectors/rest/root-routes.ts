import type { RestContext } from './context.ts';
import { ok, type Route } from './route.ts';

type Health = ReturnType<RestContext['herder']['health']>;

/** Words of Kafka Connect (RootResource, KIP-1017). */
const healthAnswers: Readonly<Record<Health, { readonly status: number; readonly message: string }>> = {
  healthy: { status: 200, message: 'Worker has completed startup and is ready to handle requests.' },
  starting: {
    status: 503,
    message: 'Worker is still starting up. It reads the internal topics and joins its group.',
  },
  unhealthy: {
    status: 500,
    message:
      'Worker was unable to handle this request and may be unable to handle other requests. Its log says why.',
  },
};

/** The worker itself. Whether it is healthy may be asked by anybody: a container's runtime has no token. */
export function rootRoutes({ herder, version, commit, metrics }: RestContext): Route[] {
  return [
    {
      method: 'GET',
      path: '/',
      answer: () => ok({ version, commit, kafka_cluster_id: herder.kafkaClusterId }),
    },
    {
      method: 'GET',
      path: '/health',
      isOpen: true,
      answer: () => {
        const health = herder.health();
        const { status, message } = healthAnswers[health];
        return { status, body: { status: health, message } };
      },
    },
    {
      method: 'GET',
      path: '/metrics',
      isText: true,
      answer: async () => ({ status: 200, text: await metrics() }),
    },
  ];
}
