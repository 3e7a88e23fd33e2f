package org.dure.app.demo;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.dure.app.process.SupervisedProcess;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.evaluation.EvaluationReportPage;

/// The demo's `dure serve` process, asked as any client would ask it.
final class DemoServer implements AutoCloseable {
  private static final int SAMPLE_TOKENS = 40;
  private static final Duration REQUEST_TIMEOUT = Duration.ofMinutes(2);

  private final DemoOptions options;
  private final DemoPlan plan;
  private final String address;
  private final Consumer<String> say;
  private final SupervisedProcess process;
  private final HttpClient client = HttpClient.newHttpClient();

  DemoServer(DemoOptions options, DemoPlan plan, Consumer<String> say) {
    this.options = options;
    this.plan = plan;
    this.address = "http://127.0.0.1:%d/".formatted(options.ports().serve());
    this.say = say;
    List<String> arguments = new ArrayList<>(List.of("serve"));
    for (String model : plan.models()) {
      Path release = options.home().resolve("release").resolve(model);
      arguments.add(release.toString());
    }
    arguments.addAll(List.of("--port", Integer.toString(options.ports().serve())));
    for (String model : plan.models()) {
      Path key = options.home().resolve("keys").resolve(model + ".pem");
      arguments.addAll(List.of("--key", key.toString()));
    }
    this.process =
        new SupervisedProcess(
            SupervisedProcess.Program.dure(
                "the server",
                arguments,
                Map.of("DURE_HEAP", "512m"),
                options.home().resolve("logs").resolve("serve.log")),
            say);
  }

  String address() {
    return address;
  }

  /// Asks every model to go on with a sentence of its language.
  ///
  /// @return what each wrote, a sample an institution
  List<EvaluationReportPage.Sample> ask() {
    awaitHealthy();
    List<EvaluationReportPage.Sample> samples = new ArrayList<>();
    for (Institution one : plan.institutions()) {
      String model = plan.model(one);
      List<String> prompts = options.profile(one.language()).prompts();
      String prompt = prompts.get((one.number() - 1) % prompts.size());
      Map<String, Object> request = new LinkedHashMap<>();
      request.put("model", model);
      request.put("prompt", prompt);
      request.put("max_tokens", SAMPLE_TOKENS);
      request.put("temperature", 0.7);
      request.put("seed", plan.seed());
      String text = completion(post("v1/completions", request));
      samples.add(new EvaluationReportPage.Sample(model, one.language(), prompt, text));
      say.accept("%s: %s".formatted(one.name(), (prompt + text).replaceAll("\\s+", " ")));
    }
    return samples;
  }

  private static String completion(Map<String, ?> answer) {
    if (answer.get("choices") instanceof List<?> choices
        && !choices.isEmpty()
        && choices.getFirst() instanceof Map<?, ?> choice
        && choice.get("text") instanceof String text) {
      return text;
    }
    throw new DureException(
        ErrorCode.PEER_MISBEHAVED, "the server's answer holds no text: " + Json.text(answer));
  }

  private Map<String, ?> post(String path, Map<String, Object> body) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(address + path))
            .timeout(REQUEST_TIMEOUT)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofByteArray(Json.bytes(body)))
            .build();
    try {
      HttpResponse<byte[]> answer = client.send(request, HttpResponse.BodyHandlers.ofByteArray());
      if (answer.statusCode() != 200) {
        throw new DureException(
            ErrorCode.PEER_MISBEHAVED,
            "%s answered %d: %s"
                .formatted(
                    request.uri(),
                    answer.statusCode(),
                    new String(answer.body(), StandardCharsets.UTF_8)));
      }
      return Json.object(answer.body());
    } catch (IOException e) {
      throw new DureException(
          ErrorCode.PEER_UNREACHABLE, "%s does not answer".formatted(request.uri()), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DureException(ErrorCode.INTERNAL, "interrupted", e);
    }
  }

  private void awaitHealthy() {
    try {
      new Readiness(client).await(URI.create(address + "health"), process::check);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DureException(ErrorCode.INTERNAL, "interrupted", e);
    }
  }

  /// Returns only when the process is ended from outside.
  void awaitInterruption() {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    process.close();
    client.close();
  }
}
