package org.dure.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.dure.core.Sha256;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Each verb alone, by hand, as runs/small.sh strings them together; and what they say to bad
/// input.
@Tag("e2e")
class VerbsEndToEndTest {
  @TempDir static Path folder;

  @BeforeAll
  static void buildTheCorpus() throws IOException, InterruptedException {
    SmallText.write(folder.resolve("text"), "ko", 300);
    ok("corpus", "build", "--language", "ko", "--in", "text", "--out", "corpus");
    ok("tokenizer", "train", "--corpus", "corpus", "--vocabulary", "512", "--out", "tokenizer");
    ok(
        "corpus",
        "pack",
        "--corpus",
        "corpus",
        "--tokenizer",
        "tokenizer/tokenizer.json",
        "--out",
        "tokens");
    ok(training("alone", 6));
    assertThat(
            ok(
                "eval",
                "--language",
                "ko",
                "--model",
                "alone/model",
                "--corpus",
                "corpus",
                "--out",
                "ko.json"))
        .contains("bits per byte");
    ok(
        "release",
        "--name",
        "ko",
        "--language",
        "ko",
        "--model",
        "alone/model",
        "--evaluation",
        "ko.json",
        "--corpus",
        "corpus",
        "--key",
        "key.pem",
        "--out",
        "release");
  }

  private static String ok(String... arguments) throws IOException, InterruptedException {
    DureProcess.Outcome outcome = DureProcess.run(folder, arguments);
    assertThat(outcome.status()).describedAs(outcome.output()).isZero();
    return outcome.output();
  }

  private static String fails(int status, String... arguments)
      throws IOException, InterruptedException {
    DureProcess.Outcome outcome = DureProcess.run(folder, arguments);
    assertThat(outcome.status()).describedAs(outcome.output()).isEqualTo(status);
    return outcome.output();
  }

  private static String[] training(String out, int steps) {
    return new String[] {
      "train",
      "--tokens",
      "tokens",
      "--tokenizer",
      "tokenizer/tokenizer.json",
      "--steps",
      Integer.toString(steps),
      "--save-every",
      "3",
      "--threads",
      "1",
      "--set",
      "model.layers=2",
      "--set",
      "model.width=64",
      "--out",
      out
    };
  }

  @Test
  void aSecondBuildOfTheSameTextHasNothingToDo() throws IOException, InterruptedException {
    assertThat(ok("corpus", "build", "--language", "ko", "--in", "text", "--out", "corpus"))
        .contains("nothing to do");
  }

  @Test
  void whatIsEncodedDecodesToTheSameText() throws IOException, InterruptedException {
    String text = "농부가 아침에 책을 읽었습니다.\nwith English, 日本語 and 👩‍🌾\n\n";
    DureProcess.Outcome ids =
        DureProcess.runWithInput(
            folder, text, "tokenizer", "encode", "--tokenizer", "tokenizer/tokenizer.json");
    assertThat(ids.status()).isZero();
    assertThat(ids.output().lines()).hasSize(3).allMatch(line -> line.matches("[0-9 ]*"));
    DureProcess.Outcome back =
        DureProcess.runWithInput(
            folder, ids.output(), "tokenizer", "decode", "--tokenizer", "tokenizer/tokenizer.json");
    assertThat(back.output()).isEqualTo(text);
  }

  @Test
  void anIdThatIsNoneIsNamedWithItsLine() throws IOException, InterruptedException {
    DureProcess.Outcome outcome =
        DureProcess.runWithInput(
            folder,
            "1 2\n3 x7\n",
            "tokenizer",
            "decode",
            "--tokenizer",
            "tokenizer/tokenizer.json");
    assertThat(outcome.status()).isEqualTo(2);
    assertThat(outcome.output()).contains("line 2").contains("x7");
  }

  @Test
  void aTrainingThatIsKilledGoesOnWithTheSameBits() throws IOException, InterruptedException {
    ok(training("undisturbed", 12));
    for (String state : new String[] {"state-3", "state-9"}) {
      try (DureProcess process = DureProcess.start(folder, Map.of(), training("killed", 12))) {
        while (process.isAlive() && !Files.exists(folder.resolve("killed").resolve(state))) {
          Thread.sleep(5);
        }
        process.kill();
      }
    }
    String output = ok(training("killed", 12));
    assertThat(output).containsAnyOf("going on after step", "is finished");
    assertThat(Sha256.of(folder.resolve("killed/model/model.safetensors")))
        .isEqualTo(Sha256.of(folder.resolve("undisturbed/model/model.safetensors")));
    assertThat(ok(training("killed", 12))).contains("nothing to do");
    assertThat(fails(2, training("killed", 13))).contains("HOME_CONFLICT");
  }

  @Test
  void aTrainedModelIsMeasuredReleasedCheckedAndWrites() throws IOException, InterruptedException {
    assertThat(ok("verify", "release", "--key", "release/public-key.pem")).contains("whole");
    String[] generate = {
      "generate", "release", "--prompt", "농부가 ", "--max-tokens", "12", "--seed", "3"
    };
    assertThat(ok(generate)).startsWith("농부가 ").isEqualTo(ok(generate));
    Files.writeString(
        Folders.copy(folder.resolve("release"), folder.resolve("changed")).resolve("README.md"),
        "changed");
    assertThat(fails(3, "serve", "changed")).contains("README.md");
  }

