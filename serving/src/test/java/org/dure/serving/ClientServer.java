package org.dure.serving;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/// A server with two small doubles, for the client scripts in `src/test/clients` and for trying the
/// page by hand: `java -cp ... org.dure.serving.ClientServer PORT [MILLISECONDS PER STEP]`.
final class ClientServer {
  static final String KOREAN =
      "두레는 마을 사람들이 서로의 밭을 돌아가며 가꾸던 풍습이다. 저마다 제 땅을 지키면서 함께 일한다.\n"
          + "글은 집을 떠나지 않고, 배운 것만 나눈다. 그래서 모두가 더 잘 쓰게 된다 🌾.";
  static final String FRENCH =
      "Au village, chacun garde son champ et aide à son tour ses voisins. « Ensemble, c'est plus"
          + " léger », disent-ils ; l'été venu, la moisson de tous est faite.\nPuis vient la fête.";

  private ClientServer() {}

  static NgramModel korean() {
    return new NgramModel("ko", "ko", 256, KOREAN);
  }

  static NgramModel french() {
    return new NgramModel("fr", "fr", 256, FRENCH);
  }

  public static void main(String[] arguments) throws InterruptedException {
    int port = Integer.parseInt(arguments[0]);
    long pause = arguments.length > 1 ? Long.parseLong(arguments[1]) : 0;
    List<ServedModel> models =
        List.of(korean(), french()).stream()
            .map(
                model -> {
                  model.onStep = () -> sleep(pause);
                  return new ServedModel(
                      model,
                      Instant.parse("2026-11-22T00:00:00Z"),
                      Map.of("signed_by", "ed25519:test", "study", "double"),
                      List.of(model.language().equals("ko") ? "두레는 마을" : "Au village, "));
                })
            .toList();
    try (ModelServer server =
        ModelServer.start(models, ModelServer.LOOPBACK, port, ServingLimits.DEFAULT)) {
      System.out.println("listening on " + server.address());
      Thread.sleep(Duration.ofHours(2));
    }
  }

  private static void sleep(long milliseconds) {
    try {
      Thread.sleep(milliseconds);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
