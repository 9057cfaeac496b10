/**
 * The control requests we use, with the fields of their answers that we read.
 *
 * kafkajs encodes and decodes them; error codes are judged by whoever asked, because some are answers, not failures.
 */
export interface ControlRequests {
  Metadata: {
    args: { topics: readonly string[]; allowAutoTopicCreation: boolean };
    answer: {
      brokers: { nodeId: number; host: string; port: number }[];
      clusterId?: string | null;
      controllerId: number;
      topicMetadata: {
        topicErrorCode: number;
        topic: string;
        isInternal: boolean;
        partitionMetadata: { partitionErrorCode: number; partitionId: number; leader: number }[];
      }[];
    };
  };
  GroupCoordinator: {
    args: { groupId: string; coordinatorType: 0 | 1 };
    answer: {
      errorCode: number;
      errorMessage: string | null;
      coordinator: { nodeId: number; host: string; port: number };
    };
  };
  JoinGroup: {
    args: {
      groupId: string;
      sessionTimeout: number;
      rebalanceTimeout: number;
      memberId: string;
      protocolType: string;
      groupProtocols: readonly { name: string; metadata: Buffer }[];
    };
    answer: {
      errorCode: number;
      generationId: number;
      leaderId: string;
      memberId: string;
      members: { memberId: string; memberMetadata: Buffer }[];
    };
  };
  SyncGroup: {
    args: {
      groupId: string;
      generationId: number;
      memberId: string;
      groupAssignment: readonly { memberId: string; memberAssignment: Buffer }[];
    };
    answer: { errorCode: number; memberAssignment: Buffer };
  };
  Heartbeat: {
    args: { groupId: string; groupGenerationId: number; memberId: string; groupInstanceId: null };
    answer: { errorCode: number };
  };
  LeaveGroup: { args: { groupId: string; memberId: string }; answer: { errorCode: number } };
  OffsetCommit: {
    args: {
      groupId: string;
      groupGenerationId: number;
      memberId: string;
      topics: readonly {
        topic: string;
        partitions: readonly { partition: number; offset: string; metadata: string }[];
      }[];
    };
    answer: { responses: { topic: string; partitions: { partition: number; errorCode: number }[] }[] };
  };
  OffsetFetch: {
    args: {
      groupId: string;
      topics: readonly { topic: string; partitions: readonly { partition: number }[] }[];
    };
    answer: {
      errorCode: number;
      responses: {
        topic: string;
        partitions: { partition: number; offset: string; metadata: string | null; errorCode: number }[];
      }[];
    };
  };
  DescribeGroups: {
    args: { groupIds: readonly string[] };
    answer: {
      groups: {
        errorCode: number;
        groupId: string;
        state: string;
        members: { memberId: string; clientId: string; clientHost: string; memberMetadata: Buffer }[];
      }[];
    };
  };
  DeleteGroups: { args: readonly string[]; answer: { results: { groupId: string; errorCode: number }[] } };
  ListOffsets: {
    args: {
      replicaId: number;
      isolationLevel: 0 | 1;
      topics: readonly { topic: string; partitions: readonly { partition: number; timestamp: string }[] }[];
    };
    answer: {
      responses: { topic: string; partitions: { partition: number; errorCode: number; offset: string }[] }[];
    };
  };
  CreateTopics: {
    args: {
      topics: readonly {
        topic: string;
        numPartitions: number;
        replicationFactor: number;
        configEntries: readonly { name: string; value: string }[];
      }[];
      validateOnly: boolean;
      timeout: number;
    };
    answer: { topicErrors: { topic: string; errorCode: number; errorMessage: string | null }[] };
  };
  DeleteTopics: {
    args: { topics: readonly string[]; timeout: number };
    answer: { topicErrors: { topic: string; errorCode: number }[] };
  };
  DescribeConfigs: {
    args: {
      resources: readonly { type: number; name: string; configNames: readonly string[] }[];
      includeSynonyms: boolean;
    };
    answer: {
      resources: {
        errorCode: number;
        errorMessage: string | null;
        resourceName: string;
        configEntries: { configName: string; configValue: string | null }[];
      }[];
    };
  };
  InitProducerId: {
    args: { transactionalId: string | null; transactionTimeout: number };
    answer: { errorCode: number; producerId: string; producerEpoch: number };
  };
  AddPartitionsToTxn: {
    args: {
      transactionalId: string;
      producerId: string;
      producerEpoch: number;
      topics: readonly { topic: string; partitions: readonly number[] }[];
    };
    answer: { errors: { topic: string; partitionErrors: { partition: number; errorCode: number }[] }[] };
  };
  EndTxn: {
    args: { transactionalId: string; producerId: string; producerEpoch: number; transactionResult: boolean };
    answer: { errorCode: number };
  };
}

export type ControlName = keyof ControlRequests;
