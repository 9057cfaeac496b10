import com.amazonaws.services.dynamodbv2.local.main.ServerRunner;
import java.lang.reflect.Field;

/**
 * Starts DynamoDB Local on 127.0.0.1 only: its own main class listens on every interface and has no option for that.
 *
 * With -Dmessina.testControl=true the hidden table "[TEST_CONTROL]" works: PutItem {ACTION: {S: "ROLLOVER"}} closes the
 * open shards, {ACTION: {S: "DILATE_TIME"}, HOURS: {S: "25"}} ages what streams hold.
 */
public class LoopbackDynamoDb {
  public static void main(String[] arguments) throws Exception {
    Object proxy = ServerRunner.class
        .getMethod("createServerFromCommandLineArgs", String[].class)
        .invoke(null, (Object) arguments);
    Object server = read(proxy, "server");
    Object[] connectors = (Object[]) server.getClass().getMethod("getConnectors").invoke(server);
    for (Object connector : connectors) {
      connector.getClass().getMethod("setHost", String.class).invoke(connector, "127.0.0.1");
    }
    if (Boolean.getBoolean("messina.testControl")) {
      Object handler = read(read(proxy, "serverHandler"), "primaryHandler");
      fieldOf(handler, "isTestControlEnabled").setBoolean(handler, true);
    }
    proxy.getClass().getMethod("start").invoke(proxy);
    proxy.getClass().getMethod("join").invoke(proxy);
  }

  private static Object read(Object owner, String name) throws Exception {
    return fieldOf(owner, name).get(owner);
  }

  private static Field fieldOf(Object owner, String name) throws NoSuchFieldException {
    for (Class<?> type = owner.getClass(); type != null; type = type.getSuperclass()) {
      try {
        Field field = type.getDeclaredField(name);
        field.setAccessible(true);
        return field;
      } catch (NoSuchFieldException inherited) {
        continue;
      }
    }
    throw new NoSuchFieldException(owner.getClass().getName() + "." + name);
  }
}