  @Test
  void filesThatAreNotUtf8AreQuarantinedAndCounted() throws IOException, InterruptedException {
    Path text = SmallText.write(folder.resolve("mixed"), "ko", 50);
    Files.write(text.resolve("latin.txt"), new byte[] {(byte) 0xe9, 't', (byte) 0xe9});
    String output = ok("corpus", "build", "--language", "ko", "--in", "mixed", "--out", "mixed-c");
    assertThat(output).contains("1 quarantined");
  }

  @Test
  void whatIsWrongIsSaidBeforeAnythingStarts() throws IOException, InterruptedException {
    Files.createDirectories(folder.resolve("empty"));
    assertThat(fails(2, "corpus", "build", "--language", "ko", "--in", "empty", "--out", "x"))
        .contains("INPUT_EMPTY");
    assertThat(fails(2, "corpus", "build", "--language", "kr", "--in", "text", "--out", "x"))
        .contains("LANGUAGE_UNKNOWN");
    assertThat(fails(2, "corpus", "build", "--language", "ko", "--in", "nowhere", "--out", "x"))
        .contains("nowhere");
    assertThat(fails(2, "demo", "--text", "ko=nowhere", "--exit")).contains("nowhere");
    SmallText.write(folder.resolve("french"), "fr", 30);
    assertThat(
            fails(
                2,
                "demo",
                "--home",
                "mistaken",
                "--languages",
                "ko",
                "--text",
                "ko=french",
                "--port",
                "0",
                "--console-port",
                "0",
                "--hub-port",
                "0",
                "--exit"))
        .contains("INPUT_EMPTY")
        .contains("language.script 30");
    assertThat(fails(2, "demo", "--text", "xx=text")).contains("xx");
  }

  @Test
  void aTruncatedCheckpointIsRefusedByName() throws IOException, InterruptedException {
    Path weights =
        Folders.copy(folder.resolve("alone/model"), folder.resolve("truncated"))
            .resolve("model.safetensors");
    byte[] whole = Files.readAllBytes(weights);
    Files.write(weights, Arrays.copyOf(whole, whole.length - 7));
    assertThat(fails(2, "generate", "truncated", "--prompt", "농부가")).contains("model.safetensors");
  }

  @Test
  void aChangedShardIsRefusedByName() throws IOException, InterruptedException {
    Path shard = folder.resolve("tokens/tokens-00000.bin");
    byte[] whole = Files.readAllBytes(shard);
    byte[] changed = whole.clone();
    changed[changed.length / 2] ^= 1;
    Files.write(shard, changed);
    try {
      String output = DureProcess.run(folder, training("bad-shard", 3)).output();
      assertThat(output).contains("tokens-00000.bin").contains("error");
    } finally {
      Files.write(shard, whole);
    }
  }

  @Test
  void aTakenPortIsNamedAndOnAFreeOneACrowdKeepsNobodyOut()
      throws IOException, InterruptedException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = Integer.toString(taken.getLocalPort());
      assertThat(fails(5, "serve", "release", "--port", port))
          .contains("PORT_TAKEN")
          .contains(port);
      assertThat(fails(5, "demo", "--home", "taken", "--port", "0", "--console-port", port))
          .contains("PORT_TAKEN")
          .contains("--console-port");
    }
    crowd();
  }

  /// 194 half-sent bodies of 4 MiB from another address, which once ended the server.
  private static void crowd() throws IOException, InterruptedException {
    List<Socket> crowd = new ArrayList<>();
    try (DureProcess serve =
        DureProcess.start(folder, Map.of(), "serve", "release", "--port", "0")) {
      URI address = address(serve);
      byte[] half =
          Arrays.copyOf(
              "POST /v1/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4194304\r\n\r\n{"
                  .getBytes(StandardCharsets.US_ASCII),
              32 << 10);
      for (int i = 0; i < 194; i++) {
        Socket socket = new Socket();
        socket.bind(new InetSocketAddress("127.0.0.2", 0));
        socket.connect(new InetSocketAddress("127.0.0.1", address.getPort()));
        crowd.add(socket);
        socket.getOutputStream().write(half);
      }
      HttpRequest request =
          HttpRequest.newBuilder(address.resolve("v1/completions"))
              .timeout(Duration.ofSeconds(60))
              .POST(
                  HttpRequest.BodyPublishers.ofString(
                      "{\"model\": \"ko\", \"prompt\": \"농부가\", \"max_tokens\": 3}"))
              .build();
      try (HttpClient client = HttpClient.newHttpClient()) {
        for (int i = 0; i < 3; i++) {
          HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
          assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        }
      }
      assertThat(serve.isAlive()).as(serve.output()).isTrue();
    } finally {
      for (Socket socket : crowd) {
        socket.close();
      }
    }
  }

  private static URI address(DureProcess serve) throws IOException, InterruptedException {
    Pattern said = Pattern.compile("serving ko on (http://\\S+)");
    for (int i = 0; i < 600 && serve.isAlive(); i++) {
      Matcher found = said.matcher(serve.output());
      if (found.find()) {
        return URI.create(found.group(1));
      }
      Thread.sleep(100);
    }
    throw new AssertionError(serve.output());
  }
}
