import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.sourcelab.kafka.connect.apiclient.Configuration;
import org.sourcelab.kafka.connect.apiclient.KafkaConnectClient;
import org.sourcelab.kafka.connect.apiclient.request.dto.ConnectorPluginConfigDefinition;
import org.sourcelab.kafka.connect.apiclient.request.dto.NewConnectorDefinition;
import org.sourcelab.kafka.connect.apiclient.rest.exceptions.InvalidRequestException;

/**
 * Drives a worker by the client that AKHQ is built on, and prints what the client made of each answer, as one JSON object.
 *
 * Arguments: URL, name of the connector to make, its configuration as JSON, password ("-": none).
 */
public final class ConnectClient {
    private static final Map<String, Object> results = new LinkedHashMap<>();

    private static void step(String name, Callable<?> call) {
        Object result;
        try {
            result = call.call();
        } catch (InvalidRequestException error) {
            result = Map.of("error", error.getErrorCode(), "message", error.getMessage());
        } catch (Exception error) {
            result = Map.of("exception", error.getClass().getSimpleName(), "message", String.valueOf(error.getMessage()));
        }
        results.put(name, result);
    }

    @SuppressWarnings("unchecked")
    public static void main(String[] arguments) throws Exception {
        ObjectMapper json = new ObjectMapper().disable(SerializationFeature.FAIL_ON_EMPTY_BEANS);
        String name = arguments[1];
        Map<String, String> config = json.readValue(arguments[2], Map.class);
        Configuration configuration = new Configuration(arguments[0]);
        if (!arguments[3].equals("-")) configuration.useBasicAuth("user", arguments[3]);
        KafkaConnectClient client = new KafkaConnectClient(configuration);
        String type = config.get("connector.class");

        step("version", client::getConnectServerVersion);
        step("plugins", client::getConnectorPlugins);
        step("validation", () -> client.validateConnectorPluginConfig(ConnectorPluginConfigDefinition.newBuilder()
            .withName(type).withConfig("connector.class", type).withConfig("topics", "getPlugins").build()));
        step("created", () -> client.addConnector(new NewConnectorDefinition(name, config)));
        step("createdAgain", () -> client.addConnector(new NewConnectorDefinition(name, config)));
        step("invalid", () -> client.addConnector(new NewConnectorDefinition("bad", Map.of("connector.class", type))));
        step("connectors", client::getConnectors);
        step("expanded", client::getConnectorsWithAllExpandedMetadata);
        step("connector", () -> client.getConnector(name));
        step("config", () -> client.getConnectorConfig(name));
        step("status", () -> client.getConnectorStatus(name));
        step("tasks", () -> client.getConnectorTasks(name));
        step("taskStatus", () -> client.getConnectorTaskStatus(name, 0));
        step("topics", () -> client.getConnectorTopics(name));
        step("topicsReset", () -> client.resetConnectorTopics(name));
        step("updated", () -> client.updateConnectorConfig(name, config));
        step("paused", () -> client.pauseConnector(name));
        step("resumed", () -> client.resumeConnector(name));
        step("restarted", () -> client.restartConnector(name));
        step("taskRestarted", () -> client.restartConnectorTask(name, 0));
        step("deleted", () -> client.deleteConnector(name));
        step("missing", () -> client.getConnector(name));
        System.out.println(json.writeValueAsString(results));
    }
}
